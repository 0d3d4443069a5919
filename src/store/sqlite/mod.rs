//! Knows how to remember everything in one SQLite file, shared by the processes of one machine.
//! Must not know what a presented token means: `decide` does.
//!
//! One thread writes: what waits shares a transaction (`writer`). A few threads read beside it
//! (`reader`). Callers wait on a channel, so no async runtime is held up and none is needed. One
//! more thread wakes them (`answers`), one moves the log into the file (`checkpoint`), and one
//! answers for calls that take too long.
//!
//! A revocation becomes visible to readers of this store object only after its sinks have heard
//! of it; a sink must therefore not wait for the store.

mod answers;
mod api_keys;
mod checkpoint;
mod clients;
mod codes;
mod command;
mod connect;
mod consents;
mod error;
mod feed;
#[cfg(test)]
mod killed;
mod migrate;
mod options;
mod owners;
mod prepared;
mod queue;
mod reader;
mod row;
mod sessions;
mod signing_keys;
mod statement;
mod step;
#[cfg(test)]
mod tests;
mod unread;
mod writer;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

pub use self::options::{Durability, SqliteOptions};
use self::{error::Error, queue::Queue, step::Step};
use super::{StoreError, feed::LocalSinks};

/// A store in one SQLite file. Several processes of one machine may use the file at once; it must
/// be on a local disk. Share one store object in an `Arc`.
///
/// Dropping it lets what waits finish in the background.
///
/// ```
/// use hallpass::store::{Persistence, SessionStore, SqliteStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hallpass::store::StoreError> {
/// let store = SqliteStore::open_in_memory().await?;
/// assert_eq!(store.persistence(), Persistence::Process);
/// # Ok(())
/// # }
/// ```
pub struct SqliteStore {
    writes: Arc<Queue>,
    reads: Arc<Queue>,
    shared: Arc<Shared>,
    durable: bool,
}

/// What the threads of one store share.
#[derive(Default)]
struct Shared {
    sinks: LocalSinks,
    changed: Notify,
    counts: Counts,
    /// Held to write between a commit that took something back and the news of it, and to read by
    /// readers.
    gate: RwLock<()>,
}

#[derive(Default)]
struct Counts {
    commands: AtomicU64,
    transactions: AtomicU64,
    statements: AtomicU64,
    reads: AtomicU64,
}

/// What a [`SqliteStore`] has done since it was opened. More commands than transactions means
/// that callers shared commits.
///
/// ```
/// use hallpass::{Timestamp, store::{Attempt, ReplayStore as _, SqliteStore}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::open_in_memory().await?;
/// let before = store.counts();
/// let at = Timestamp::from_unix_seconds;
/// store.consume_once(&[7; 32], Attempt::from_bytes([1; 8]), at(1_300), at(1_000)).await?;
/// let after = store.counts();
/// assert_eq!(after.commands - before.commands, 1);
/// assert_eq!(after.transactions - before.transactions, 1); // under load fewer than commands
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteCounts {
    /// Calls that were carried out by the writing thread.
    pub commands: u64,
    /// Transactions that these took.
    pub transactions: u64,
    /// Statements within these transactions, without `BEGIN` and `COMMIT`.
    pub statements: u64,
    /// Statements of the reading threads.
    pub reads: u64,
}

impl SqliteStore {
    /// Opens a file, or makes it, with [`SqliteOptions::new`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path).await
    }

    /// Opens an empty database in memory, for tests.
    ///
    /// # Errors
    /// As [`SqliteOptions::open_in_memory`].
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        SqliteOptions::new().open_in_memory().await
    }

    /// What was done since it was opened.
    #[must_use]
    pub fn counts(&self) -> SqliteCounts {
        let Counts { commands, transactions, statements, reads } = &self.shared.counts;
        let [commands, transactions, statements, reads] =
            [commands, transactions, statements, reads].map(|count| count.load(Ordering::Relaxed));
        SqliteCounts { commands, transactions, statements, reads }
    }

    /// Carries out `work` in a transaction, shared with others. It may run twice, with a rollback
    /// between.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Step<'_>) -> Result<T, Error> + Send + 'static,
    {
        ask(&self.writes, work).await
    }

    /// Carries out `work`, which only reads.
    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Step<'_>) -> Result<T, Error> + Send + 'static,
    {
        ask(&self.reads, work).await
    }
}

async fn ask<T, F>(queue: &Queue, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnMut(&Step<'_>) -> Result<T, Error> + Send + 'static,
{
    let (command, answer) = command::command(work);
    queue.push(command);
    answer.await.map_err(|_| Error::Gone)?
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
