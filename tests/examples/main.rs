//! Knows what the examples do when a user starts them.
//! Must not know how they do it.

#[cfg(all(test, feature = "test-util"))]
mod custom_store;
#[cfg(all(test, feature = "sqlite"))]
mod sessions;
#[cfg(all(test, any(feature = "test-util", feature = "sqlite")))]
mod support;
