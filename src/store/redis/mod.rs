//! Knows how to remember everything on a Redis or Valkey server: one script for each operation.
//! Must not know a token, a secret or a verifier.
//!
//! Keys, after the prefix: `s:<id>` and `k:<id>` hold a session and an API key; `so:<owner>` and
//! `ko:<owner>` list an owner's rows by birth; `s:deadlines` and `k:deadlines` say when a row may
//! be pruned; `m:<owner>` and `marks` up to which birth an owner is revoked; `sweeps` which
//! revocations have not reached every row yet; `feed`, `feed:expiry` and `number` the revocation
//! feed; `retention` how long its records live; `changed` is the channel of hints. `c:<id>` and
//! `clients` hold clients, `consents:<client>` and `consented:<subject>` consents, `a:<id>`,
//! `as:<id>` and `a:deadlines` codes and the sessions they will open, `o:<hash>` and
//! `o:deadlines` values that work once, `signing_keys` the keys all instances sign with.
//!
//! A server runs one script at a time, so each is one atomic step. A revocation of an owner ends
//! at most a thousand rows in one script. Where there are more, its first script also notes the
//! sweep, and every script that reads a row consults that note: the rest is dead from the same
//! instant, whoever finishes the sweep and whenever.

mod api_key_row;
mod api_keys;
mod check;
mod clients;
mod connection;
mod error;
mod feed_record;
mod field;
mod once;
mod options;
mod packed;
mod reply;
mod revocations;
mod script;
mod session_row;
mod sessions;
mod signing_keys;

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::Value;
use tokio::sync::Notify;

pub use self::options::RedisOptions;
use self::{
    check::Verdict,
    connection::Connection,
    error::Error,
    reply::Reply,
    script::{Call, Script},
};
use super::{LocalSinks, RevocationRecord, StoreError};
use crate::clock::{Clock, Timestamp};

/// Rows that one script prunes.
const STRETCH: u32 = 256;

/// A store on a Redis (6 or later) or Valkey server, shared by any number of instances.
///
/// It needs `maxmemory-policy noeviction`, and refuses to start without; it refuses a cluster.
/// What a crash may lose is the server's `appendfsync`: nothing acknowledged with `always`, up to
/// the last second with `everysec`, all since the last snapshot without an append-only file.
/// What was lost of rotations is noticed (`StateRollback`); what was lost of ends and revocations
/// is not, so use `always`, or [`replicas`](RedisOptions::replicas).
///
/// ```no_run
/// # async fn example() -> Result<(), hallpass::store::StoreError> {
/// use hallpass::store::RedisStore;
///
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

/// What the clones of a store share.
struct Inner {
    prefix: String,
    main: Connection,
    /// Where commands wait for replicas without keeping others waiting.
    waiting: Option<Connection>,
    replicas: Option<(u32, Duration)>,
    verdict: Verdict,
    clock: Arc<dyn Clock>,
    max_skew: Duration,
    sinks: LocalSinks,
    news: Arc<Notify>,
    /// The highest retention heard of, in milliseconds.
    retention: AtomicU64,
}

impl RedisStore {
    /// Connects with the defaults of [`RedisOptions`].
    ///
    /// # Errors
    /// As [`RedisOptions::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        RedisOptions::new().connect(url).await
    }

    /// Looks at the server's settings and clock now, as happens every minute, and says whether the
    /// store may be written to.
    ///
    /// # Errors
    /// [`StoreError`]: `Misconfigured` with what is wrong, or why the server did not answer.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await?;
        Ok(self.inner.verdict.writing()?)
    }

    fn call(&self, script: &'static LazyLock<Script>) -> Call {
        Call::of(script, &self.inner.prefix)
    }

    async fn read(&self, call: Call) -> Result<Value, Error> {
        self.inner.verdict.reading()?;
        self.inner.main.call(&call).await
    }

    async fn write(&self, call: &Call) -> Result<Value, Error> {
        self.inner.verdict.writing()?;
        self.inner.main.call(call).await
    }

    /// Writes something that a failover must not undo. Where replicas are asked for and too few
    /// have it, the answer comes with the error to give once what it says has been told locally.
    async fn write_for_good(&self, call: &Call) -> Result<(Value, Result<(), Error>), Error> {
        let Some((wanted, within)) = self.inner.replicas else {
            return Ok((self.write(call).await?, Ok(())));
        };
        self.inner.verdict.writing()?;
        let connection = self.inner.waiting.as_ref().unwrap_or(&self.inner.main);
        let (value, acknowledged) = {
            // Heard by readers as one more hint.
            let channel = format!("{}changed", self.inner.prefix);
            connection.call_and_wait(call, (wanted, within), &channel).await?
        };
        let unmet = acknowledged < i64::from(wanted);
        let replicated =
            if unmet { Err(Error::Replicas { acknowledged, wanted, within }) } else { Ok(()) };
        Ok((value, replicated))
    }

    /// Calls a script that prunes, a stretch at a time.
    async fn prune(
        &self,
        script: &'static LazyLock<Script>,
        now: Timestamp,
        limit: u32,
    ) -> Result<u32, Error> {
        let mut pruned = 0;
        while pruned < limit {
            let stretch = STRETCH.min(limit - pruned);
            let call = self.call(script).arg(field::time(now)).arg(stretch);
            let (_, mut reply) = Reply::open(self.write(&call).await?)?;
            let gone: u32 = reply.count()?;
            pruned += gone;
            if gone < stretch {
                break;
            }
        }
        Ok(pruned)
    }

    fn publish(&self, record: RevocationRecord) {
        self.inner.sinks.publish(&[record]);
    }
}

impl Inner {
    fn retention(&self) -> Duration {
        Duration::from_millis(self.retention.load(Ordering::Relaxed))
    }

    async fn check(&self) -> Result<(), Error> {
        self.verdict.renew(&self.main, &*self.clock, self.max_skew).await
    }
}

impl fmt::Debug for RedisStore {
    /// Without the server's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.inner.prefix).finish_non_exhaustive()
    }
}
