//! Knows when the log is moved into the file, and which thread does it.
//! Must not know what was written.
//!
//! SQLite would move the log at a commit, and every caller would wait for the disk behind it. So a
//! thread of its own does it beside the writer. But the log begins anew only when a transaction
//! finds all of it moved, and a busy writer is always some pages ahead: the last few the writer
//! moves by itself, between two transactions.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};

use rusqlite::{Connection, Row};

use super::{
    error::Error,
    prepared::Prepared,
    statement::{LOG, MOVE_LOG, Sql},
};

/// From how many pages on the log is moved: 32 MiB. A page that many refreshes changed is moved
/// once.
const LONG: i64 = 8_192;

/// From how many pages on the writer waits for it: 128 MiB. So a slow disk slows the callers down,
/// and does not fill up.
pub(super) const TOO_LONG: i64 = 4 * LONG;

/// So few are left to the writer: a millisecond.
const FEW: i64 = 256;

/// How often the thread follows a writer that is ahead of it.
const PASSES: u32 = 4;

/// After so many transactions the writer looks how long the log is.
const PACE: u32 = 16;

/// How many pages the log has, and how many of them were moved; -1 where that is not known.
struct Log {
    pages: i64,
    moved: i64,
}

impl Log {
    /// After a statement of the two that know. Where somebody else moves the log at this moment
    /// nothing is moved, which is no error.
    fn after(sql: Sql, prepared: &Prepared<'_>) -> Result<Self, Error> {
        prepared.with(sql, |statement| {
            let read = |row: &Row<'_>| Ok(Self { pages: row.get(1)?, moved: row.get(2)? });
            Ok(statement.query_row([], read)?)
        })
    }

    fn left(&self) -> i64 {
        self.pages.saturating_sub(self.moved)
    }
}

/// The writer's end.
pub(super) struct Checkpoints {
    begin: SyncSender<()>,
    done: Receiver<()>,
    under_way: bool,
    transactions: u32,
}

/// The end of the thread that moves the log.
pub(super) struct Mover {
    begin: Receiver<()>,
    done: Sender<()>,
}

pub(super) fn checkpoints() -> (Checkpoints, Mover) {
    let (begin, asked) = sync_channel(1);
    let (finished, done) = channel();
    let writer = Checkpoints { begin, done, under_way: false, transactions: 0 };
    (writer, Mover { begin: asked, done: finished })
}

impl Checkpoints {
    /// Between two transactions of the writer. What cannot be moved now stays in the log, where
    /// readers find it, and is tried again.
    pub(super) fn tend(&mut self, prepared: &Prepared<'_>) {
        if self.under_way && self.is_done() {
            self.finish(prepared);
        }
        self.transactions += 1;
        if self.transactions < PACE {
            return;
        }
        self.transactions = 0;
        let Ok(log) = Log::after(LOG, prepared) else { return };
        if self.under_way {
            if log.pages >= TOO_LONG {
                let _gone = self.done.recv();
                self.finish(prepared);
            }
        } else if log.left() >= LONG {
            self.under_way = self.begin.try_send(()).is_ok();
            if !self.under_way {
                self.finish(prepared);
            }
        }
    }

    fn is_done(&self) -> bool {
        !matches!(self.done.try_recv(), Err(TryRecvError::Empty))
    }

    /// Moves what is left.
    fn finish(&mut self, prepared: &Prepared<'_>) {
        self.under_way = false;
        let _later = Log::after(MOVE_LOG, prepared);
    }
}

