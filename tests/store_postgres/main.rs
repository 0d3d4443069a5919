//! Knows what the PostgreSQL store must hold, on a real server.
//! Must not know how it holds it.
//!
//! The server is named by `HALLPASS_TEST_POSTGRES`, a URL; `tests/servers/postgres start` starts
//! one. Every test makes a schema of its own.

mod bed;
mod conformance;
mod differential;
mod faults;
mod feed;
mod server;
mod setup;
mod shape;
