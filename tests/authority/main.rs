//! The life of a token, told verb by verb: one file for each, one test for each invariant of
//! `docs/invariants.md` that can be seen from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod api_keys;
mod issue;
mod keys;
mod maintenance;
mod model;
mod permissions;
mod policy;
mod races;
mod refresh;
mod revoke;
mod sessions;
mod support;
mod verify;
