//! Knows what it takes that many verifiers follow what is revoked, and how far behind they are.
//! Must not know sessions.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use hallpass::{
    Algorithm, Authority, SigningKey, Timestamp, Verifier,
    authority::Client,
    clock::{Clock as _, SystemClock},
    id::TokenId,
    oauth::{self, AuthorizationServer},
    remote::RemoteFeed,
    secret::{ClientSecret, MasterSecret},
    store::{
        Cursor, FeedPage, MemoryStore, RevocationFeed, RevocationSink, RevocationStore, StoreError,
        Target,
    },
    verifier::Maintenance,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    cpu,
    engine::{Kind, Place},
    rows::mixed,
    times::{Times, short},
};

const ISSUER: &str = "https://auth.example.com";
const SECRET: &str = "a-secret-of-the-partner-that-is-long-enough";
/// How many records are alive when the verifiers start.
const BACKLOG: u64 = 10_000;
/// By how many they are written.
const WRITERS: u64 = 64;
/// How many tokens are revoked in a second while it is measured.
const RATE: u64 = 10;

/// The feed, with a count of what was asked of it.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn RevocationFeed>,
    polls: Arc<AtomicU64>,
}

#[async_trait]
impl RevocationFeed for Counted {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.inner.read_revocations(after, limit).await
    }

    async fn changed(&self) {
        self.inner.changed().await;
    }

    fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        self.inner.subscribe(sink);
    }
}

/// Verifiers, each with an index and a cursor of its own.
struct Readers {
    verifiers: Vec<Verifier>,
    polls: Arc<AtomicU64>,
    _running: Vec<Maintenance>,
}

impl Readers {
    /// Starts them, some at a time, until each has read what there is.
    async fn start(
        count: u64,
        every: Duration,
        feed: impl Fn() -> Arc<dyn RevocationFeed>,
    ) -> Self {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let polls = Arc::new(AtomicU64::new(0));
        let (mut verifiers, mut running) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let feed = Counted { inner: feed(), polls: Arc::clone(&polls) };
            let verifier = Verifier::builder(ISSUER)
                .audience(ISSUER)
                .key(key.verifying_key())
                .revocations(feed)
                .poll_interval(every)
                .verified_cache(0)
                .build()
                .unwrap();
            verifier.ready().await.unwrap();
            running.push(verifier.spawn_maintenance());
            verifiers.push(verifier);
        }
        Self { verifiers, polls, _running: running }
    }

    fn know(&self, records: usize) -> impl Iterator<Item = bool> {
        self.verifiers.iter().map(move |verifier| verifier.revocations().len() >= records)
    }
}

fn target(number: u64, now: Timestamp) -> Target {
    let mut rest = [0; 12];
    rest[..8].copy_from_slice(&mixed(number).to_be_bytes());
    Target::Token(TokenId::from_parts(now, rest))
}

pub(crate) fn run(kind: &str, readers: u64, seconds: u64) {
    let runtime = Runtime::new().unwrap();
    match kind {
        "http" => {
            let store = Arc::new(MemoryStore::new());
            let server = Builder::new_multi_thread()
                .thread_name("feed-server")
                .enable_all()
                .build()
                .unwrap();
            let url = server.block_on(serve(Arc::clone(&store)));
            let feed = || -> Arc<dyn RevocationFeed> {
                let secret = ClientSecret::new(SECRET.to_owned());
                Arc::new(RemoteFeed::at(&url).unwrap().client("partner", &secret))
            };
            // As docs/remote.md has it.
            let every = Duration::from_secs(2);
            let spent = || cpu::threads("feed-server");
            runtime.block_on(measure("http", store, feed, every, readers, seconds, spent));
        }
        kind => runtime.block_on(async {
            let kind = Kind::named(kind);
            let place = Place::new(kind).await;
            // What one process writes the others read.
            let (writer, reader) = (place.open(true).await, place.open(true).await);
            let feed = || -> Arc<dyn RevocationFeed> { reader.clone() };
            let every = Duration::from_millis(500);
            let server = place.server().await;
            let spent = || server.map_or_else(cpu::own, cpu::server);
            measure(kind.name(), writer, feed, every, readers, seconds, spent).await;
            drop(reader);
            place.remove().await;
        }),
    }
}

/// The authority's endpoint, on loopback.
async fn serve(store: Arc<MemoryStore>) -> String {
    let authority = Authority::builder(ISSUER)
        .audience(ISSUER)
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .server_store(store)
        .master_secret(MasterSecret::generate().unwrap())
        .client(Client::confidential("partner").secret(SECRET).may_introspect(true))
        .build()
        .unwrap();
    let server = AuthorizationServer::builder(authority).build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/revocations", listener.local_addr().unwrap());
    let router = oauth::axum::router(&server);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn measure<S: RevocationStore + ?Sized>(
    name: &str,
    writer: Arc<S>,
    feed: impl Fn() -> Arc<dyn RevocationFeed>,
    every: Duration,
    readers: u64,
    seconds: u64,
    spent: impl Fn() -> Duration,
) {
    let clock = SystemClock::new();
    let backlog = BACKLOG.min(readers * 100);
    let writers = (0..WRITERS).map(|first| {
        let writer = Arc::clone(&writer);
        tokio::spawn(async move {
            let clock = SystemClock::new();
            for number in (first..backlog).step_by(WRITERS as usize) {
                writer.revoke(&target(number, clock.now()), clock.now()).await.unwrap();
            }
        })
    });
    for task in writers.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let (before, began) = (cpu::resident(), Instant::now());
    let all = Readers::start(readers, every, feed).await;
    let loaded = began.elapsed();
    let memory = cpu::resident().saturating_sub(before) / readers;

    let (polls, used, began) = (all.polls.load(Ordering::Relaxed), spent(), Instant::now());
    let mut late = Vec::new();
    let mut known = backlog;
    while began.elapsed() < Duration::from_secs(seconds) {
        writer.revoke(&target(known, clock.now()), clock.now()).await.unwrap();
        known += 1;
        let revoked = Instant::now();
        let mut waiting: Vec<bool> = vec![true; all.verifiers.len()];
        while waiting.contains(&true) && revoked.elapsed() < Duration::from_secs(30) {
            for (waits, knows) in waiting.iter_mut().zip(all.know(known as usize)) {
                if *waits && knows {
                    *waits = false;
                    late.push(revoked.elapsed());
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!waiting.contains(&true), "a verifier has not heard for 30 s");
        tokio::time::sleep(Duration::from_millis(1000 / RATE)).await;
    }
    let took = began.elapsed().as_secs_f64();
    let polls = all.polls.load(Ordering::Relaxed) - polls;
    let used = spent().saturating_sub(used);
    let late = Times::new(late);
    let whose = match name {
        "sqlite" => "processor, verifiers included",
        _ => "processor of the server",
    };
    let busy = used.as_secs_f64() / took * 100.0;
    let each = used.checked_div(u32::try_from(polls.max(1)).unwrap()).unwrap_or_default();
    println!("\n| {name} | {readers} verifiers, a poll every {} |\n|---|---|", short(every));
    println!("| starting, {backlog} records each | {} in all |", short(loaded));
    println!("| memory of a verifier | {} kB, {} B a record |", memory / 1000, memory / backlog);
    println!("| polls | {:.0} a second |", polls as f64 / took);
    println!("| {whose} | {busy:.0} % of a core, {} a poll |", short(each));
    let most = short(late.at(1000));
    println!("| a revocation is known | {}, at the latest {most} |", late.cell());
    println!("\n{}", cpu::machine());
}
