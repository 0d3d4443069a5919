//! Knows what happens after an old copy of the file was put back.
//! Must not know who made the copy.

use hallpass::{
    id::TokenId,
    store::{
        Granted, RevocationFeed, RevocationStore, RotateOutcome, Rotation, SessionStore,
        SqliteStore, StoreErrorKind, Target,
    },
};
use rusqlite::Connection;

use crate::support::{MINUTE, NOW, Place, granted, open, put, rotation, session};

/// Rotates generation by generation, each outside the window of the one before.
async fn refresh(store: &SqliteStore, from: u32, to: u32) {
    for presented in from..to {
        let rotation = rotation(&session(1), presented, u64::from(presented));
        let now = NOW + MINUTE * 2 * presented;
        granted(&store.rotate_session(&rotation, now).await.unwrap());
    }
}

fn copy(place: &Place) -> std::path::PathBuf {
    let old = place.path().join("old.db");
    let connection = Connection::open(place.file()).unwrap();
    connection.execute("VACUUM INTO ?1", [old.to_str().unwrap()]).unwrap();
    old
}

/// Invariants 18 and 19, and the opt-in of an operator who has restored a backup.
#[tokio::test]
async fn inv_19_tokens_ahead_of_a_restored_file_change_nothing_and_may_move_it_on() {
    let place = Place::new();
    let store = open(&place).await;
    put(&store, &session(1)).await;
    refresh(&store, 0, 3).await;
    let old = copy(&place);
    refresh(&store, 3, 6).await;
    put(&store, &session(2)).await;
    drop(store);

    let restored = SqliteStore::open(&old).await.unwrap();
    let now = NOW + MINUTE * 20;
    let ahead = rotation(&session(1), 6, 100);
    let before = restored.find_session(&session(1).id).await.unwrap();
    let outcome = restored.rotate_session(&ahead, now).await.unwrap();
    assert_eq!(outcome, RotateOutcome::StateRollback { row: Some(3) });
    assert_eq!(restored.find_session(&session(1).id).await.unwrap(), before);
    let unknown = restored.rotate_session(&rotation(&session(2), 0, 101), now).await.unwrap();
    assert_eq!(unknown, RotateOutcome::StateRollback { row: None });

    let allowed = Rotation { fast_forward: true, ..ahead };
    let RotateOutcome::Granted { how, session: row } =
        restored.rotate_session(&allowed, now).await.unwrap()
    else {
        panic!("not granted")
    };
    assert_eq!((how, row.state.generation), (Granted::Rotated { skew: None }, 7));
}

/// A verifier whose cursor is ahead of a restored file is told, and reads all again: it must not
/// pass by the records that get the same numbers a second time.
#[tokio::test]
async fn a_cursor_ahead_of_a_restored_file_is_refused() {
    let place = Place::new();
    let store = open(&place).await;
    let token = |number| Target::Token(TokenId::from_parts(NOW, [number; 12]));
    store.revoke(&token(1), NOW).await.unwrap();
    let old = copy(&place);
    for number in 2..6 {
        store.revoke(&token(number), NOW + MINUTE).await.unwrap();
    }
    let cursor = store.read_revocations(None, 10).await.unwrap().cursor;
    // Pruning takes the records, not their numbers.
    assert_eq!(store.prune_revocations(NOW + MINUTE * 60 * 24 * 400, 100).await.unwrap(), 5);
    assert!(store.read_revocations(Some(&cursor), 10).await.unwrap().records.is_empty());

    let restored = SqliteStore::open(&old).await.unwrap();
    let behind = restored.read_revocations(Some(&cursor), 10).await;
    assert_eq!(behind.unwrap_err().kind(), StoreErrorKind::Corrupt);
    for number in 6..12 {
        restored.revoke(&token(number), NOW + MINUTE * 2).await.unwrap();
    }
    let another = restored.read_revocations(Some(&cursor), 10).await;
    assert_eq!(another.unwrap_err().kind(), StoreErrorKind::Corrupt);
    assert_eq!(restored.read_revocations(None, 10).await.unwrap().records.len(), 7);
}

/// The number of a record is never given twice, also when the newest records are gone.
#[tokio::test]
async fn numbers_go_on_after_everything_was_pruned() {
    let place = Place::new();
    let store = open(&place).await;
    let token = |number| Target::Token(TokenId::from_parts(NOW, [number; 12]));
    store.revoke(&token(1), NOW).await.unwrap();
    let cursor = store.read_revocations(None, 10).await.unwrap().cursor;
    assert_eq!(store.prune_revocations(NOW + MINUTE * 60 * 24 * 400, 100).await.unwrap(), 1);
    store.revoke(&token(2), NOW).await.unwrap();
    let page = store.read_revocations(Some(&cursor), 10).await.unwrap();
    assert_eq!(page.records.len(), 1);
}
