//! Scoped access tokens for web APIs.

pub mod clock;
pub mod id;

pub use clock::Timestamp;
