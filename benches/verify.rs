//! What checking and issuing a token costs, beside the backend's bare operation on the same
//! signing input and beside `jsonwebtoken` on the same backend, in one run.
//!
//! `cargo bench --features jsonwebtoken-provider --bench verify -- ratios` prints the ratios
//! only: medians over rounds in which every case has its turn, so that a machine that changes
//! its speed changes all of them alike. With the feature `aws-lc-rs` the second backend is measured
//! too.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the peer is measured through its own front door")]

#[cfg(feature = "aws-lc-rs")]
#[path = "verify/aws_lc.rs"]
mod aws_lc;
#[path = "verify/floor.rs"]
mod floor;
#[path = "verify/peer.rs"]
mod peer;

use std::{
    cell::RefCell,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, criterion_group};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Verified, Verifier, key::VerifyingKey,
};

use floor::Floor;
use peer::Peer;

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";
const SCOPE: &str = "invoice:*:read invoice:7:write order:*:list order:*:read report:*:read \
                     user:42:read";
const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/vectors/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn signing_key(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::HS256 => SigningKey::hmac(algorithm, &[7; 32]),
        Algorithm::RS256 => SigningKey::from_der(algorithm, &file("rsa2048.pkcs1.der")),
        Algorithm::ES256 => SigningKey::from_der(algorithm, &file("p256.pkcs8.der")),
        _ => SigningKey::from_der(algorithm, &file("ed25519.pkcs8.der")),
    }
    .unwrap()
}

/// The futures measured here are ready at once: a memory store never waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a memory store never waits"),
    }
}

fn grant() -> Grant {
    Grant::new("user-42", SCOPE.parse().unwrap())
        .client("web")
        .access_lifetime(Duration::from_secs(24 * 60 * 60))
}

/// One algorithm: an authority, one of its tokens, and everyone who handles it.
struct Subject {
    name: &'static str,
    authority: Authority,
    grant: Grant,
    /// Copies of it, made before the clock runs: the peer is given its claims ready, too.
    grants: RefCell<Vec<Grant>>,
    stateless: Verifier,
    token: String,
    floor: Floor,
    peer: Peer,
}

impl Subject {
    fn new(algorithm: Algorithm) -> Self {
        let key = signing_key(algorithm);
        let authority = Authority::builder(ISSUER)
            .audience(AUDIENCE)
            .signing_key(key.clone())
            .store(MemoryStore::new())
            .verified_cache(0)
            .build()
            .unwrap();
        let grant = grant();
        let minted = ready(authority.issue_access(grant.clone())).unwrap();
        let token = minted.access_token().expose_secret().to_owned();
        let subject = Self {
            name: algorithm.name(),
            stateless: verifier([key.verifying_key()]),
            floor: Floor::new(algorithm, &token),
            peer: Peer::new(algorithm, &token, ISSUER, AUDIENCE),
            authority,
            grant,
            grants: RefCell::default(),
            token,
        };
        // Nobody is measured refusing.
        let _ = subject.verify();
        let _ = subject.verify_with_revocation();
        assert!(subject.floor.verify() && subject.peer.verify() && subject.peer.issue() > 0);
        subject
    }

    fn verify(&self) -> Verified {
        self.stateless.verify_jwt(self.token.as_str()).unwrap()
    }

    fn verify_with_revocation(&self) -> Verified {
        ready(self.authority.verify(self.token.as_str())).unwrap()
    }

    fn issue(&self) -> usize {
        let grant = self.grants.borrow_mut().pop().unwrap_or_else(|| self.grant.clone());
        let minted = ready(self.authority.issue_access(grant)).unwrap();
        minted.access_token().expose_secret().len()
    }

    fn prepare(&self, turns: usize) {
        self.grants.borrow_mut().resize(turns, self.grant.clone());
    }

    /// Each case with its name; the first is what the others are compared with.
    fn verifying(&self) -> [Case<'_>; 5] {
        [
            case("backend", || self.floor.verify()),
            case("ours", || self.verify()),
            case("ours and allows", || self.verify().allows(&("user", "42", "read"))),
            case("ours with revocation", || self.verify_with_revocation()),
            case("jsonwebtoken", || self.peer.verify()),
        ]
    }

    fn issuing(&self) -> [Case<'_>; 3] {
        [
            case("backend", || self.floor.sign()),
            Case { before: Box::new(|turns| self.prepare(turns)), ..case("ours", || self.issue()) },
            case("jsonwebtoken", || self.peer.issue()),
        ]
    }
}

fn verifier(keys: impl IntoIterator<Item = VerifyingKey>) -> Verifier {
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).verified_cache(0).stateless();
    keys.into_iter().fold(builder, |builder, key| builder.key(key)).build().unwrap()
}

