//! The example `auth_server` and its partners, as processes: `tests/run server` sets up what they
//! need.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod browser;
mod config;
mod foreign;
mod instances;
mod process;
mod proxies;
mod services;
