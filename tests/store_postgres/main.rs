//! Knows what the PostgreSQL store must hold, on a real server.
//! Must not know how it holds it.
//!
//! The server is named by `HALLPASS_TEST_POSTGRES`, a URL; `tests/servers/postgres start` starts
//! one. Every test makes a schema of its own.

#[cfg(test)]
mod bed;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod common_stories;
#[cfg(test)]
mod conformance;
mod consents;
#[cfg(test)]
mod differential;
#[cfg(test)]
#[path = "../every_engine/clients.rs"]
mod every_engine_clients;
#[cfg(test)]
#[path = "../every_engine/hint.rs"]
mod every_engine_hint;
#[cfg(test)]
#[path = "../every_engine/lost_answer.rs"]
mod every_engine_lost_answer;
#[cfg(test)]
#[path = "../every_engine/sessions.rs"]
mod every_engine_sessions;
#[cfg(test)]
#[path = "../every_engine/signing_keys.rs"]
mod every_engine_signing_keys;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod network;
#[cfg(test)]
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(test)]
#[cfg(feature = "oauth")]
#[path = "../oauth_stories/mod.rs"]
mod oauth_stories;
#[cfg(test)]
mod server;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod versions;
