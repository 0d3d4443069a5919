//! Knows how millions of sessions get into a database quickly: the store writes one, and SQL makes
//! the others like it, with what is their own in each. The indexes are kept up row by row, as they
//! are in use.
//! Must not know what is measured then. That the store reads them as they were meant is checked.

use std::path::Path;

use hallpass::{clock::Timestamp, store::Store};
use tokio_postgres::{Client, NoTls, binary_copy::BinaryCopyInWriter, types::Type};

use crate::rows::Rows;

/// The columns that differ, with their types.
const OWN: [(&str, Type); 8] = [
    ("id", Type::BYTEA),
    ("subject", Type::TEXT),
    ("client", Type::TEXT),
    ("claims", Type::TEXT),
    ("attempt", Type::BYTEA),
    ("absolute_expires_at", Type::INT8),
    ("prune_after", Type::INT8),
    ("idle_expires_at", Type::INT8),
];
/// How many are sent at once.
const CHUNK: u64 = 100_000;

/// Fills SQLite, on this thread.
pub(crate) async fn fill_sqlite(file: &Path, store: &dyn Store, rows: Rows) {
    let _ = store.insert_session(&rows.record(0)).await.unwrap();
    let mut connection = rusqlite::Connection::open(file).unwrap();
    // A gigabyte of cache.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000").unwrap();
    let list = "SELECT name FROM pragma_table_info('session')";
    let columns: Vec<String> = {
        let mut statement = connection.prepare(list).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let from = |name: &String| match OWN.iter().position(|(own, _)| own == name) {
        Some(at) => format!("?{}", at + 1),
        None => name.clone(),
    };
    let insert = format!(
        "INSERT INTO session ({}) SELECT {} FROM session WHERE id = ?9",
        columns.join(", "),
        columns.iter().map(from).collect::<Vec<_>>().join(", ")
    );
    let (first, mut next) = (rows.id(0), 1);
    while next < rows.total {
        let end = rows.total.min(next + CHUNK);
        let step = connection.transaction().unwrap();
        let mut statement = step.prepare_cached(&insert).unwrap();
        for number in next..end {
            let record = rows.record(number);
            let inserted = statement.execute(rusqlite::params![
                record.id.as_bytes(),
                record.subject.as_str(),
                record.client.as_str(),
                serde_json::to_string(&record.claims).unwrap(),
                record.state.attempt.map(|attempt| attempt.as_bytes().to_vec()),
                millis(record.absolute_expires_at),
                millis(record.prune_after()),
                millis(record.state.idle_expires_at),
                first.as_bytes(),
            ]);
            assert_eq!(inserted.unwrap(), 1);
        }
        drop(statement);
        step.commit().unwrap();
        next = end;
    }
    check(store, rows).await;
}

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_unix_millis()).unwrap()
}

/// Whether the store reads what was meant.
async fn check(store: &dyn Store, rows: Rows) {
    for number in rows.walk(0, 100.min(rows.total / 2)) {
        let found = store.find_session(&rows.id(number)).await.unwrap();
        assert_eq!(found, Some(rows.record(number)), "the store reads another session");
    }
}

/// Fills PostgreSQL.
pub(crate) async fn fill_postgres(url: &str, store: &dyn Store, rows: Rows) {
    let _ = store.insert_session(&rows.record(0)).await.unwrap();
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute("SET synchronous_commit = off; SET search_path = hallpass").await.unwrap();
    let own = OWN.map(|(name, kind)| format!("{name} {kind}")).join(", ");
    client.batch_execute(&format!("CREATE TEMP TABLE own ({own})")).await.unwrap();
    let mut next = 1;
    while next < rows.total {
        let end = rows.total.min(next + CHUNK);
        chunk(&client, rows, next..end).await;
        next = end;
    }
    driver.abort();
    check(store, rows).await;
}

async fn chunk(client: &Client, rows: Rows, numbers: std::ops::Range<u64>) {
    let names = OWN.map(|(name, _)| name).join(", ");
    let copy = format!("COPY own ({names}) FROM STDIN BINARY");
    let sink = client.copy_in(&copy).await.unwrap();
    let types = OWN.map(|(_, kind)| kind);
    let mut writer = Box::pin(BinaryCopyInWriter::new(sink, &types));
    for number in numbers {
        let record = rows.record(number);
        let claims = serde_json::to_string(&record.claims).unwrap();
        let attempt = record.state.attempt.map(|attempt| attempt.as_bytes().to_vec());
        writer
            .as_mut()
            .write(&[
                &record.id.as_bytes().as_slice(),
                &record.subject.as_str(),
                &record.client.as_str(),
                &claims,
                &attempt,
                &millis(record.absolute_expires_at),
                &millis(record.prune_after()),
                &millis(record.state.idle_expires_at),
            ])
            .await
            .unwrap();
    }
    let _ = writer.as_mut().finish().await.unwrap();
    let columns = client
        .query(
            "SELECT attname::text FROM pg_attribute \
             WHERE attrelid = 'hallpass.session'::regclass AND attnum > 0 ORDER BY attnum",
            &[],
        )
        .await
        .unwrap();
    let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
    let from = |name: &String| match OWN.iter().any(|(own, _)| own == name) {
        true => format!("own.{name}"),
        false => format!("first.{name}"),
    };
    let selected = columns.iter().map(from).collect::<Vec<_>>().join(", ");
    let insert = format!(
        "INSERT INTO session ({}) SELECT {selected} FROM own, \
         (SELECT * FROM session ORDER BY id LIMIT 1) first ORDER BY own.id; TRUNCATE own",
        columns.join(", ")
    );
    client.batch_execute(&insert).await.unwrap();
}
