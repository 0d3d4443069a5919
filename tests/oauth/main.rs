//! The authorization server, in process and on plain data.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod code;
mod id_token;
mod support;
