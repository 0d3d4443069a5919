//! Applications that are known to an authority: registered, found, proved, changed, disabled. One
//! test for each rule of `docs/clients.md` and each invariant that can be seen from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod change;
mod configured;
mod cost;
#[path = "../every_engine/clients.rs"]
mod every_engine;
mod faults;
mod once;
mod register;
mod secrets;
mod support;
