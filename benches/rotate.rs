//! How many refresh tokens a store rotates in a second, at 1, 16 and 64 callers, against the same
//! work done naively on the same engine in the same run.
//!
//! `cargo bench --features sqlite,postgres,redis --bench rotate`; PostgreSQL and Redis where
//! HALLPASS_TEST_POSTGRES and HALLPASS_TEST_REDIS name servers (`tests/servers/… start`).
//!
//! One subject for each engine and setting. A subject gives a fresh store with `SESSIONS` sessions
//! for each caller; every caller refreshes its own in turn, always outside the retry window. The
//! time of an iteration is the time of all callers together, divided by their rotations.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking")]

use std::{
    future::Future,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hallpass::{
    Timestamp,
    clock::{Clock, SystemClock},
    id::SessionId,
    store::{
        Attempt, CarriedClaims, Granted, MemoryStore, RotateOutcome, Rotation, SessionPolicy,
        SessionRecord, SessionState, SessionStore,
    },
};
use tokio::runtime::Runtime;

#[cfg(feature = "postgres")]
#[path = "rotate/postgres.rs"]
mod postgres;
#[cfg(feature = "sqlite")]
#[path = "rotate/sqlite.rs"]
mod sqlite;

#[cfg(feature = "redis")]
#[path = "rotate/redis.rs"]
mod redis;

/// How many sessions each caller has.
const SESSIONS: u64 = 8;
const CALLERS: [u64; 3] = [1, 16, 64];

/// A caller's rotation, as short as a store's own.
trait Subject: Clone + Send + 'static {
    fn rotate(
        &self,
        rotation: Rotation,
        now: Timestamp,
    ) -> impl Future<Output = RotateOutcome> + Send;
}

/// A store as it comes.
struct Plain<S>(Arc<S>);

impl<S> Clone for Plain<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: SessionStore> Subject for Plain<S> {
    async fn rotate(&self, rotation: Rotation, now: Timestamp) -> RotateOutcome {
        self.0.rotate_session(&rotation, now).await.unwrap()
    }
}

async fn filled<S: SessionStore>(store: S, callers: u64) -> Plain<S> {
    for number in 0..callers * SESSIONS {
        store.insert_session(&session(number)).await.unwrap();
    }
    Plain(Arc::new(store))
}

fn started() -> Timestamp {
    static STARTED: std::sync::OnceLock<Timestamp> = std::sync::OnceLock::new();
    *STARTED.get_or_init(|| SystemClock::new().now())
}

fn session(number: u64) -> SessionRecord {
    let mut rest = [0; 12];
    rest[..8].copy_from_slice(&number.to_be_bytes());
    let day = Duration::from_secs(24 * 60 * 60);
    SessionRecord {
        id: SessionId::from_parts(started(), rest),
        subject: format!("user-{number}").parse().unwrap(),
        client: "web".parse().unwrap(),
        scope: "invoice:*:read invoice:7:write".parse().unwrap(),
        audience: vec!["https://api.example.com".parse().unwrap()],
        claims: CarriedClaims::default(),
        cnf: None,
        label: Some("a laptop".into()),
        policy: SessionPolicy {
            access_lifetime: Duration::from_secs(600),
            // Every refresh rotates.
            retry_window: Duration::ZERO,
            retry_after_loss: day,
            idle: day * 14,
            max_skew: Duration::from_secs(5),
            rotation: true,
            strict: false,
            client_proof: false,
        },
        absolute_expires_at: started() + day * 90,
        state: SessionState {
            generation: 0,
            sealing_key: 1,
            attempt: None,
            rotated_at: None,
            confirmed_at: None,
            idle_expires_at: started() + day * 14,
            ended: None,
        },
    }
}

/// `rounds` rotations by each caller, all at the same time.
async fn rotate<S: Subject>(
    subject: &S,
    generations: &Arc<Vec<AtomicU64>>,
    callers: u64,
    rounds: u64,
) {
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (subject, generations) = (subject.clone(), Arc::clone(generations));
            tokio::spawn(async move {
                for round in 0..rounds {
                    let number = caller * SESSIONS + round % SESSIONS;
                    let slot = &generations[usize::try_from(number).unwrap()];
                    let presented = slot.fetch_add(1, Ordering::Relaxed);
                    let rotation = Rotation {
                        id: session_id(number),
                        presented: u32::try_from(presented).unwrap(),
                        client: None,
                        proof: None,
                        sealing_key: 1,
                        attempt: Attempt::from_bytes(((number << 32) | presented).to_be_bytes()),
                        fast_forward: false,
                    };
                    let now = started() + Duration::from_millis(presented);
                    let outcome = subject.rotate(rotation, now).await;
                    let rotated = matches!(
                        outcome,
                        RotateOutcome::Granted { how: Granted::Rotated { .. }, .. }
                    );
                    assert!(rotated, "{outcome:?}");
                    black_box(outcome);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn session_id(number: u64) -> SessionId {
    let mut rest = [0; 12];
    rest[..8].copy_from_slice(&number.to_be_bytes());
    SessionId::from_parts(started(), rest)
}

/// Measures one subject at every number of callers.
fn subject<S: Subject, F: Future<Output = S>>(
    c: &mut Criterion,
    name: &str,
    fresh: impl Fn(u64) -> F,
) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group(name);
    for callers in CALLERS {
        group.throughput(Throughput::Elements(callers));
        let subject = runtime.block_on(fresh(callers));
        let slots = (0..callers * SESSIONS).map(|_| AtomicU64::new(0)).collect();
        let generations = Arc::new(slots);
        group.bench_function(BenchmarkId::from_parameter(callers), |b| {
            b.iter_custom(|rounds| {
                let began = Instant::now();
                runtime.block_on(rotate(&subject, &generations, callers, rounds));
                began.elapsed()
            });
        });
    }
    group.finish();
}

fn memory(c: &mut Criterion) {
    subject(c, "memory", |callers| filled(MemoryStore::new(), callers));
}

#[cfg(feature = "sqlite")]
fn sqlite(c: &mut Criterion) {
    sqlite::subjects(c);
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &mut Criterion) {}

#[cfg(feature = "postgres")]
fn postgres(c: &mut Criterion) {
    postgres::subjects(c);
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &mut Criterion) {}

#[cfg(feature = "redis")]
fn redis(c: &mut Criterion) {
    redis::subjects(c);
}

#[cfg(not(feature = "redis"))]
fn redis(_: &mut Criterion) {}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = memory, sqlite, postgres, redis
}
criterion_main!(benches);
