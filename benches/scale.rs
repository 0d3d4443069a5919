//! What a large installation costs: sizes and latencies at many sessions, a thousand verifiers
//! that follow revocations, everybody at once after an outage. docs/scale.md is what it printed.
//!
//! ```text
//! cargo bench --features sqlite,postgres,oauth,axum,remote-jwks,test-util --bench scale            # 10 k and 1 M
//! cargo bench --features … --bench scale -- fill sqlite 10000 1000000 10000000
//! cargo bench --features … --bench scale -- feed http 1000 20           # readers, seconds
//! cargo bench --features … --bench scale -- storm postgres 100000       # clients
//! ```
//!
//! PostgreSQL is left out unless HALLPASS_TEST_POSTGRES names a server (`tests/servers/postgres
//! start`). Files go to HALLPASS_SCALE_DIR, or to the temporary directory: 1 GB for each million
//! sessions is enough. What it made it removes. As a test (`cargo test --bench scale`) it does the
//! same with next to nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench fails by panicking"
)]

#[path = "scale/bulk.rs"]
mod bulk;
#[path = "scale/cpu.rs"]
mod cpu;
#[path = "scale/engine.rs"]
mod engine;
#[path = "scale/feed.rs"]
mod feed;
#[path = "scale/fill.rs"]
mod fill;
#[path = "scale/rows.rs"]
mod rows;
#[path = "scale/storm.rs"]
mod storm;
#[path = "scale/times.rs"]
mod times;

use std::env;

use engine::Kind;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let is_bench = words.iter().any(|word| word == "--bench");
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let number =
        |word: &&str| word.parse::<u64>().unwrap_or_else(|_| panic!("`{word}` is no number"));
    println!("{}", cpu::machine());
    match words.as_slice() {
        ["fill", kind, sizes @ ..] => {
            let sizes: Vec<u64> = sizes.iter().map(number).collect();
            fill::run(Kind::named(kind), &sizes);
        }
        ["feed", kind, readers, seconds] => feed::run(kind, number(readers), number(seconds)),
        ["storm", kind, clients] => storm::run(Kind::named(kind), number(clients)),
        [] if is_bench => everything(&[10_000, 1_000_000], 1_000, 20, 100_000),
        [] => everything(&[600], 20, 1, 200),
        other => panic!("{other:?}: see the top of benches/scale.rs"),
    }
}

fn everything(sizes: &[u64], readers: u64, seconds: u64, clients: u64) {
    let kinds = [Kind::Sqlite, Kind::Postgres];
    for kind in kinds.into_iter().filter(|kind| kind.is_there()) {
        fill::run(kind, sizes);
        feed::run(kind.name(), readers, seconds);
        storm::run(kind, clients);
    }
    feed::run("http", readers, seconds);
}
