//! Knows what several users of one file promise each other.
//! Must not know whether a lock is SQLite's or ours.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use hallpass::{
    id::TokenId,
    store::{RevocationFeed, RevocationStore, SessionStore, SqliteStore, Target},
};
use rusqlite::Connection;

use crate::support::{NOW, Place, granted, open, put, rotation, session};

const FILE: &str = "HALLPASS_TEST_FILE";

/// Not a test: what each of the processes below does. Eight tasks refresh eight sessions and
/// revoke a token after each.
#[test]
#[ignore = "started by the test below"]
fn writer() {
    let Ok(file) = std::env::var(FILE) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(file).await.unwrap());
        let tasks = (0..8_u64).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for turn in 0..25_u64 {
                    let mark = (u64::from(std::process::id()) << 32) | (number << 16) | turn;
                    let rotation = rotation(&session(number), 0, mark);
                    granted(&store.rotate_session(&rotation, NOW).await.unwrap());
                    let mut rest = [0; 12];
                    rest[..8].copy_from_slice(&mark.to_be_bytes());
                    let token = Target::Token(TokenId::from_parts(NOW, rest));
                    store.revoke(&token, NOW).await.unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

/// Four processes refresh the same sessions, in one instant: each rotates once. And the numbers of the feed have no gap and
/// a reader that polls all the while misses nothing.
#[tokio::test]
async fn four_processes_share_a_new_file() {
    let place = Place::new();
    let store = open(&place).await;
    for number in 0..8 {
        put(&store, &session(number)).await;
    }
    let mut children: Vec<_> = (0..4)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["processes::writer", "--exact", "--ignored", "--nocapture"])
                .env(FILE, place.file())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let (mut cursor, mut read) = (None, Vec::new());
    loop {
        let done = children.iter_mut().all(|child| child.try_wait().unwrap().is_some());
        let page = store.read_revocations(cursor.as_ref(), 7).await.unwrap();
        cursor = Some(page.cursor);
        read.extend(page.records);
        if done && page.complete {
            break;
        }
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(read.len(), 4 * 8 * 25);
    let (count, last): (i64, i64) = Connection::open(place.file())
        .unwrap()
        .query_row("SELECT count(*), max(number) FROM revocation", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((count, last), (800, 800));
    for number in 0..8 {
        let row = store.find_session(&session(number).id).await.unwrap().unwrap();
        assert_eq!((row.state.generation, row.state.ended), (1, None));
    }
}

/// A record whose transaction is still open is not passed by: it comes after the cursor.
#[tokio::test]
async fn a_record_that_is_committed_late_is_read_late() {
    let place = Place::new();
    let store = open(&place).await;
    let token = |number| Target::Token(TokenId::from_parts(NOW, [number; 12]));
    store.revoke(&token(1), NOW).await.unwrap();
    let other = Connection::open(place.file()).unwrap();
    let late = "BEGIN IMMEDIATE; INSERT INTO revocation (kind, id, not_before, written_at, \
        expires_at) VALUES ('token', zeroblob(18), 1, 1, 1)";
    other.execute_batch(late).unwrap();
    let page = store.read_revocations(None, 10).await.unwrap();
    assert_eq!(page.records.len(), 1);
    let second = token(2);
    let waiting = store.revoke(&second, NOW);
    let (_, committed) = tokio::join!(waiting, async { other.execute_batch("COMMIT") });
    committed.unwrap();
    let page = store.read_revocations(Some(&page.cursor), 10).await.unwrap();
    assert_eq!(page.records.len(), 2);
}
