//! Knows how a test comes to a store on an empty schema, and to the server beside it.
//! Must not know what is tested.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use deadpool_postgres::{Manager, Pool};
use hallpass::{
    Timestamp,
    clock::{Clock, SystemClock},
    id::{Audience, ClientId, SessionId, Subject},
    store::{
        Attempt, CarriedClaims, PostgresBuilder, PostgresStore, Rotation, SessionPolicy,
        SessionRecord, SessionState,
    },
};
use tokio_postgres::{Client, Config, NoTls};

pub(crate) fn url() -> String {
    std::env::var("HALLPASS_TEST_POSTGRES").expect(
        "HALLPASS_TEST_POSTGRES is not set: it must hold the URL of a PostgreSQL server; \
         `eval \"$(tests/servers/postgres start)\"` starts one and sets it",
    )
}

/// A schema that no other test uses.
pub(crate) fn schema() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let millis = now().as_unix_millis();
    format!("t{}_{millis}_{number}", std::process::id())
}

pub(crate) fn now() -> Timestamp {
    SystemClock::new().now()
}

pub(crate) fn builder(schema: &str) -> PostgresBuilder {
    // A busy machine must not make a test fail.
    PostgresStore::builder().schema(schema).max_connections(4).call_timeout(Duration::from_secs(60))
}

pub(crate) async fn store_in(schema: &str) -> PostgresStore {
    let store = builder(schema).connect(&url()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// A pool of the host, whose connections have these options.
pub(crate) fn pool(options: &str) -> Pool {
    let mut config: Config = url().parse().unwrap();
    config.options(options);
    Pool::builder(Manager::new(config, NoTls)).max_size(4).build().unwrap()
}

/// A store that waits for no disk: for tests of what is written, not of whether it stays.
pub(crate) async fn hasty_store_in(schema: &str) -> PostgresStore {
    let pool = pool("-c synchronous_commit=off");
    let store = PostgresStore::builder().schema(schema).pool(pool).await.unwrap();
    store.migrate().await.unwrap();
    store
}

pub(crate) async fn fresh() -> PostgresStore {
    store_in(&schema()).await
}

/// A connection beside the store, to look at what it did.
pub(crate) async fn beside(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy {
        access_lifetime: MINUTE * 10,
        retry_window: MINUTE,
        retry_after_loss: MINUTE * 60,
        idle: MINUTE * 60 * 24,
        max_skew: Duration::from_secs(5),
        rotation: true,
        strict: false,
        client_proof: false,
    }
}

pub(crate) fn session(number: u64, born: Timestamp) -> SessionRecord {
    let mut rest = [0; 12];
    rest[4..].copy_from_slice(&number.to_be_bytes());
    SessionRecord {
        id: SessionId::from_parts(born, rest),
        subject: Subject::parse(&format!("user-{number}")).unwrap(),
        client: ClientId::parse("web").unwrap(),
        scope: "invoice:*:read".parse().unwrap(),
        audience: vec![Audience::parse("https://api.example.com").unwrap()],
        claims: CarriedClaims::default(),
        cnf: None,
        label: Some("a phone".into()),
        policy: policy(),
        absolute_expires_at: born + MINUTE * 60 * 24 * 90,
        state: SessionState {
            generation: 0,
            sealing_key: 1,
            attempt: None,
            rotated_at: None,
            confirmed_at: None,
            idle_expires_at: born + MINUTE * 60 * 24,
            ended: None,
        },
    }
}

/// A presentation of a session's token at a generation, as an attempt of its own.
pub(crate) fn rotation(id: SessionId, presented: u32) -> Rotation {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut attempt = [0; 8];
    attempt[..4].copy_from_slice(&std::process::id().to_be_bytes());
    attempt[4..].copy_from_slice(&number.to_be_bytes());
    Rotation {
        id,
        presented,
        client: Some(ClientId::parse("web").unwrap()),
        proof: None,
        sealing_key: 2,
        attempt: Attempt::from_bytes(attempt),
        fast_forward: false,
    }
}
