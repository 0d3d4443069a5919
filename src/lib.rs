//! Scoped access tokens for web APIs.

pub mod clock;
mod crypto;
pub mod id;
pub mod key;
pub mod scope;
pub mod secret;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod token;

pub use clock::Timestamp;
