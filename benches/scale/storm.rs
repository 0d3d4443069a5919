//! Knows what happens when everybody refreshes at once after an outage.
//! Must not know an engine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hallpass::{
    Algorithm, Authority, Grant, SigningKey,
    authority::{ConfirmationSignal, Policy, RefreshError},
    secret::MasterSecret,
    store::{Store, StoreErrorKind},
    testing::{FailingStore, Fault},
};
use tokio::runtime::Runtime;

use crate::{
    cpu,
    engine::{Kind, Place},
    rows::mixed,
    times::{Times, short},
};

const ISSUER: &str = "https://auth.example.com";
/// How long the store cannot be reached.
const OUTAGE: Duration = Duration::from_secs(4);
/// How long a client waits for an answer, and between its attempts at first and at most.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How many answers of a hundred are lost on the way.
const LOST: u64 = 10;

#[derive(Default)]
struct Counts {
    attempts: AtomicU64,
    unavailable: AtomicU64,
    late: AtomicU64,
    lost: AtomicU64,
    /// Clients that came too late with a token that was rotated away.
    signed_out: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn run(kind: Kind, clients: u64) {
    for signal in [ConfirmationSignal::None, ConfirmationSignal::Wired] {
        Runtime::new().unwrap().block_on(storm(kind, clients, signal));
    }
}

async fn storm(kind: Kind, clients: u64, signal: ConfirmationSignal) {
    let place = Place::new(kind).await;
    let inner: Arc<dyn Store> = place.open(true).await;
    let store = Arc::new(FailingStore::new(inner));
    let authority = Authority::builder(ISSUER)
        .audience(ISSUER)
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .store(store.clone())
        .policy(Policy::new().confirmation(signal))
        .master_secret(MasterSecret::generate().unwrap())
        .build()
        .unwrap();
    authority.ready().await.unwrap();
    let tokens = signed_in(&authority, clients).await;

    let outage = if clients < 1000 { OUTAGE / 8 } else { OUTAGE };
    let commits = place.commits().await;
    store.fail_all(Fault::Before(StoreErrorKind::Unavailable));
    let counts = Arc::new(Counts::default());
    let server = place.server().await;
    let spent = || cpu::own() + server.map(cpu::server).unwrap_or_default();
    let (began, used) = (Instant::now(), spent());
    let tasks: Vec<_> = (0..clients)
        .zip(tokens)
        .map(|(number, token)| {
            tokio::spawn(client(authority.clone(), token, number, Arc::clone(&counts), began))
        })
        .collect();
    tokio::time::sleep(outage).await;
    store.heal();
    let healed = Instant::now();
    let (mut next, mut done) = (Vec::new(), Vec::new());
    for task in tasks {
        let (token, at) = task.await.unwrap();
        if let Some(token) = token {
            next.push(token);
            done.push(at.saturating_sub(healed - began));
        }
    }
    let drained = healed.elapsed();
    let used = spent().saturating_sub(used);
    let commits = place.commits().await.zip(commits).map(|(after, before)| after - before);
    // Nobody was forked, and who was answered goes on with what it got.
    let signed_out = counts.signed_out.load(Ordering::Relaxed);
    let at_one = place.at_generation(1).await;
    assert_eq!(at_one, clients - signed_out, "sessions at the first generation");
    for token in next.iter().step_by((clients as usize / 2000).max(1)) {
        // The same token or, where the window has closed meanwhile, the next one.
        let _ = authority.refresh(token).await.unwrap();
    }

    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let done = Times::new(done);
    let kind = kind.name();
    println!(
        "\n| {kind}, confirmation {signal:?} | {clients} clients, down for {} |",
        short(outage)
    );
    println!("|---|---|");
    println!("| attempts, down and after | {} |", of(&counts.attempts));
    println!("| answered 503 | {} |", of(&counts.unavailable));
    println!(
        "| answers lost, or given up after {} | {} |",
        short(PATIENCE),
        of(&counts.lost) + of(&counts.late)
    );
    println!(
        "| refreshed after the end of the outage | {}, all after {} |",
        done.cell(),
        short(drained)
    );
    println!("| refreshes a second until then | {:.0} |", clients as f64 / drained.as_secs_f64());
    if let Some(commits) = commits {
        println!(
            "| commits of the server | {commits}, {:.1} sessions each |",
            clients as f64 / commits as f64
        );
    }
    println!("| processor time of it all | {} |", short(used));
    println!("| forked; signed out, since they came too late | 0; {signed_out} |");
    println!("\n{}", cpu::machine());
    drop((authority, store));
    place.remove().await;
}

async fn signed_in(authority: &Authority, clients: u64) -> Vec<String> {
    const AT_ONCE: u64 = 64;
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|task| {
            let authority = authority.clone();
            tokio::spawn(async move {
                let mut tokens = Vec::new();
                for number in (task..clients).step_by(AT_ONCE as usize) {
                    let scope = "invoice:*:read invoice:7:write".parse().unwrap();
                    let grant = Grant::new(format!("user-{number}"), scope);
                    let issued = authority.issue(grant).await.unwrap();
                    tokens.push(issued.refresh_token().expose_secret().to_owned());
                }
                tokens
            })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.extend(task.await.unwrap());
    }
    tokens
}

/// An honest client: the same token until it is answered, and longer pauses each time.
async fn client(
    authority: Authority,
    token: String,
    number: u64,
    counts: Arc<Counts>,
    began: Instant,
) -> (Option<String>, Duration) {
    for attempt in 0_u64.. {
        count(&counts.attempts);
        let chance = mixed(number << 16 | attempt);
        let asked = tokio::time::timeout(PATIENCE, authority.refresh(&token)).await;
        match asked {
            Ok(Ok(_)) if chance % 100 < LOST => count(&counts.lost),
            Ok(Ok(issued)) => {
                let next = issued.refresh_token().expose_secret().to_owned();
                return (Some(next), began.elapsed());
            }
            Ok(Err(RefreshError::Unavailable(_))) => count(&counts.unavailable),
            Ok(Err(RefreshError::Reused(_) | RefreshError::Ended(_))) => {
                count(&counts.signed_out);
                return (None, began.elapsed());
            }
            Ok(Err(error)) => panic!("a live session was refused: {error}"),
            Err(_) => count(&counts.late),
        }
        let pause = PAUSE.saturating_mul(1 << attempt.min(8)).min(LONGEST_PAUSE);
        // From half of it to all.
        tokio::time::sleep(pause.mul_f64(0.5 + (chance >> 40) as f64 / (1 << 25) as f64)).await;
    }
    unreachable!("it tries for ever")
}
