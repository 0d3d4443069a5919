//! Redis: the store, a bare script on one multiplexed connection, and WATCH, MULTI, EXEC on a
//! connection for each caller.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use criterion::Criterion;
use hallpass::{
    Timestamp,
    store::{Granted, RedisOptions, RotateOutcome, Rotation, SessionRecord},
};
use redis::{Client, aio::MultiplexedConnection};
use tokio::sync::Mutex;

use super::{SESSIONS, Subject, filled, session, subject};

pub(super) fn subjects(c: &mut Criterion) {
    // Names a server: eval "$(tests/servers/redis start)".
    let Ok(url) = std::env::var("HALLPASS_TEST_REDIS") else {
        println!("redis: left out, HALLPASS_TEST_REDIS is not set");
        return;
    };
    subject(c, "redis, WATCH and MULTI", |callers| Watching::new(url.clone(), callers));
    subject(c, "redis, bare script", |callers| Bare::new(url.clone(), callers));
    subject(c, "redis", |callers| {
        let store = RedisOptions::new().prefix(&prefix());
        let url = url.clone();
        async move { filled(store.connect(&url).await.unwrap(), callers).await }
    });
}

fn prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("bench.{}.{count}:", std::process::id())
}

async fn connection(url: &str) -> MultiplexedConnection {
    Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// A row with what a rotation needs, and the rest in one field.
async fn fill(connection: &mut MultiplexedConnection, prefix: &str, callers: u64) {
    for number in 0..callers * SESSIONS {
        let session = session(number);
        let () = redis::cmd("HSET")
            .arg(format!("{prefix}{}", session.id))
            .arg(&["generation", "0", "ended", "", "rotated", "", "attempt", ""])
            .arg("subject")
            .arg(session.subject.as_str())
            .arg("rest")
            .arg("x".repeat(200))
            .arg("idle")
            .arg(session.state.idle_expires_at.as_unix_millis())
            .query_async(connection)
            .await
            .unwrap();
    }
}

fn granted(template: &SessionRecord, rotation: &Rotation) -> RotateOutcome {
    let mut session = Box::new(template.clone());
    session.id = rotation.id;
    session.state.generation = rotation.presented + 1;
    RotateOutcome::Granted { how: Granted::Rotated { skew: None }, session }
}

/// The least a script can do: read, compare, write; no windows, no reuse, no revocation.
#[derive(Clone)]
struct Bare {
    connection: MultiplexedConnection,
    prefix: Arc<str>,
    hash: Arc<str>,
    template: Arc<SessionRecord>,
}

const BARE: &str = "\
local row = redis.call('HMGET', KEYS[1], 'generation', 'ended', 'idle', 'subject', 'rest')
if row[1] ~= ARGV[1] or row[2] ~= '' or tonumber(ARGV[2]) >= tonumber(row[3]) then return false end
redis.call('HSET', KEYS[1], 'generation', ARGV[1] + 1, 'attempt', ARGV[4], 'rotated', ARGV[2], 'idle', ARGV[3])
return row";

impl Bare {
    async fn new(url: String, callers: u64) -> Self {
        let mut connection = connection(&url).await;
        let prefix: Arc<str> = prefix().into();
        fill(&mut connection, &prefix, callers).await;
        let load = redis::cmd("SCRIPT").arg("LOAD").arg(BARE).query_async(&mut connection).await;
        let hash: String = load.unwrap();
        Self { connection, prefix, hash: hash.into(), template: Arc::new(session(0)) }
    }
}

impl Subject for Bare {
    async fn rotate(&self, rotation: Rotation, now: Timestamp) -> RotateOutcome {
        let mut connection = self.connection.clone();
        let row: Option<Vec<Vec<u8>>> = redis::cmd("EVALSHA")
            .arg(&*self.hash)
            .arg(1)
            .arg(format!("{}{}", self.prefix, rotation.id))
            .arg(rotation.presented)
            .arg(now.as_unix_millis())
            .arg(self.template.state.idle_expires_at.as_unix_millis())
            .arg(&rotation.attempt.as_bytes()[..])
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(row.unwrap().len(), 5);
        granted(&self.template, &rotation)
    }
}

/// What one writes first: three round trips, on a connection that nobody else may use meanwhile.
#[derive(Clone)]
struct Watching {
    connections: Arc<Vec<Mutex<MultiplexedConnection>>>,
    prefix: Arc<str>,
    template: Arc<SessionRecord>,
}

impl Watching {
    async fn new(url: String, callers: u64) -> Self {
        let prefix: Arc<str> = prefix().into();
        let mut connections = Vec::new();
        for _ in 0..callers {
            connections.push(Mutex::new(connection(&url).await));
        }
        fill(&mut *connections[0].lock().await, &prefix, callers).await;
        Self { connections: Arc::new(connections), prefix, template: Arc::new(session(0)) }
    }
}

impl Subject for Watching {
    async fn rotate(&self, rotation: Rotation, now: Timestamp) -> RotateOutcome {
        let [.., a, b, c, d, _, _, _, _] = *rotation.id.as_bytes();
        let number = u64::from(u32::from_be_bytes([a, b, c, d]));
        let caller = usize::try_from(number / SESSIONS).unwrap() % self.connections.len();
        let mut connection = self.connections[caller].lock().await;
        let key = format!("{}{}", self.prefix, rotation.id);
        loop {
            let () = redis::cmd("WATCH").arg(&key).query_async(&mut *connection).await.unwrap();
            let row: Vec<Vec<u8>> = redis::cmd("HMGET")
                .arg(&key)
                .arg(&["generation", "ended", "idle", "subject", "rest"])
                .query_async(&mut *connection)
                .await
                .unwrap();
            assert_eq!(row[0], rotation.presented.to_string().as_bytes());
            let written: Option<Vec<i64>> = redis::pipe()
                .atomic()
                .cmd("HSET")
                .arg(&key)
                .arg("generation")
                .arg(rotation.presented + 1)
                .arg("attempt")
                .arg(&rotation.attempt.as_bytes()[..])
                .arg("rotated")
                .arg(now.as_unix_millis())
                .arg("idle")
                .arg(self.template.state.idle_expires_at.as_unix_millis())
                .query_async(&mut *connection)
                .await
                .unwrap();
            if written.is_some() {
                return granted(&self.template, &rotation);
            }
        }
    }
}
