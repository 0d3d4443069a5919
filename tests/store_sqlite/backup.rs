//! Knows what a copy of the file holds that was made while it was written: what the run-book
//! advises, and what it warns of.
//! Must not know what happens with a copy afterwards.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hallpass::store::{SessionStore as _, SqliteStore};
use rusqlite::Connection;

use crate::support::{Place, open, put, session};

/// `VACUUM INTO` while others write: all that was acknowledged before it began is in the copy, and
/// the copy is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vacuumed_copy_holds_all_that_was_acknowledged_before_it() {
    let place = Place::new();
    let store = Arc::new(open(&place).await);
    let acknowledged = Arc::new(AtomicU64::new(0));
    let writer = {
        let (store, acknowledged) = (Arc::clone(&store), Arc::clone(&acknowledged));
        tokio::spawn(async move {
            for number in 1.. {
                put(&store, &session(number)).await;
                acknowledged.store(number, Ordering::SeqCst);
            }
        })
    };
    for number in 0..3 {
        let before = acknowledged.load(Ordering::SeqCst);
        while acknowledged.load(Ordering::SeqCst) < before + 50 {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let copy = place.path().join(format!("copy-{number}.db"));
        let connection = Connection::open(place.file()).unwrap();
        connection.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();

        let copy = SqliteStore::open(&copy).await.unwrap();
        for number in 1..=before {
            let found = copy.find_session(&session(number).id).await.unwrap();
            assert_eq!(found, Some(session(number)), "{number} of {before}");
        }
    }
    writer.abort();
}

/// The file alone lacks what is in its log.
#[tokio::test]
async fn a_copy_of_the_file_alone_lacks_what_was_acknowledged() {
    let place = Place::new();
    let store = open(&place).await;
    put(&store, &session(1)).await;
    let copy = place.path().join("alone.db");
    fs::copy(place.file(), &copy).unwrap();
    let count = |file| {
        let connection = Connection::open(file).unwrap();
        connection.query_row("SELECT count(*) FROM session", [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(count(place.file()).unwrap(), 1);
    assert!(!matches!(count(copy), Ok(1)), "the warning is out of date");
    drop(store);
}
