//! Knows how a connection is opened and set up.
//! Must not know the schema.

use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::{Durability, checkpoint::TOO_LONG, error::Error};

/// A connection for one thread. With a path it has a write-ahead log, so that readers and the
/// writer do not wait for each other.
pub(super) fn connect(
    path: Option<&Path>,
    durability: Durability,
    patience: Duration,
) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match path {
        Some(path) => Connection::open_with_flags(path, flags)?,
        None => Connection::open_in_memory_with_flags(flags)?,
    };
    connection.busy_handler(Some(wait_a_little))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    if path.is_some() {
        patiently(patience, || log_ahead(&connection))?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        // Should the thread that does it be gone.
        connection.pragma_update(None, "wal_autocheckpoint", TOO_LONG)?;
        // After a burst the log gives its room back.
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    }
    Ok(connection)
}

fn log_ahead(connection: &Connection) -> Result<(), Error> {
    let found: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if found == "wal" { Ok(()) } else { Err(Error::Journal { found }) }
}

/// Within one statement, for locks that are held for a moment.
fn wait_a_little(tries: i32) -> bool {
    if tries >= 8 {
        return false;
    }
    sleep(Duration::from_millis(1));
    true
}

/// Tries again while another process holds the lock, for as long as `patience`.
pub(super) fn patiently<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(error) if error.is_busy() && began.elapsed() < patience => {
                sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}
