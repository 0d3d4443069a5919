//! What a check costs of a token that was checked before: one hot token and 10,000 in any order,
//! on one thread and on two, with revocation and without.
//!
//! `cargo bench --bench cached`. Beside each figure stands the time of the clock readings that it
//! holds, which a machine may make dear.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking")]

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    sync::Barrier,
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";
const SCOPE: &str = "invoice:*:read invoice:7:write order:*:list order:*:read report:*:read \
                     user:42:read";
const ROUNDS: usize = 15;

/// The futures measured here are ready at once: a memory store never waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a memory store never waits"),
    }
}

fn authority() -> Authority {
    Authority::builder(ISSUER)
        .audience(AUDIENCE)
        .signing_key(SigningKey::hmac(Algorithm::HS256, &[7; 32]).unwrap())
        .store(MemoryStore::new())
        .verified_cache(64 << 20)
        // No poll of the feed, so that each check is the same.
        .poll_interval(Duration::from_secs(600))
        .max_staleness(Duration::from_secs(600))
        .build()
        .unwrap()
}

fn tokens(authority: &Authority, count: usize) -> Vec<String> {
    let one = |n: usize| {
        let grant = Grant::new(format!("user-{n}"), SCOPE.parse().unwrap()).client("web");
        let issued = ready(authority.issue(grant)).unwrap();
        issued.access_token().expose_secret().to_owned()
    };
    (0..count).map(one).collect()
}

/// Nanoseconds for each of `turns` runs on each of `threads`, all of them at once.
fn time(threads: usize, turns: usize, run: &(impl Fn(usize) + Sync)) -> f64 {
    let start = Barrier::new(threads);
    let one = |thread: usize| {
        start.wait();
        let began = Instant::now();
        // A walk that visits all, in an order that no prefetcher knows.
        let mut at = thread * 7919;
        for _ in 0..turns {
            at = at.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493);
            run(at >> 33);
        }
        began.elapsed().as_nanos() as f64 / turns as f64
    };
    let times: Vec<f64> = std::thread::scope(|scope| {
        let spawn = |thread| scope.spawn(move || one(thread));
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    times.iter().sum::<f64>() / times.len() as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // Without what `cargo bench` adds it is a test, and runs once, with little.
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let (rounds, turns, many) = if is_test { (1, 10, 20) } else { (ROUNDS, 200_000, 10_000) };
    let clock = median(
        (0..rounds)
            .map(|_| {
                time(1, turns, &|_| {
                    black_box((SystemTime::now(), Instant::now()));
                })
            })
            .collect(),
    );
    println!("both clocks            {clock:7.0} ns");
    for count in [1, many] {
        let authority = authority();
        let tokens = tokens(&authority, count);
        let verifier = authority.verifier();
        let token = |at: usize| tokens[at % tokens.len()].as_str();
        ready(authority.ready()).unwrap();
        for at in 0..3 * tokens.len() {
            let _ = ready(authority.verify(token(at))).unwrap();
        }
        for threads in [1, 2] {
            let checked: Vec<f64> = (0..rounds)
                .map(|_| {
                    time(threads, turns, &|at| {
                        drop(black_box(ready(verifier.verify(token(at))).unwrap()));
                    })
                })
                .collect();
            println!("{count:6} tokens, {threads} threads {:7.0} ns a check", median(checked));
        }
    }
}
