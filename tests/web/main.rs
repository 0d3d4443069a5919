//! The web edge: one table of requests, sent to every framework, and the same bytes from each.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod actix;
mod axum;
mod examples;
mod gateway;
mod mistakes;
mod process;
mod proxied;
mod proxies;
mod requests;
mod service;
mod table;
mod testing;
mod tokens;
mod tower;
mod world;
