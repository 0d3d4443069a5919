//! Knows what a host may choose, and starts the threads.
//! Must not know what they do.

use std::{
    path::Path,
    sync::{Arc, Weak},
    thread::Builder,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    super::StoreError,
    Shared, SqliteStore,
    answers::answers,
    checkpoint::{Checkpoints, checkpoints},
    connect::{connect, patiently},
    error::Error,
    migrate,
    queue::Queue,
    reader::Reader,
    writer::Writer,
};

/// What a power cut or a crash of the operating system may take back. A crash of the process takes
/// nothing back, whatever is chosen.
///
/// ```
/// use hallpass::store::{SqliteDurability, SqliteOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Commits wait for no disk. After a power cut some users may have to sign in again.
/// let options = SqliteOptions::new().durability(SqliteDurability::Normal);
/// let store = options.open_in_memory().await?;
/// assert_eq!(SqliteDurability::default(), SqliteDurability::Full);
/// # let _ = store;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing that was answered: every commit waits for the disk.
    #[default]
    Full,
    /// The last new sessions, API keys and rotations, since the last time the disk was waited for.
    /// Their holders are told 503 with an alarm, until an operator allows the fast-forward. What
    /// was **ended or revoked** is on the disk before the call returns, as with `Full`.
    Normal,
}

/// How a [`SqliteStore`] is opened.
///
/// ```
/// # use hallpass::store::{SqliteStore, SqliteOptions, SqliteDurability};
/// # use std::time::Duration;
/// # async fn open() -> Result<SqliteStore, hallpass::store::StoreError> {
/// SqliteOptions::new()
///     .durability(SqliteDurability::Normal)
///     .timeout(Duration::from_secs(2))
///     .open("tokens.db")
///     .await
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteOptions {
    durability: Durability,
    busy_timeout: Duration,
    timeout: Duration,
    readers: usize,
    migrate: bool,
    max_bytes: Option<u64>,
}

impl SqliteOptions {
    /// Full durability, two reading threads, 5 seconds for locks, 10 for a call, and the schema is
    /// brought up to date when the file is opened.
    pub fn new() -> Self {
        Self {
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            readers: 2,
            migrate: true,
            max_bytes: None,
        }
    }

    /// What a power cut may take back.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How long to wait while another process holds the file's lock; then the call is `Busy`.
    pub fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// How long a call may take, waiting included; then it is `Unavailable`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many threads read beside the one that writes, at least one.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Whether opening brings the schema up to date. If not, a file that is not is
    /// `Misconfigured`, and [`migrate`](Self::migrate) or the `sqlite3` program does it.
    pub fn migrate_on_open(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// How large the file may grow, without its log; then what writes is `Full`. No limit if
    /// never called.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Opens a file, or makes it. The directory must exist and be on a local disk.
    ///
    /// # Errors
    /// `Misconfigured` when the file cannot be opened, belongs to another program, or has a schema
    /// that this version must not use; `Busy` when another process holds its lock.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        self.start(Some(path.as_ref())).await
    }

    /// Opens an empty database in memory: SQLite's answers without a file, for tests. Reads wait
    /// for writes.
    ///
    /// # Errors
    /// When a thread could not be started.
    pub async fn open_in_memory(mut self) -> Result<SqliteStore, StoreError> {
        self.migrate = true;
        self.start(None).await
    }

    async fn start(self, path: Option<&Path>) -> Result<SqliteStore, StoreError> {
        let path = path.map(Path::to_owned);
        let (sender, receiver) = oneshot::channel();
        // Opening reads, locks and may migrate: not on the caller's thread.
        let open = move || {
            // Without a receiver the store is dropped, and its threads end.
            let _gone = sender.send(self.start_threads(path.as_deref()));
        };
        Builder::new().name("hallpass-open".into()).spawn(open).map_err(Error::Thread)?;
        Ok(receiver.await.map_err(|_| Error::Gone)??)
    }

    /// Brings the schema of a file up to date, or makes the file. Safe to repeat, and when many
    /// processes do it at once.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn migrate(mut self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        self.migrate = true;
        self.open(path).await.map(drop)
    }

    fn start_threads(&self, path: Option<&Path>) -> Result<SqliteStore, Error> {
        let patience = self.busy_timeout;
        let mut connection = connect(path, self.durability, patience)?;
        if let Some(max_bytes) = self.max_bytes {
            limit_size(&connection, max_bytes)?;
        }
        if self.migrate {
            patiently(patience, || migrate::migrate(&mut connection))?;
        } else {
            migrate::check(&connection)?;
        }
        let shared = Arc::new(Shared::default());
        let writes = Arc::new(Queue::new(self.timeout));
        let reads = match path {
            Some(_) => Arc::new(Queue::new(self.timeout)),
            // In memory there is one connection, and so one thread.
            None => Arc::clone(&writes),
        };
        // From here on an error drops the store, which ends the threads.
        let store = SqliteStore {
            writes: Arc::clone(&writes),
            reads: Arc::clone(&reads),
            shared: Arc::clone(&shared),
            durable: path.is_some(),
        };
        let worker = writes.worker();
        let (answers, answerer) = answers();
        spawn("hallpass-answer", move || answerer.work())?;
        let durability = self.durability;
        let checkpoints = path.map(|path| self.start_mover(path)).transpose()?;
        let writer = Writer {
            connection,
            shared: Arc::clone(&shared),
            answers,
            checkpoints,
            durability,
            patience,
        };
        spawn("hallpass-write", move || writer.work(&worker))?;
        for _ in 0..path.map_or(0, |_| self.readers) {
            let connection = connect(path, self.durability, patience)?;
            connection.pragma_update(None, "query_only", true)?;
            let reader = Reader { connection, shared: Arc::clone(&shared), patience };
            let worker = reads.worker();
            spawn("hallpass-read", move || reader.work(&worker))?;
        }
        let tick = (self.timeout / 4).clamp(Duration::from_millis(5), Duration::from_secs(1));
        let queues = [Arc::downgrade(&writes), Arc::downgrade(&reads)];
        spawn("hallpass-watch", move || watch(&queues, tick))?;
        Ok(store)
    }

    /// The thread that moves the log of a file.
    fn start_mover(&self, path: &Path) -> Result<Checkpoints, Error> {
        let connection = connect(Some(path), self.durability, self.busy_timeout)?;
        let (checkpoints, mover) = checkpoints();
        spawn("hallpass-log", move || mover.work(&connection))?;
        Ok(checkpoints)
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}

fn limit_size(connection: &Connection, max_bytes: u64) -> Result<(), Error> {
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = i64::try_from(max_bytes).unwrap_or(i64::MAX) / page.max(1);
    // The answer of this pragma is a row, which `pragma_update` does not expect.
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    Builder::new().name(name.into()).spawn(work).map(drop).map_err(Error::Thread)
}

/// Answers for commands that take too long, whatever their thread hangs in.
fn watch(queues: &[Weak<Queue>], tick: Duration) {
    loop {
        std::thread::sleep(tick);
        let mut alive = false;
        for queue in queues.iter().filter_map(Weak::upgrade) {
            alive |= queue.expire(Instant::now());
        }
        if !alive {
            return;
        }
    }
}
