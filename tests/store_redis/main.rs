//! The Redis store against a real server: `HALLPASS_TEST_REDIS` names one, and
//! `tests/servers/redis start` starts one.

mod conformance;
mod differential;
mod dump;
mod faults;
mod keys;
mod roles;
mod rules;
mod server;
mod support;
