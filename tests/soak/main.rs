//! A soak of the example `auth_server`: two instances on one store, people and thieves at both, a
//! clock that skips hours, instances killed and stood still, the store restarted and cut off.
//!
//! ```text
//! tests/soak/run [minutes] [sqlite|postgres]
//! ```
//!
//! A model of every session (`session`) says what each request has to be answered (`acts`, `access`). What
//! is not so is a violation, and fails the run: a token that lives on after it was superseded,
//! revoked or ended; a session that is lost; an error outside of a fault; rows or memory that grow.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests are tests"
)]

mod access;
mod acts;
mod clock;
mod dice;
mod engine;
mod faults;
mod instance;
mod machine;
mod memory;
mod person;
#[expect(dead_code, reason = "the tests of the server need more of it")]
#[path = "../server/process.rs"]
mod process;
mod report;
mod session;
mod soak;
mod web;

use std::{
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use soak::{Plan, run};

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn plan() -> Plan {
    let seconds = number("HALLPASS_SOAK_SECONDS").unwrap_or(20);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Plan {
        engine: env::var("HALLPASS_SOAK_STORE").unwrap_or_else(|_| "postgres".to_owned()),
        length: Duration::from_secs(seconds),
        phase: Duration::from_millis(if seconds < 120 { 1500 } else { 4000 }),
        people: usize::try_from(number("HALLPASS_SOAK_PEOPLE").unwrap_or(16)).unwrap(),
        seed: number("HALLPASS_SOAK_SEED").unwrap_or(now),
        is_deceived: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_fork_and_lose_no_session_whatever_breaks() {
    let (violations, table) = run(&plan()).await.unwrap();
    println!("{table}");
    assert_eq!(violations, 0, "promises were broken; see above");
}

/// The soak can fail: a model that takes sessions to be over that are not finds them alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_should_be_over_and_is_not_is_reported() {
    let plan = Plan {
        engine: "sqlite".to_owned(),
        length: Duration::from_secs(4),
        is_deceived: true,
        people: 6,
        ..plan()
    };
    let (violations, table) = run(&plan).await.unwrap();
    assert!(violations > 0, "nothing was found:\n{table}");
}
