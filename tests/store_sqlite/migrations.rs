//! Knows how a file comes to its schema, and which files are refused.
//! Must not know the tables.

use std::error::Error as _;

use hallpass::store::{SessionStore, SqliteOptions, SqliteStore, StoreErrorKind};
use rusqlite::Connection;

use crate::support::{Place, open, put, session};

const FIRST: &str = include_str!("../../src/store/sqlite/migrations/0001_start.sql");
const SECOND: &str = include_str!("../../src/store/sqlite/migrations/0002_client_lists.sql");

fn schema(connection: &Connection) -> Vec<(String, Option<String>)> {
    let sql = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_start_at_once() {
    let place = Place::new();
    let mut tasks = Vec::new();
    for number in 0..12 {
        let file = place.file();
        tasks.push(tokio::spawn(async move {
            let store = SqliteStore::open(file).await.unwrap();
            put(&store, &session(number)).await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let store = open(&place).await;
    for number in 0..12 {
        assert!(store.find_session(&session(number).id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_file_made_by_hand_is_the_same() {
    let place = Place::new();
    let by_hand = Connection::open(place.path().join("hand.db")).unwrap();
    by_hand.execute_batch(&format!("BEGIN IMMEDIATE; {FIRST} {SECOND} COMMIT;")).unwrap();
    drop(open(&place).await);
    assert_eq!(schema(&by_hand), schema(&Connection::open(place.file()).unwrap()));
    drop(by_hand);
    let options = SqliteOptions::new().migrate_on_open(false);
    put(&options.open(place.path().join("hand.db")).await.unwrap(), &session(1)).await;
}

#[tokio::test]
async fn migrating_is_repeatable_and_can_be_a_step_of_its_own() {
    let place = Place::new();
    let closed = SqliteOptions::new().migrate_on_open(false);
    let error = closed.clone().open(place.file()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
    let why = error.source().unwrap().to_string();
    assert_eq!(why, "this needs schema version 2, and the file has version 0; run `migrate`");
    for _ in 0..3 {
        SqliteOptions::new().migrate(place.file()).await.unwrap();
    }
    put(&closed.open(place.file()).await.unwrap(), &session(1)).await;
}

/// Invariant 56: programs of two versions share a file for as long as the newer schema says that
/// the older ones can; then they are refused.
#[tokio::test]
async fn inv_56_a_newer_schema_is_refused_only_where_it_must_be() {
    let place = Place::new();
    drop(open(&place).await);
    let other = Connection::open(place.file()).unwrap();
    other
        .execute_batch("PRAGMA user_version = 3; ALTER TABLE session ADD COLUMN news TEXT")
        .unwrap();
    put(&open(&place).await, &session(1)).await;
    other.execute_batch("UPDATE setting SET works_from = 3").unwrap();
    let error = SqliteStore::open(place.file()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
    let why = error.source().unwrap().to_string();
    assert_eq!(
        why,
        "the file has schema version 3, for programs of version 3 or later; this is version 2"
    );
}
