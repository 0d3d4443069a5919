//! Knows how millions of sessions get into PostgreSQL quickly: the store writes one, and SQL makes
//! the others like it, with what is their own in each.
//! Must not know what is measured then. That the store reads them as they were meant is checked.

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

pub(crate) async fn fill(url: &str, store: &dyn Store, rows: Rows) {
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
    for number in rows.walk(0, 100.min(rows.total / 2)) {
        let found = store.find_session(&rows.id(number)).await.unwrap();
        assert_eq!(found, Some(rows.record(number)), "the store reads another session");
    }
}

async fn chunk(client: &Client, rows: Rows, numbers: std::ops::Range<u64>) {
    let names = OWN.map(|(name, _)| name).join(", ");
    let copy = format!("COPY own ({names}) FROM STDIN BINARY");
    let sink = client.copy_in(&copy).await.unwrap();
    let types = OWN.map(|(_, kind)| kind);
    let mut writer = Box::pin(BinaryCopyInWriter::new(sink, &types));
    let millis = |at: Timestamp| i64::try_from(at.as_unix_millis()).unwrap();
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
