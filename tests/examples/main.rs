//! Knows what the examples do when a user starts them.
//! Must not know how they do it.
#![cfg(any(feature = "test-util", feature = "sqlite"))]
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[cfg(feature = "test-util")]
mod custom_store;
#[cfg(feature = "sqlite")]
mod mistakes;
#[cfg(feature = "sqlite")]
mod sessions;
mod support;
