//! Knows how a store comes to its connections.
//! Must not know what is sent over them.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use tokio::{runtime::Handle, sync::Notify};
use tokio_postgres::{
    Config, NoTls, Socket,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};

use super::{
    Inner, PostgresStore,
    batch::Rotations,
    error::Error,
    listen::keep_listening,
    run::Repeatable,
    schema::Schema,
    server_statements::ServerStatements,
    skew::{Skew, keep_comparing},
    statements::Statements,
};
use crate::{
    clock::{Clock, SystemClock},
    store::{StoreError, feed::LocalSinks},
};

/// The oldest server this works with, as `server_version_num` writes it: it has `xid8`.
const OLDEST_SERVER: i32 = 130_000;

/// How a [`PostgresStore`] is set up, and the ways to its connections.
///
/// ```no_run
/// use hallpass::store::PostgresStore;
/// use std::time::Duration;
///
/// # async fn start() -> Result<(), hallpass::store::StoreError> {
/// let store = PostgresStore::builder()
///     .schema("tokens")
///     .max_connections(32)
///     .call_timeout(Duration::from_secs(2)) // then the call is `Unavailable`
///     .connect("postgres://auth@db.internal/auth")
///     .await?;
/// store.migrate().await?;
/// # Ok(()) }
/// ```
pub struct PostgresBuilder {
    schema: String,
    max_connections: usize,
    call_timeout: Duration,
    max_skew: Duration,
    clock: Arc<dyn Clock>,
}

impl Default for PostgresBuilder {
    fn default() -> Self {
        Self {
            schema: Schema::DEFAULT.into(),
            max_connections: 16,
            call_timeout: Duration::from_secs(5),
            max_skew: Duration::from_secs(5),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl PostgresStore {
    /// Connects to the server of a `postgres://` URL, without TLS, with the defaults of
    /// [`PostgresBuilder`]. Call [`migrate`](Self::migrate) before the first use.
    ///
    /// # Errors
    /// [`StoreError`]: misconfigured where the URL cannot be read or asks for TLS
    /// (`sslmode=require`: use [`PostgresBuilder::connect_tls`]), the server is older than 13, or
    /// clocks differ; unavailable where it does not answer.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder().connect(url).await
    }

    /// For a store with settings, TLS or a pool of your own.
    #[must_use]
    pub fn builder() -> PostgresBuilder {
        PostgresBuilder::default()
    }
}

impl PostgresBuilder {
    /// The schema that holds the tables; `hallpass` unless set. 1 to 48 lower-case letters,
    /// digits and underscores.
    #[must_use]
    pub fn schema(mut self, name: &str) -> Self {
        self.schema = name.into();
        self
    }

    /// How many connections [`connect`](Self::connect) opens at most; 16 unless set, and 2 at
    /// least.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(2);
        self
    }

    /// How long a call may take in all, with what it repeats; 5 s unless set.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// By how much the server's clock may differ before writes are refused; 5 s unless set.
    #[must_use]
    pub fn max_skew(mut self, skew: Duration) -> Self {
        self.max_skew = skew;
        self
    }

    /// The clock that is compared with the server's; the system's unless set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Connects without TLS.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn connect(self, url: &str) -> Result<PostgresStore, StoreError> {
        let config = read_url(url)?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(Error::Setup(
                "the URL asks for `sslmode=require`, and `connect` has no TLS; give a connector to \
                 `connect_tls`"
                    .into(),
            )
            .into());
        }
        self.connect_to(config, NoTls).await
    }

    /// Connects with a TLS connector of the host's choice. Whether TLS is required is what the
    /// URL says: `sslmode=require`.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn connect_tls<T>(self, url: &str, tls: T) -> Result<PostgresStore, StoreError>
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + Sync,
        T::TlsConnect: Send + Sync,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.connect_to(read_url(url)?, tls).await
    }

    /// Uses a pool of the host's, built with any connector and any settings. Without a
    /// connection of its own to listen on, [`RevocationFeed::changed`] never resolves, and other
    /// instances' revocations arrive by polling alone.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    ///
    /// [`RevocationFeed::changed`]: crate::store::RevocationFeed::changed
    pub async fn pool(self, pool: Pool) -> Result<PostgresStore, StoreError> {
        self.start(pool).await
    }

    async fn connect_to<T>(self, mut config: Config, tls: T) -> Result<PostgresStore, StoreError>
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + Sync,
        T::TlsConnect: Send + Sync,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(self.call_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("hallpass");
        }
        let listener = config.clone();
        // So that the server gives up when we do, and one locked row holds up a batch only until
        // it is taken apart.
        let millis = self.call_timeout.as_millis().max(2);
        let options = format!(
            "{} -c default_transaction_isolation=read\\ committed -c statement_timeout={millis} \
             -c lock_timeout={}",
            config.get_options().unwrap_or_default(),
            millis / 4
        );
        config.options(options.trim_start());
        let manager = Manager::from_config(
            config,
            tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(self.max_connections)
            // The one used last: its server process has the statements and pages at hand.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Setup(error.to_string().into()))?;
        let mut store = self.start(pool).await?;
        let listening = keep_listening(Arc::downgrade(&store.inner), listener, tls);
        store.background.push(store.inner.runtime.spawn(listening));
        Ok(store)
    }

    async fn start(self, pool: Pool) -> Result<PostgresStore, StoreError> {
        let schema = Schema::parse(&self.schema)?;
        let runtime = Handle::try_current()
            .map_err(|_| Error::Setup("the PostgreSQL store needs a tokio runtime".into()))?;
        let inner = Arc::new(Inner {
            pool,
            statements: Statements::for_schema(&schema),
            server: ServerStatements::for_schema(&schema),
            schema,
            call_timeout: self.call_timeout,
            skew: Skew::new(self.clock, self.max_skew),
            rotations: Rotations::default(),
            sinks: LocalSinks::default(),
            news: Notify::new(),
            runtime,
            sent: std::sync::atomic::AtomicU64::new(0),
        });
        inner.require_server().await?;
        inner.compare_clocks().await?;
        inner.skew.check()?;
        let comparing = inner.runtime.spawn(keep_comparing(Arc::downgrade(&inner)));
        Ok(PostgresStore { inner, background: vec![comparing] })
    }
}

impl Inner {
    async fn require_server(&self) -> Result<(), Error> {
        let sql = "SELECT current_setting('server_version_num')::integer";
        let rows = self.query(sql, &[], Repeatable::Yes).await?;
        let version: i32 = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => return Err(Error::Answer("no version")),
        };
        if version < OLDEST_SERVER {
            let text = format!("the server is PostgreSQL {}, 13 is needed", version / 10_000);
            return Err(Error::Setup(text.into()));
        }
        Ok(())
    }
}

/// The error says nothing of the URL, which may hold a password.
fn read_url(url: &str) -> Result<Config, Error> {
    Config::from_str(url).map_err(|_| Error::Setup("this is no PostgreSQL URL".into()))
}

impl fmt::Debug for PostgresBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBuilder").field("schema", &self.schema).finish_non_exhaustive()
    }
}
