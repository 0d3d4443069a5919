//! Knows how cases take their turns in a process, and what a process tells the runner.
//! Must not know what a case does.
//!
//! A process says `ready` and its title once it has shown that it is right. For each line it reads
//! it gives every case one turn and writes a line for each: job, case, nanoseconds. Then `end`.

use std::{
    hint::black_box,
    io::{BufRead, Write},
    time::{Duration, Instant},
};

use hallpass::Algorithm;

use crate::{floor::Floor, ours::Ours, tokens};

/// Set for a smoke run.
pub const QUICK: &str = "HALLPASS_PEERS_QUICK";

/// Cases that are compared with each other.
pub struct Job<'s> {
    name: String,
    cases: Vec<(&'static str, Box<dyn Fn() + 's>)>,
}

impl<'s> Job<'s> {
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), cases: Vec::new() }
    }

    #[must_use]
    pub fn case<T>(mut self, name: &'static str, run: impl Fn() -> T + 's) -> Self {
        self.cases.push((name, Box::new(move || drop(black_box(run())))));
        self
    }
}

/// How long a case runs in its turn.
fn turn() -> Duration {
    Duration::from_micros(if std::env::var_os(QUICK).is_some() { 300 } else { 1500 })
}

/// Serves the runner until it closes its end.
pub fn serve(title: &str, jobs: &[Job<'_>]) {
    let turn = turn();
    let counts: Vec<Vec<u32>> = jobs
        .iter()
        .map(|job| job.cases.iter().map(|(_, run)| repetitions(run, turn)).collect())
        .collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready\t{title}").unwrap();
    out.flush().unwrap();
    for (round, line) in std::io::stdin().lock().lines().enumerate() {
        line.unwrap();
        for (job, counts) in jobs.iter().zip(&counts) {
            for index in 0..job.cases.len() {
                let index = (index + round) % job.cases.len();
                let (case, run) = &job.cases[index];
                writeln!(out, "{}\t{case}\t{:.1}", job.name, time(run, counts[index])).unwrap();
            }
        }
        writeln!(out, "end").unwrap();
        out.flush().unwrap();
    }
}

/// How often it runs in a turn. This warms it up too.
fn repetitions(run: &dyn Fn(), turn: Duration) -> u32 {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < turn {
        run();
        count += 1;
    }
    count
}

fn time(run: &dyn Fn(), count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        run();
    }
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

/// A library that verifies and issues, for one algorithm.
pub trait Peer {
    /// Whether it takes this for a token of the right subject.
    fn accepts(&self, token: &str) -> bool;
    fn issue(&self) -> String;
}

/// Measures a library of JWTs beside ring's bare operations and hallpass, on the same token.
pub fn serve_jwt<P: Peer>(title: &str, peer: impl Fn(Algorithm) -> P) {
    let subjects: Vec<_> = tokens::ALGORITHMS
        .into_iter()
        .map(|algorithm| {
            let (ours, peer) = (Ours::new(algorithm), peer(algorithm));
            let floor = Floor::new(algorithm, ours.token());
            check(algorithm, &peer, ours.token());
            (algorithm.name(), ours, floor, peer)
        })
        .collect();
    let mut jobs = Vec::new();
    for (name, ours, floor, peer) in &subjects {
        let job = Job::new(format!("verify {name}"))
            .case("ring", || floor.verify())
            .case("hallpass", || ours.verify())
            .case("peer", || peer.accepts(ours.token()));
        jobs.push(job);
        let job = Job::new(format!("issue {name}"))
            .case("ring", || floor.sign())
            .case("hallpass", || ours.issue())
            .case("peer", || peer.issue().len());
        jobs.push(job);
    }
    serve(title, &jobs);
}

fn check(algorithm: Algorithm, peer: &impl Peer, good: &str) {
    let name = algorithm.name();
    assert!(peer.accepts(good), "{name}: the good token is refused");
    for (why, token) in tokens::refused(algorithm, good) {
        assert!(!peer.accepts(&token), "{name}: accepted, though {why}");
    }
    assert!(peer.accepts(&peer.issue()), "{name}: it refuses its own token");
}

/// Measures a library that has a format of its own, beside hallpass on a JWT that says the same.
/// It must refuse a token for another audience, and each of its own with a character changed.
pub fn serve_own_format(title: &str, algorithm: Algorithm, peer: &impl Peer, elsewhere: &str) {
    let (ours, token) = (Ours::new(algorithm), peer.issue());
    let floor = Floor::new(algorithm, ours.token());
    assert!(peer.accepts(&token), "the good token is refused");
    assert!(!peer.accepts(elsewhere), "accepted, though for another audience");
    for at in (0..token.len() - 2).step_by(7) {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        assert!(!peer.accepts(&changed), "accepted, though changed at {at}");
    }
    let name = algorithm.name();
    let verify = Job::new(format!("verify {name}"))
        .case("ring", || floor.verify())
        .case("hallpass", || ours.verify())
        .case("peer", || peer.accepts(&token));
    let issue = Job::new(format!("issue {name}"))
        .case("ring", || floor.sign())
        .case("hallpass", || ours.issue())
        .case("peer", || peer.issue().len());
    serve(title, &[verify, issue]);
}