struct Case<'s> {
    name: &'static str,
    /// What it needs for so many turns; not measured.
    before: Box<dyn Fn(usize) + 's>,
    run: Box<dyn Fn() + 's>,
}

fn case<'s, T>(name: &'static str, run: impl Fn() -> T + 's) -> Case<'s> {
    Case { name, before: Box::new(|_| ()), run: Box::new(move || drop(black_box(run()))) }
}

fn groups(c: &mut Criterion) {
    for subject in ALGORITHMS.map(Subject::new) {
        for (verb, cases) in
            [("verify", &subject.verifying()[..]), ("issue", &subject.issuing()[..])]
        {
            let mut group = c.benchmark_group(format!("{verb}/{}", subject.name));
            for case in cases {
                group.bench_function(case.name, |b| b.iter(|| (case.run)()));
            }
            group.finish();
        }
    }
    #[cfg(feature = "aws-lc-rs")]
    aws_lc::groups(c);
}

/// One of many keys is found as fast as the only one; a decision on what was verified is next to
/// nothing.
fn around(c: &mut Criterion) {
    let subject = Subject::new(Algorithm::HS256);
    let mut group = c.benchmark_group("verify/HS256 among keys");
    for count in [1, 16] {
        let verifier = verifier(keys(count));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| verifier.verify_jwt(black_box(subject.token.as_str())).unwrap());
        });
    }
    group.finish();
    let who = subject.verify();
    c.bench_function("allows", |b| {
        b.iter(|| who.allows(&(black_box("user"), black_box("42"), "read")));
    });
}

/// Keys of which the last is the one that signs.
fn keys(count: usize) -> Vec<VerifyingKey> {
    let mut keys: Vec<_> = (1..count)
        .map(|n| SigningKey::hmac(Algorithm::HS256, &[n as u8 + 100; 32]).unwrap().verifying_key())
        .collect();
    keys.push(signing_key(Algorithm::HS256).verifying_key());
    keys
}

const ROUNDS: usize = 101;
/// Shorter than a time slice, so that most turns are not interrupted.
const TURN: Duration = Duration::from_millis(1);

fn print_ratios() {
    println!("ratio to the backend's bare operation, median of {ROUNDS} rounds (its time)");
    for subject in ALGORITHMS.map(Subject::new) {
        print_ratios_of("verify", subject.name, &subject.verifying());
        print_ratios_of("issue", subject.name, &subject.issuing());
    }
    #[cfg(feature = "aws-lc-rs")]
    aws_lc::print_ratios();
    let subject = Subject::new(Algorithm::HS256);
    let verifiers = [1, 16].map(|count| verifier(keys(count)));
    let [one, sixteen] = &verifiers;
    let token = subject.token.as_str();
    print_ratios_of(
        "verify",
        "HS256, one key",
        &[
            case("one key", || one.verify_jwt(black_box(token)).unwrap()),
            case("16 keys", || sixteen.verify_jwt(black_box(token)).unwrap()),
        ],
    );
    let who = subject.verify();
    print_ratios_of(
        "allows",
        "1 of 6",
        &[case("allows", || who.allows(&(black_box("user"), black_box("42"), "read")))],
    );
}

fn print_ratios_of(verb: &str, name: &str, cases: &[Case<'_>]) {
    let turns: Vec<usize> = cases.iter().map(|case| 1 + repetitions(case)).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, turns), times) in cases.iter().zip(&turns).zip(&mut times) {
            times.push(time(case, *turns));
        }
    }
    let floor = times.first().cloned().unwrap_or_default();
    print!("{verb:7}{name:16}{:9.0} ns", median(floor.clone()));
    for (case, times) in cases.iter().zip(times).skip(1) {
        let ratios = times.iter().zip(&floor).map(|(time, floor)| time / floor).collect();
        print!("   {} {:.3}", case.name, median(ratios));
    }
    println!();
}

fn repetitions(case: &Case<'_>) -> usize {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TURN {
        (case.run)();
        count += 1;
    }
    count
}

fn time(case: &Case<'_>, turns: usize) -> f64 {
    (case.before)(turns);
    let start = Instant::now();
    for _ in 0..turns {
        (case.run)();
    }
    start.elapsed().as_nanos() as f64 / turns as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(1)).sample_size(20).warm_up_time(Duration::from_millis(300));
    targets = groups, around
}

fn main() {
    peer::install();
    // Without what `cargo bench` adds it is a test, which runs every case once.
    if std::env::args().any(|argument| argument == "--bench") {
        print_ratios();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
