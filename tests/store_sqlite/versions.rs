//! Knows that programs of two versions share a file (invariant 56).
//! Must not know what a migration changes.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use hallpass::{
    Authority, Grant, SigningKey, Timestamp,
    key::Algorithm,
    secret::MasterSecret,
    store::{SessionStore, SqliteDurability, SqliteOptions, SqliteStore},
    testing::conformance::{Suite, Workers},
};
use rusqlite::{Connection, params};

use crate::support::{MINUTE, NOW, Place, granted, open, put, rotation, session};

const FIRST: &str = include_str!("../../src/store/sqlite/migrations/0001_start.sql");

/// What a later version might add; older programs go on with it.
const NEXT: &str = "
    ALTER TABLE session ADD COLUMN seen_from TEXT;
    ALTER TABLE session ADD COLUMN risk INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE api_key ADD COLUMN seen_from TEXT;
    ALTER TABLE revocation ADD COLUMN because TEXT;
    ALTER TABLE setting ADD COLUMN moon INTEGER;
    CREATE TABLE device (id BLOB NOT NULL PRIMARY KEY, session BLOB NOT NULL) STRICT;
    CREATE INDEX session_by_risk ON session (risk);
    CREATE TRIGGER riskier AFTER UPDATE OF generation ON session
        BEGIN UPDATE session SET risk = new.generation WHERE id = new.id; END;
    PRAGMA user_version = 3;";

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_unix_millis()).unwrap()
}

/// The statements of programs for version 1, by name.
fn first_statements() -> HashMap<&'static str, &'static str> {
    let text = include_str!("statements_1.sql");
    text.split("\n--- ").skip(1).map(|part| part.split_once('\n').unwrap()).collect()
}

/// A program for version 1 goes on where one for this version has brought its file up to date:
/// each of its statements means what it meant, and both see what the other writes.
#[tokio::test]
async fn inv_56_statements_of_version_1_run_on_this_schema() {
    let place = Place::new();
    let older = Connection::open(place.file()).unwrap();
    older.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    older.execute_batch(&format!("{FIRST} COMMIT")).unwrap();
    let statements = first_statements();
    assert_eq!(statements.len(), 59);
    let list = |older: &Connection| {
        let mut list = older.prepare_cached(statements["list_sessions"]).unwrap();
        let page = params!["user-1", [0_u8; 0], millis(NOW), 10];
        let rows = list.query_map(page, |row| row.get::<_, u32>(18)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    assert!(list(&older).is_empty());

    let newer = open(&place).await; // migrates beside the open connection
    put(&newer, &session(1)).await;
    for (name, sql) in &statements {
        older.prepare(sql).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    granted(&newer.rotate_session(&rotation(&session(1), 0, 1), NOW).await.unwrap());
    assert_eq!(list(&older), [1]);
    // The older one refreshes, and the newer one takes its token.
    let attempt = 7_u64.to_be_bytes();
    let (row, at) = (session(1), NOW + MINUTE * 2);
    let advanced = params![
        row.id.as_bytes(),
        2,
        1,
        attempt,
        millis(at),
        None::<i64>,
        millis(at + MINUTE * 60)
    ];
    assert_eq!(older.execute(statements["advance_session"], advanced).unwrap(), 1);
    let again = newer.rotate_session(&rotation(&session(1), 1, 7), at).await.unwrap();
    assert_eq!(granted(&again), 2, "its own attempt is known here as well");
    let next = newer.rotate_session(&rotation(&session(1), 2, 8), at + MINUTE * 2).await.unwrap();
    assert_eq!(granted(&next), 3);
    assert_eq!(list(&older), [3]);
}

/// This program on a schema of a later version that still allows it: the whole suite.
#[tokio::test(flavor = "multi_thread")]
async fn inv_56_the_suite_holds_on_a_later_schema() {
    let place = Place::new();
    let next = AtomicUsize::new(0);
    let fresh = || async {
        let file = place.path().join(format!("{}.db", next.fetch_add(1, Ordering::Relaxed)));
        let options = SqliteOptions::new().durability(SqliteDurability::Normal);
        let store = options.clone().open(&file).await.unwrap();
        Connection::open(&file).unwrap().execute_batch(NEXT).unwrap();
        // The one that runs already, or one that starts.
        if next.load(Ordering::Relaxed).is_multiple_of(2) {
            return store;
        }
        drop(store);
        options.open(&file).await.unwrap()
    };
    let suite =
        || Suite::new().histories(10).workers(Workers::spawning(|work| drop(tokio::spawn(work))));
    suite().run(fresh).await.unwrap();
    suite().server(fresh).await.unwrap();
}

/// Tokens of an instance from before a migration and of one from after it are good at both.
#[tokio::test]
async fn inv_56_tokens_of_either_version_are_accepted_by_both() {
    let place = Place::new();
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let pem = key.expose_private_pem().unwrap();
    let authority = |store: SqliteStore| {
        Authority::builder("https://auth.example.com")
            .audience("https://api.example.com")
            .signing_key(SigningKey::from_pem(Algorithm::EdDSA, pem.expose_secret()).unwrap())
            .master_secret(MasterSecret::from_bytes([1; 32]))
            .store(store)
            .build()
            .unwrap()
    };
    let before = authority(open(&place).await);
    let grant = || Grant::new("ada", "note:*:read".parse().unwrap());
    let early = before.issue(grant()).await.unwrap();
    Connection::open(place.file()).unwrap().execute_batch(NEXT).unwrap();
    let after = authority(open(&place).await);
    let late = after.issue(grant()).await.unwrap();
    for (mine, other, issued) in [(&before, &after, &late), (&after, &before, &early)] {
        assert!(mine.verify(issued.access_token()).await.is_ok());
        let next = mine.refresh(issued.refresh_token()).await.unwrap();
        let last = other.refresh(next.refresh_token()).await.unwrap();
        let _ended = other.revoke(last.refresh_token()).await.unwrap();
        assert!(mine.refresh(last.refresh_token()).await.is_err());
        assert!(other.verify(next.access_token()).await.is_err());
    }
}
