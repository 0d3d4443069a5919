//! Knows how the tests reach a server and what they put into a store.
//! Must not know what is tested.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass::{
    Scope, Timestamp,
    id::{Audience, ClientId, SessionId, Subject},
    store::{
        Attempt, CarriedClaims, ProofKey, RedisOptions, RedisStore, Rotation, SessionPolicy,
        SessionRecord, SessionState,
    },
};

/// The server that the tests use. Without one they fail: a skipped test proves nothing.
pub(crate) fn url() -> String {
    std::env::var("HALLPASS_TEST_REDIS").unwrap_or_else(|_| {
        panic!(
            "HALLPASS_TEST_REDIS names no server; start one with \
             eval \"$(tests/servers/redis start)\", or run `tests/run redis`"
        )
    })
}

/// A prefix of its own for every store.
pub(crate) fn prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("t{nanos:x}.{}.{count}:", std::process::id())
}

pub(crate) fn options() -> RedisOptions {
    RedisOptions::new().prefix(&prefix())
}

pub(crate) async fn store() -> RedisStore {
    options().connect(&url()).await.expect("a store")
}

/// A connection beside the store's, to look at what it wrote.
pub(crate) async fn raw(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.expect("a connection")
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy {
        access_lifetime: seconds(600),
        retry_window: seconds(60),
        retry_after_loss: seconds(86_400),
        idle: seconds(14 * 86_400),
        max_skew: seconds(5),
        rotation: true,
        strict: false,
        client_proof: false,
    }
}

pub(crate) fn session_id(born: Timestamp) -> SessionId {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let mut rest = [0; 12];
    rest[..4].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    rest[4..8].copy_from_slice(&std::process::id().to_be_bytes());
    SessionId::from_parts(born, rest)
}

pub(crate) fn session(subject: &str, born: Timestamp) -> SessionRecord {
    SessionRecord {
        id: session_id(born),
        subject: Subject::parse(subject).unwrap(),
        client: ClientId::parse("web").unwrap(),
        scope: Scope::parse("invoice:*:read").unwrap(),
        audience: vec![Audience::parse("https://api.example.com").unwrap()],
        claims: CarriedClaims { roles: vec!["clerk".to_owned()], ..CarriedClaims::default() },
        cnf: None,
        label: Some("a browser".to_owned()),
        policy: policy(),
        absolute_expires_at: born + seconds(90 * 86_400),
        state: SessionState {
            generation: 0,
            sealing_key: 1,
            attempt: None,
            rotated_at: None,
            confirmed_at: None,
            idle_expires_at: born + seconds(14 * 86_400),
            ended: None,
        },
    }
}

pub(crate) fn attempt() -> Attempt {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let count = u64::from(COUNT.fetch_add(1, Ordering::Relaxed));
    Attempt::from_bytes(count.to_be_bytes())
}

pub(crate) fn rotation(id: SessionId, presented: u32) -> Rotation {
    Rotation {
        id,
        presented,
        client: None,
        proof: None::<ProofKey>,
        sealing_key: 2,
        attempt: attempt(),
        fast_forward: false,
    }
}
