//! The Redis store against a real server: `HALLPASS_TEST_REDIS` names one, and
//! `tests/servers/redis start` starts one.

#[cfg(test)]
mod clients;
#[cfg(test)]
mod common_stories;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod dump;
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
mod faults;
#[cfg(test)]
mod keys;
#[cfg(test)]
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(test)]
#[cfg(feature = "oauth")]
#[path = "../oauth_stories/mod.rs"]
mod oauth_stories;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