impl Mover {
    /// Until the writer is gone.
    pub(super) fn work(self, connection: &Connection) {
        let prepared = Prepared::on(connection);
        while self.begin.recv().is_ok() {
            for _ in 0..PASSES {
                let moved = Log::after(MOVE_LOG, &prepared);
                // The writer has gone on meanwhile.
                let left =
                    moved.and_then(|_| Log::after(LOG, &prepared)).map_or(0, |log| log.left());
                if left < FEW {
                    break;
                }
            }
            if self.done.send(()).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        path::{Path, PathBuf},
        sync::atomic::{AtomicBool, Ordering},
        time::Duration,
    };

    use super::{super::connect::connect, *};
    use crate::store::SqliteDurability;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("hallpass-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// A connection with a table of one page a row. SQLite moves nothing by itself.
        fn writer(&self) -> Connection {
            let file: &Path = &self.0.join("tokens.db");
            let connection = connect(Some(file), SqliteDurability::Normal, Duration::ZERO).unwrap();
            connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
            connection.execute_batch("CREATE TABLE page (of BLOB)").unwrap();
            connection
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _left = std::fs::remove_dir_all(&self.0);
        }
    }

    fn write(connection: &Connection, pages: i64) {
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
             INSERT INTO page SELECT zeroblob(4000) FROM n";
        connection.execute(rows, [pages]).unwrap();
    }

    fn left(connection: &Connection) -> i64 {
        Log::after(LOG, &Prepared::on(connection)).unwrap().left()
    }

    fn tend(checkpoints: &mut Checkpoints, connection: &Connection) {
        (0..PACE).for_each(|_| checkpoints.tend(&Prepared::on(connection)));
    }

    #[test]
    fn a_long_log_is_moved_by_the_thread_and_its_end_by_the_writer() {
        let place = Place::new("long");
        let connection = place.writer();
        let (mut checkpoints, mover) = checkpoints();
        write(&connection, LONG - 100);
        tend(&mut checkpoints, &connection);
        assert!(mover.begin.try_recv().is_err(), "the log is not long yet");
        write(&connection, 200);
        tend(&mut checkpoints, &connection);
        mover.begin.try_recv().unwrap();
        tend(&mut checkpoints, &connection);
        assert!(mover.begin.try_recv().is_err(), "asked twice");
        assert!(left(&connection) >= LONG, "the writer leaves it to the thread");
        mover.done.send(()).unwrap();
        checkpoints.tend(&Prepared::on(&connection));
        assert_eq!(left(&connection), 0);
    }

    #[test]
    fn the_writer_waits_where_the_log_grows_faster_than_it_is_moved() {
        let place = Place::new("too-long");
        let connection = place.writer();
        let (mut checkpoints, mover) = checkpoints();
        write(&connection, LONG);
        tend(&mut checkpoints, &connection);
        write(&connection, TOO_LONG - LONG);
        let moved = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                mover.begin.recv().unwrap();
                // Time enough for a writer that does not wait.
                std::thread::sleep(Duration::from_millis(100));
                moved.store(true, Ordering::SeqCst);
                mover.done.send(()).unwrap();
            });
            tend(&mut checkpoints, &connection);
            assert!(moved.load(Ordering::SeqCst), "it went on");
        });
        assert_eq!(left(&connection), 0);
    }

    #[test]
    fn without_the_thread_the_writer_moves_the_log() {
        let place = Place::new("alone");
        let connection = place.writer();
        let (mut checkpoints, mover) = checkpoints();
        drop(mover);
        write(&connection, LONG);
        tend(&mut checkpoints, &connection);
        assert_eq!(left(&connection), 0);
    }

    #[test]
    fn a_thread_that_dies_at_its_work_is_not_waited_for() {
        let place = Place::new("dies");
        let connection = place.writer();
        let (mut checkpoints, mover) = checkpoints();
        write(&connection, LONG);
        tend(&mut checkpoints, &connection);
        drop(mover);
        tend(&mut checkpoints, &connection);
        assert_eq!(left(&connection), 0);
    }

    #[test]
    fn the_thread_moves_what_there_is_and_ends_with_the_writer() {
        let place = Place::new("thread");
        let connection = place.writer();
        let (mut checkpoints, mover) = checkpoints();
        let path = place.0.join("tokens.db");
        let thread = std::thread::spawn(move || {
            mover.work(&connect(Some(&path), SqliteDurability::Normal, Duration::ZERO).unwrap());
        });
        write(&connection, LONG);
        tend(&mut checkpoints, &connection);
        assert!(checkpoints.under_way);
        checkpoints.done.recv().unwrap();
        assert_eq!(left(&connection), 0);
        drop(checkpoints);
        thread.join().unwrap();
    }
}
