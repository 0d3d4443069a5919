//! Knows what a host may choose about a Redis store, and starts one.
//! Must not know an operation.

use std::{
    sync::{Arc, Weak, atomic::AtomicU64},
    time::Duration,
};

use redis::aio::ConnectionManager;
use tokio::sync::Notify;

use super::{
    Inner, RedisStore,
    check::Verdict,
    connection::{Connection, Limits},
    error::Error,
    field,
};
use crate::{
    clock::{Clock, SystemClock},
    store::{DEFAULT_RETENTION, LocalSinks, StoreError},
};

/// How a [`RedisStore`] works.
///
/// ```no_run
/// use hallpass::store::RedisOptions;
/// use std::time::Duration;
///
/// # async fn start() -> Result<(), hallpass::store::StoreError> {
/// let store = RedisOptions::new()
///     .prefix("tokens:")
///     // No end or revocation is answered before one replica has it.
///     .replicas(1, Duration::from_millis(200))
///     .connect("redis://tokens.internal:6379")
///     .await?;
/// # let _ = store; Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct RedisOptions {
    prefix: String,
    limits: Limits,
    max_skew: Duration,
    check_every: Duration,
    clock: Arc<dyn Clock>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: "hallpass:".to_owned(),
            limits: Limits { deadline: Duration::from_secs(2), replicas: None },
            max_skew: Duration::from_secs(5),
            check_every: Duration::from_secs(60),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl RedisOptions {
    /// The defaults that each setting names.
    pub fn new() -> Self {
        Self::default()
    }

    /// What every key begins with; `hallpass:` by default. One to 64 letters, digits or characters
    /// of `:._-`, ending in one of these, so that no prefix continues another's keys by accident.
    /// Two stores on one server need different ones; anything else is an error when it connects.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How long one command may take, sending it again included; 2 s by default. Then the answer
    /// is [`Unavailable`](crate::store::StoreErrorKind::Unavailable).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// Asks for `count` replicas to have every end, revocation and change of an API key before the
    /// call returns (`WAIT`), so that a failover to one of them revives nothing. Where they have
    /// not within `wait`, the answer is
    /// [`Unavailable`](crate::store::StoreErrorKind::Unavailable) although the primary has it, and
    /// repeating the call is safe. Without this, a failover may lose what was last written.
    pub fn replicas(mut self, count: u32, wait: Duration) -> Self {
        self.limits.replicas = Some((count, wait));
        self
    }

    /// How far the server's clock may be from this one; 5 s by default. Beyond it writes are
    /// refused.
    pub fn max_skew(mut self, max_skew: Duration) -> Self {
        self.max_skew = max_skew;
        self
    }

    /// How often the server's settings and clock are looked at again; a minute by default.
    pub fn check_every(mut self, every: Duration) -> Self {
        self.check_every = every;
        self
    }

    /// The clock that the server's is compared with; the operating system's by default. Stores
    /// read it for nothing else.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Connects to `url`: `redis://[user:password@]host[:port][/database]`, or
    /// `redis+unix:///path`. `rediss://` needs one of the TLS features of the `redis` crate
    /// in your own `Cargo.toml`.
    ///
    /// # Errors
    /// [`StoreError`]: `Unavailable` when the server does not answer, `Misconfigured` when the
    /// address or prefix is none, the login is refused, the server evicts keys or is a cluster.
    pub async fn connect(self, url: &str) -> Result<RedisStore, StoreError> {
        let prefix = checked(&self.prefix)?;
        let news = Arc::new(Notify::new());
        let hints = (format!("{prefix}changed"), Arc::clone(&news));
        let main = Connection::open(url, self.limits, Some(hints)).await?;
        let waiting = match self.limits.replicas {
            Some(_) => Some(Connection::open(url, self.limits, None).await?),
            None => None,
        };
        self.start(main, waiting, news).await
    }

    /// Uses a connection that the host has made, with the host's TLS and time limits. Three things
    /// are then the host's: it gets no hints, so that revocations elsewhere are seen by polling;
    /// a connection through which nothing is heard is replaced when the manager notices; and
    /// [`replicas`](Self::replicas) makes other commands of that connection wait too.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn with_connection(
        self,
        manager: ConnectionManager,
    ) -> Result<RedisStore, StoreError> {
        let main = Connection::given(manager, self.limits);
        self.start(main, None, Arc::new(Notify::new())).await
    }

    async fn start(
        self,
        main: Connection,
        waiting: Option<Connection>,
        news: Arc<Notify>,
    ) -> Result<RedisStore, StoreError> {
        let inner = Arc::new(Inner {
            prefix: checked(&self.prefix)?.to_owned(),
            main,
            waiting,
            replicas: self.limits.replicas,
            verdict: Verdict::default(),
            clock: self.clock,
            max_skew: self.max_skew,
            sinks: LocalSinks::default(),
            news,
            retention: AtomicU64::new(field::millis(DEFAULT_RETENTION)),
        });
        inner.check().await?;
        inner.verdict.reading()?;
        tokio::spawn(watch(Arc::downgrade(&inner), self.check_every));
        Ok(RedisStore { inner })
    }
}

/// Looks at the server again and again, for as long as the store is in use.
async fn watch(store: Weak<Inner>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(store) = store.upgrade() else {
            return;
        };
        // A server that does not answer keeps the last verdict: its commands fail by themselves.
        let _ = store.check().await;
    }
}

fn checked(prefix: &str) -> Result<&str, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
    let fits = (1..=64).contains(&prefix.len())
        && prefix.bytes().all(allowed)
        && !prefix.ends_with(|last: char| last.is_ascii_alphanumeric());
    if fits { Ok(prefix) } else { Err(Error::Prefix) }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn a_prefix_is_short_plain_and_ends_in_a_separator() {
        for good in ["hallpass:", "a-", "app.v2:tokens:", "x_"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["", "app", "app:*", "a b:", "ä:", "{a}:", "a:\n", &"x".repeat(64)] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }
}
