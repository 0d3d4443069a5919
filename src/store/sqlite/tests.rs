//! Knows what only the inside of this engine can be asked: how each statement finds its rows, and
//! what becomes of callers when a thread ends.
//! Must not know the contract: `tests/store_sqlite` holds that.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{
    super::{StoreErrorKind, session_store::SessionStore},
    Durability, SqliteOptions, SqliteStore,
    connect::connect,
    migrate::migrate,
    statement,
};
use crate::{clock::Timestamp, id::SessionId};

/// Tables of a few rows that are read as a whole, or have one row.
const SMALL: [&str; 2] = ["signing_key", "sqlite_sequence"];

fn fresh() -> Connection {
    let mut connection = connect(None, Durability::Full, Duration::ZERO).unwrap();
    migrate(&mut connection).unwrap();
    connection
}

/// How SQLite would carry out a statement.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get::<_, String>(3).unwrap());
    }
    plan
}

#[track_caller]
fn every_statement_looks_up(connection: &Connection) {
    for (name, sql) in statement::ALL {
        for line in plan(connection, sql.text()) {
            let words: Vec<&str> = line.split(' ').collect();
            let whole = words[0] == "SCAN"
                && !SMALL.contains(&words[1])
                && !line.contains("CONSTANT ROW")
                && !line.contains("VALUES CLAUSE");
            assert!(!whole, "{name}: {line}");
            assert!(!line.contains("TEMP B-TREE"), "{name} sorts: {line}");
        }
    }
}

const MILLION: &str = "
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
    INSERT INTO session SELECT unhex(printf('%036x', i)), 1, 'user-' || (i % 100000),
        'app-' || (i % 10), 'a:*:read', '[]', '{}', NULL, NULL, 1, 1, 1, 1, 1, 1, 0, 0,
        1000000 + i, 1000000 + i, 0, 1, NULL, NULL, NULL, 1000000, NULL, NULL FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
    INSERT INTO revocation (kind, id, not_before, written_at, expires_at)
        SELECT 'session', unhex(printf('%036x', i)), i, i, i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
    INSERT INTO mark SELECT 'subject', 'user-' || i, '', i, i FROM n;";

/// Issue: every statement is an index look-up at a million sessions; whether or not the operator
/// has let SQLite gather statistics.
#[test]
fn no_statement_walks_a_table() {
    let connection = fresh();
    every_statement_looks_up(&connection);
    connection.execute_batch(MILLION).unwrap();
    every_statement_looks_up(&connection);
    connection.execute_batch("ANALYZE").unwrap();
    every_statement_looks_up(&connection);
}

/// The check above sees a walk where there is one.
#[test]
fn a_walk_would_be_seen() {
    let connection = fresh();
    let plan = plan(&connection, "SELECT id FROM session WHERE label = ?1");
    assert!(plan.iter().any(|line| line.starts_with("SCAN session")), "{plan:?}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn a_dead_writer_is_unavailable_and_never_a_hang() {
    runtime().block_on(async {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let died = store.write::<(), _>(|_| panic!("a planted bug")).await;
        assert_eq!(died.unwrap_err().kind(), StoreErrorKind::Unavailable);
        let after = store.find_session(&SessionId::from_bytes([0; 18])).await;
        assert_eq!(after.unwrap_err().kind(), StoreErrorKind::Unavailable);
    });
}

#[test]
fn a_writer_that_hangs_is_unavailable_in_bounded_time() {
    runtime().block_on(async {
        let options = SqliteOptions::new().timeout(Duration::from_millis(100));
        let store = options.open_in_memory().await.unwrap();
        let began = Instant::now();
        let hung = store.write(|_| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        });
        assert_eq!(hung.await.unwrap_err().kind(), StoreErrorKind::Unavailable);
        // What waits behind it is answered too, though no thread takes it.
        let behind = store.prune_sessions(Timestamp::EPOCH, 1).await;
        assert_eq!(behind.unwrap_err().kind(), StoreErrorKind::Unavailable);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    });
}

/// One command fails after it has written: it is rolled back, and only its caller is told.
#[test]
fn a_command_that_fails_half_way_costs_one_caller() {
    use super::row;
    runtime().block_on(async {
        let store = SqliteStore::open_in_memory().await.unwrap();
        // Holds the thread, so that the following are one batch.
        let hold = store.write(|_| {
            std::thread::sleep(Duration::from_millis(100));
            Ok(())
        });
        let mut writes = Vec::new();
        for number in 0..10_u8 {
            writes.push(store.write(move |step| {
                step.execute(statement::PUT_ONCE, rusqlite::params![[number; 32], [0_u8; 8], 1])?;
                if number == 4 { Err(super::Error::Cursor) } else { Ok(()) }
            }));
        }
        let (_, answers) = tokio::join!(hold, join(writes));
        let failed: Vec<usize> =
            answers.iter().enumerate().filter(|(_, a)| a.is_err()).map(|(i, _)| i).collect();
        assert_eq!(failed, [4]);
        let kept = store.write(|step| {
            let mut kept = Vec::new();
            for number in 0..10_u8 {
                let row = step.find(statement::FIND_ONCE, [[number; 32]], |row| {
                    row::Columns::of(row).bytes::<8>()
                })?;
                kept.push(row.is_some());
            }
            Ok(kept)
        });
        let kept = kept.await.unwrap();
        let expected: Vec<bool> = (0..10).map(|number| number != 4).collect();
        assert_eq!(kept, expected);
    });
}

/// Polls all at once, as callers of a busy store do.
async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
