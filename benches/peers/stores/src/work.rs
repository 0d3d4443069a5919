//! Knows the sessions, and how callers rotate them for a while.
//! Must not know what keeps them.

use std::{
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use hallpass::{
    Timestamp,
    clock::{Clock as _, SystemClock},
    id::SessionId,
    store::{
        Attempt, CarriedClaims, Granted, RotateOutcome, Rotation, SessionPolicy, SessionRecord,
        SessionState, SessionStore,
    },
};

/// How many sessions each caller has. It refreshes them in turn.
pub const SESSIONS: u32 = 8;
/// How long a session lives unused.
pub const IDLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Keeps sessions and moves one on from a generation.
pub trait Rotate: Send + Sync + 'static {
    /// Whether the session was at this generation and is now at the next.
    fn rotate(&self, number: u32, generation: u32) -> impl Future<Output = bool> + Send;
}

/// Somebody's sessions with the generations they are at.
pub struct Subject<R> {
    rotate: Arc<R>,
    generations: Arc<Vec<AtomicU32>>,
}

impl<R: Rotate> Subject<R> {
    /// Sessions for so many callers are there already, and one more.
    pub async fn new(rotate: R, callers: u32) -> Self {
        let extra = callers * SESSIONS;
        assert!(rotate.rotate(extra, 0).await && rotate.rotate(extra, 1).await);
        assert!(!rotate.rotate(extra, 0).await, "an old generation must be refused");
        let generations = (0..extra).map(|_| AtomicU32::new(0)).collect();
        Self { rotate: Arc::new(rotate), generations: Arc::new(generations) }
    }

    /// How many rotations all callers together did in a second.
    pub async fn turn(&self, callers: u32, turn: Duration) -> f64 {
        let began = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let (rotate, generations) =
                    (Arc::clone(&self.rotate), Arc::clone(&self.generations));
                tokio::spawn(async move {
                    let mut done = 0_u32;
                    while began.elapsed() < turn {
                        let number = caller * SESSIONS + done % SESSIONS;
                        let slot = &generations[number as usize];
                        let generation = slot.fetch_add(1, Ordering::Relaxed);
                        assert!(rotate.rotate(number, generation).await, "{number} {generation}");
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.unwrap();
        }
        f64::from(done) / began.elapsed().as_secs_f64()
    }
}

/// A store of ours as it comes.
pub struct Ours<S>(S);

impl<S: SessionStore> Ours<S> {
    pub async fn filled(store: S, callers: u32) -> Subject<Self> {
        for number in 0..=callers * SESSIONS {
            store.insert_session(&session(number)).await.unwrap();
        }
        Subject::new(Self(store), callers).await
    }
}

impl<S: SessionStore> Rotate for Ours<S> {
    async fn rotate(&self, number: u32, generation: u32) -> bool {
        let rotation = Rotation {
            id: session_id(number),
            presented: generation,
            client: None,
            proof: None,
            sealing_key: 1,
            attempt: Attempt::from_bytes(attempt(number, generation)),
            fast_forward: false,
        };
        let outcome = self.0.rotate_session(&rotation, now(generation)).await.unwrap();
        matches!(outcome, RotateOutcome::Granted { how: Granted::Rotated { .. }, .. })
    }
}

/// What tells a resent command from another one.
#[must_use]
pub fn attempt(number: u32, generation: u32) -> [u8; 8] {
    ((u64::from(number) << 32) | u64::from(generation)).to_be_bytes()
}

/// A time that moves on with the generation.
#[must_use]
pub fn now(generation: u32) -> Timestamp {
    started() + Duration::from_millis(u64::from(generation))
}

pub fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_unix_millis()).unwrap()
}

fn started() -> Timestamp {
    static STARTED: OnceLock<Timestamp> = OnceLock::new();
    *STARTED.get_or_init(|| SystemClock::new().now())
}

pub fn session_id(number: u32) -> SessionId {
    let mut rest = [0; 12];
    rest[..4].copy_from_slice(&number.to_be_bytes());
    SessionId::from_parts(started(), rest)
}

/// A session as a user has it. Every refresh of it rotates.
pub fn session(number: u32) -> SessionRecord {
    let day = Duration::from_secs(24 * 60 * 60);
    SessionRecord {
        id: session_id(number),
        subject: format!("user-{number}").parse().unwrap(),
        client: "web".parse().unwrap(),
        scope: "invoice:*:read invoice:7:write".parse().unwrap(),
        audience: vec!["https://api.example.com".parse().unwrap()],
        claims: CarriedClaims::default(),
        cnf: None,
        label: Some("a laptop".into()),
        policy: SessionPolicy {
            access_lifetime: Duration::from_secs(600),
            retry_window: Duration::ZERO,
            retry_after_loss: day,
            idle: IDLE,
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
            idle_expires_at: started() + IDLE,
            ended: None,
        },
    }
}
