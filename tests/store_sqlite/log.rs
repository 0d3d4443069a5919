//! Knows what becomes of the log beside the file while callers write.
//! Must not know which thread moves it.

use std::{io::Read as _, path::Path, sync::Arc};

use hallpass::store::{SessionStore, SqliteDurability, SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::support::{NOW, Place, granted, put, rotation, session};

/// At 128 MiB the writer waits; what sixteen transactions wrote meanwhile comes on top.
const MOST: i64 = 40_000;

/// How often the log began anew: four bytes of its header.
fn beginnings(file: &Path) -> u32 {
    let mut header = [0; 16];
    let mut log = std::fs::File::open(file.with_extension("db-wal")).unwrap();
    log.read_exact(&mut header).unwrap();
    u32::from_be_bytes(*header.last_chunk().unwrap())
}

/// How many pages it has.
fn pages(place: &Place) -> i64 {
    let connection = Connection::open(place.file()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).unwrap()
}

/// So many new sessions by 64 callers, who leave it no pause.
async fn write(store: &Arc<SqliteStore>, numbers: std::ops::Range<u64>) {
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let (store, numbers) = (Arc::clone(store), numbers.clone());
            tokio::spawn(async move {
                for number in numbers.filter(|number| number % 64 == caller) {
                    // Spread over the whole table, so that each is a page of its own.
                    put(&store, &session(number.reverse_bits() | number)).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

async fn open(place: &Place) -> Arc<SqliteStore> {
    let options = SqliteOptions::new().durability(SqliteDurability::Normal);
    Arc::new(options.open(place.file()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_begins_anew_though_callers_never_pause() {
    let place = Place::new();
    let store = open(&place).await;
    let started = beginnings(&place.file());
    write(&store, 0..20_000).await;
    let grown = std::fs::metadata(place.file()).unwrap().len();
    assert!(grown > 1 << 20, "nothing has reached the file: {grown} bytes");
    let begun = beginnings(&place.file());
    assert!(begun > started, "the log never began anew");
    assert!(pages(&place) < MOST);
    // What was moved and what was not are one.
    for number in [0, 1, 9_999, 19_999_u64] {
        let session = session(number.reverse_bits() | number);
        assert_eq!(store.find_session(&session.id).await.unwrap().as_ref(), Some(&session));
        granted(&store.rotate_session(&rotation(&session, 0, 1), NOW).await.unwrap());
    }
}

/// Another program's reader holds on to an old state of the file, as a backup does: nobody is held
/// up, and the log gives its room back afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stays_holds_nobody_up() {
    let place = Place::new();
    let store = open(&place).await;
    write(&store, 0..100).await;
    let reader = Connection::open(place.file()).unwrap();
    let count = || reader.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let before: i64 = count();
    let begun = beginnings(&place.file());
    write(&store, 100..8_000).await;
    assert_eq!(beginnings(&place.file()), begun, "the reader still needs the log");
    assert!(pages(&place) > 8_192);
    assert_eq!(count(), before);
    reader.execute_batch("COMMIT").unwrap();
    write(&store, 8_000..12_000).await;
    assert!(beginnings(&place.file()) > begun, "the log did not begin anew");
    assert_eq!(count(), 12_000);
}

/// Two who write into one file both move its log, and neither is in the other's way.
#[tokio::test(flavor = "multi_thread")]
async fn two_stores_move_one_log() {
    let place = Place::new();
    let (one, two) = (open(&place).await, open(&place).await);
    let begun = beginnings(&place.file());
    tokio::join!(write(&one, 0..8_000), write(&two, 8_000..16_000));
    assert!(pages(&place) < MOST);
    // While both write, one may always be a page ahead of the other's move; not any more.
    write(&one, 16_000..24_000).await;
    assert!(beginnings(&place.file()) > begun, "the log never began anew");
    let file = Connection::open(place.file()).unwrap();
    let count: i64 = file.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((count, sound.as_str()), (24_000, "ok"));
}
