//! Knows what a store and the rotation decision promise, as stories and tables.
//! Must not know how an engine keeps its promise.

#[cfg(all(test, feature = "test-util"))]
mod common_stories;
#[cfg(all(test, feature = "test-util"))]
mod conformance;
#[cfg(test)]
mod decide;
#[cfg(test)]
#[cfg(feature = "test-util")]
#[path = "../every_engine/sessions.rs"]
mod every_engine_sessions;
#[cfg(test)]
#[cfg(feature = "test-util")]
#[path = "../every_engine/signing_keys.rs"]
mod every_engine_signing_keys;
#[cfg(all(test, feature = "test-util"))]
mod flawed;
#[cfg(all(test, feature = "test-util"))]
mod helpers;
#[cfg(test)]
mod support;
