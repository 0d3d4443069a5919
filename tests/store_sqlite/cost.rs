//! Knows what operations cost: rows, transactions, statements.
//! Must not know time; `benches/rotate.rs` does.

use std::sync::Arc;

use hallpass::store::{
    EndReason, Owner, Reach, RevocationFeed, RevocationStore, SessionStore, SqliteDurability,
    SqliteOptions, SqliteStore,
};

use crate::support::{MINUTE, NOW, Place, SECOND, granted, open, put, rotation, session};

fn rows(place: &Place, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(place.file()).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Rotates `times` times, each outside the window of the one before.
async fn refresh(store: &SqliteStore, number: u64, from: u32, times: u32) {
    let session = session(number);
    for presented in from..from + times {
        let now = NOW + MINUTE * 2 * presented;
        let rotation = rotation(&session, presented, u64::from(presented));
        assert_eq!(granted(&store.rotate_session(&rotation, now).await.unwrap()), presented + 1);
    }
}

#[tokio::test]
async fn inv_60_ten_thousand_refreshes_leave_one_row() {
    let place = Place::new();
    let options = SqliteOptions::new().durability(SqliteDurability::Normal);
    let store = options.open(place.file()).await.unwrap();
    put(&store, &session(1)).await;
    refresh(&store, 1, 0, 100).await;
    let pages = |place: &Place| -> i64 {
        let connection = rusqlite::Connection::open(place.file()).unwrap();
        connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
    };
    let before = pages(&place);
    refresh(&store, 1, 100, 9_900).await;
    assert_eq!((rows(&place, "session"), rows(&place, "revocation")), (1, 0));
    assert_eq!(pages(&place), before, "the file grew");
}

/// Invariant 50: what ending costs does not depend on how often a session was refreshed. Counted in
/// transactions, statements and bytes of the log.
#[tokio::test]
async fn inv_50_ending_costs_the_same_after_10_rotations_and_after_10_000() {
    let mut costs = Vec::new();
    for rotations in [10, 10_000] {
        let place = Place::new();
        let options = SqliteOptions::new().durability(SqliteDurability::Normal);
        let store = options.open(place.file()).await.unwrap();
        for number in [1, 2] {
            put(&store, &session(number)).await;
            refresh(&store, number, 0, rotations).await;
        }
        let now = NOW + MINUTE * 2 * rotations;
        let beside = rusqlite::Connection::open(place.file()).unwrap();
        let start = || {
            let emptied = beside.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            emptied.unwrap();
            store.counts()
        };
        let log = place.path().join("tokens.db-wal");
        let cost = |before: hallpass::store::SqliteCounts| {
            let after = store.counts();
            let bytes = std::fs::metadata(&log).unwrap().len();
            let statements = after.statements - before.statements;
            (after.transactions - before.transactions, statements, bytes)
        };
        let before = start();
        assert!(store.end_session(&session(1).id, EndReason::SignedOut, now).await.unwrap());
        let ended = cost(before);
        let before = start();
        let owner = Owner::Subject(session(2).subject);
        let reason = EndReason::SubjectRevoked;
        let counts = store.revoke_owner(&owner, Reach::Everything, reason, now).await.unwrap();
        assert_eq!(counts.sessions, 1);
        costs.push((ended, cost(before)));
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!((costs[0].0.0, costs[0].1.0), (1, 1), "one transaction each");
}

/// Invariant 49: one transaction for each hot operation, with the same statements after 10 and
/// after 1,000 rotations.
#[tokio::test]
async fn inv_49_a_hot_operation_is_one_transaction() {
    let place = Place::new();
    let store = open(&place).await;
    let mut costs = Vec::new();
    for (number, rotations) in [(1, 10), (2, 1_000)] {
        put(&store, &session(number)).await;
        refresh(&store, number, 0, rotations).await;
        let now = NOW + MINUTE * 2 * rotations;
        let cost = |before: hallpass::store::SqliteCounts| {
            let after = store.counts();
            let reads = after.reads - before.reads;
            (after.transactions - before.transactions, after.statements - before.statements, reads)
        };
        let before = store.counts();
        refresh(&store, number, rotations, 1).await;
        let rotated = cost(before);
        let before = store.counts();
        store.find_session(&session(number).id).await.unwrap();
        let found = cost(before);
        let before = store.counts();
        store.end_session(&session(number).id, EndReason::SignedOut, now).await.unwrap();
        let ended = cost(before);
        let before = store.counts();
        store.read_revocations(None, 100).await.unwrap();
        let read = cost(before);
        // A read and a write; one read; the end, the retention in force and its record; one read.
        assert_eq!((rotated, found, ended, read), ((1, 2, 0), (0, 0, 1), (1, 3, 0), (0, 0, 1)));
        costs.push((rotated, found, ended, read));
    }
    assert_eq!(costs[0], costs[1]);
}

/// Callers that wait at the same time share commits.
#[tokio::test(flavor = "multi_thread")]
async fn callers_share_commits() {
    let place = Place::new();
    let store = Arc::new(open(&place).await);
    for number in 0..64 {
        put(&store, &session(number)).await;
    }
    let before = store.counts();
    let mut tasks = Vec::new();
    for number in 0..64_u64 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            for presented in 0..20 {
                let rotation = rotation(&session(number), presented, number);
                let now = NOW + MINUTE * 2 * presented + SECOND;
                let fresh = hallpass::store::Rotation {
                    attempt: hallpass::store::Attempt::from_bytes(
                        (number * 1000 + u64::from(presented)).to_be_bytes(),
                    ),
                    ..rotation
                };
                granted(&store.rotate_session(&fresh, now).await.unwrap());
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let after = store.counts();
    let (commands, transactions) =
        (after.commands - before.commands, after.transactions - before.transactions);
    assert_eq!(commands, 64 * 20);
    assert!(transactions * 4 < commands, "{commands} commands took {transactions} transactions");
}
