//! Signing keys that the store keeps: made once, agreed by all instances, rotated, withdrawn
//! (invariants 66 to 68).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod agree;
mod at_rest;
mod config;
#[cfg(feature = "sqlite")]
mod durable;
mod life;
mod pem;
mod support;
mod withdraw;
