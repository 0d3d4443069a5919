//! The authorization server, in process and on plain data.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod authorize;
mod code;
mod consent;
mod faults;
mod host;
mod id_token;
mod logout;
mod meanwhile;
mod resources;
mod sign_in;
mod support;
