//! Knows what the SQLite store promises beyond the contract of every store, on real files.
//! Must not know how it keeps its promise.

#[cfg(test)]
mod backup;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod common_stories;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dump;
#[cfg(test)]
#[path = "../every_engine/clients.rs"]
mod every_engine_clients;
#[cfg(test)]
#[path = "../every_engine/sessions.rs"]
mod every_engine_sessions;
#[cfg(test)]
#[path = "../every_engine/signing_keys.rs"]
mod every_engine_signing_keys;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod log;
#[cfg(test)]
mod migrations;
#[cfg(test)]
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(test)]
#[cfg(feature = "oauth")]
#[path = "../oauth_stories/mod.rs"]
mod oauth_stories;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod server;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
mod support;
#[cfg(test)]
mod versions;
