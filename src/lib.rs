//! Scoped access tokens for web APIs.

pub mod clock;
mod crypto;
pub mod id;
pub mod key;
pub mod scope;
pub mod secret;
pub mod store;
pub mod token;
pub mod verifier;

pub use clock::Timestamp;
