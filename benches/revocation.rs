//! What it costs to see that a session was not ended, among ten million that were, beside a set of
//! the standard library's in the same run, and what memory an entry takes.
//!
//! `cargo bench --bench revocation [-- ENTRIES]`, ten million unless a number says otherwise. Every
//! look-up is of another session, in an order that no prefetcher knows.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::{
    collections::HashSet,
    hint::black_box,
    time::{Duration, Instant},
};

use hallpass::{
    Timestamp,
    id::SessionId,
    store::{RevocationRecord, Target},
    verifier::RevocationIndex,
};

const DAY: u64 = 24 * 60 * 60;
const START: u64 = 1_700_000_000;
const ROUNDS: usize = 15;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// The `n`th session, with a random part as its secret's hash would give.
fn session(n: u64) -> SessionId {
    let word = |salt: u64| {
        let mixed = (n ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let mut rest = [0; 12];
    let (head, tail) = rest.split_at_mut(8);
    head.copy_from_slice(&word(0).to_le_bytes());
    tail.copy_from_slice(word(1).to_le_bytes().first_chunk::<4>().unwrap());
    SessionId::from_parts(at(START + n / 1000), rest)
}

/// Bytes that this process has in memory, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn full(entries: u64) -> RevocationIndex {
    let index = RevocationIndex::new(Duration::from_secs(DAY));
    for n in 0..entries {
        let target = Target::Session(session(n));
        let expires_at = at(START + n * DAY / entries);
        index.insert(&RevocationRecord { target, not_before: at(1), expires_at });
    }
    index
}

/// The median over rounds of the nanoseconds for one look-up, and of the ratio to the set's.
fn time(
    index: &RevocationIndex,
    set: &HashSet<SessionId>,
    sessions: &[SessionId],
    expected: bool,
) -> (f64, f64) {
    let turn = |has: &dyn Fn(&SessionId) -> bool| {
        let began = Instant::now();
        let found = sessions.iter().filter(|id| has(black_box(id))).count();
        let taken = began.elapsed().as_nanos() as f64 / sessions.len() as f64;
        assert_eq!(found, if expected { sessions.len() } else { 0 });
        taken
    };
    let (times, ratios): (Vec<f64>, Vec<f64>) = (0..ROUNDS)
        .map(|_| (turn(&|id| index.has_ended(id)), turn(&|id| set.contains(id))))
        .map(|(ours, theirs)| (ours, ours / theirs))
        .unzip();
    (median(times), median(ratios))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(ROUNDS / 2).copied().unwrap()
}

fn main() {
    // Without what `cargo bench` adds it is a test, and runs once, with little.
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let entries: u64 = asked.unwrap_or(if is_test { 1_000 } else { 10_000_000 });
    let probes = entries.min(200_000);

    let before = resident();
    let index = full(entries);
    let taken = before.zip(resident()).map(|(before, after)| after.saturating_sub(before));
    assert_eq!(index.len() as u64, entries);
    println!("{entries} entries");
    if let Some(taken) = taken.filter(|_| !is_test) {
        println!("{:12.1} bytes an entry", taken as f64 / entries as f64);
    }
    let set: HashSet<_> = (0..entries).map(session).collect();
    for (name, from, expected) in [("not revoked", entries, false), ("revoked", 0, true)] {
        let stride = |n: u64| n.wrapping_mul(2_862_933_555_777_941_757) % entries;
        let sessions: Vec<_> = (0..probes).map(|n| session(from + stride(n))).collect();
        let (nanos, ratio) = time(&index, &set, &sessions, expected);
        println!("{nanos:9.0} ns  {name}, {ratio:.2} of a set's");
    }
}
