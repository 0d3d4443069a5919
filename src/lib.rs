//! Scoped access tokens for web APIs.

pub mod clock;
mod crypto;
pub mod id;
pub mod key;
pub mod secret;

pub use clock::Timestamp;
