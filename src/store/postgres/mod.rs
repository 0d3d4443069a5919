//! Knows how to remember everything in PostgreSQL 13 or later, shared by many instances.
//! Must not know what a presented token means: `decide` and its twin in SQL do.
//!
//! Every operation is one statement and one round trip, committed by itself. Under load the
//! rotations that wait are taken together (`batch`); a lone caller never waits for others.

mod api_keys;
mod batch;
mod clients;
mod columns;
mod connect;
mod error;
mod feed;
mod listen;
mod migrate;
mod once;
mod revocations;
mod rotate;
mod rows;
mod run;
mod schema;
mod server_statements;
mod sessions;
mod skew;
mod statements;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::Pool;
use tokio::{runtime::Handle, sync::Notify, task::JoinHandle};

use self::{
    batch::Rotations, error::Error, schema::Schema, server_statements::ServerStatements,
    skew::Skew, statements::Statements,
};
use super::{feed::LocalSinks, revocation::RevocationRecord};

pub use self::connect::PostgresBuilder;

/// A store in a PostgreSQL database, version 13 or later.
///
/// ```no_run
/// use hallpass::store::PostgresStore;
///
/// # async fn start() -> Result<(), hallpass::store::StoreError> {
/// let store = PostgresStore::connect("postgres://auth@db.internal/auth").await?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
///
/// **Durability** is the server's: with `synchronous_commit = on`, its default, nothing that was
/// answered is lost in a crash. With `off` the last moments may be: sessions then come back at an
/// earlier generation and answer `StateRollback`, and a revocation may be undone.
///
/// **Transactions** run under READ COMMITTED, and refuse to under anything else. A pool of your
/// own should set `statement_timeout` and `lock_timeout`; without them a statement that timed
/// out here goes on at the server. Behind a pooler that shares connections between transactions,
/// prepared statements must be supported by it.
///
/// **Clocks** are compared when the store connects and every minute; while they differ by more
/// than [`PostgresBuilder::max_skew`], writes are refused as
/// [`Misconfigured`](super::StoreErrorKind::Misconfigured).
pub struct PostgresStore {
    inner: Arc<Inner>,
    background: Vec<JoinHandle<()>>,
}

/// What every operation needs.
struct Inner {
    pool: Pool,
    schema: Schema,
    statements: Statements,
    server: ServerStatements,
    call_timeout: Duration,
    skew: Skew,
    rotations: Rotations,
    sinks: LocalSinks,
    news: Notify,
    runtime: Handle,
    sent: AtomicU64,
}

impl PostgresStore {
    /// How many statements were sent to the server so far: to watch what an operation costs.
    #[must_use]
    pub fn statements_sent(&self) -> u64 {
        self.inner.sent.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// Hands records that have just been committed to those in this process who must know.
    fn publish(&self, records: &[RevocationRecord]) {
        self.sinks.publish(records);
    }

    /// Wakes who waits for news, or whoever waits next.
    fn hint(&self) {
        self.news.notify_waiters();
        self.news.notify_one();
    }

    /// Asked before every write.
    fn may_write(&self) -> Result<(), Error> {
        self.skew.check()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        for task in &self.background {
            task.abort();
        }
    }
}

impl fmt::Debug for PostgresStore {
    /// Without the pool, whose settings hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.inner.schema.as_str())
            .field("pool", &self.inner.pool.status())
            .finish_non_exhaustive()
    }
}
