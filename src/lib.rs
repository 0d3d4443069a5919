//! Scoped access tokens for web APIs.

pub mod authority;
pub mod clock;
mod crypto;
mod event;
pub mod id;
pub mod key;
pub mod scope;
pub mod secret;
pub mod store;
pub mod token;
pub mod verifier;

#[cfg(feature = "jsonwebtoken-provider")]
pub use crate::key::jsonwebtoken_provider;
pub use crate::{
    authority::{Authority, Grant},
    clock::Timestamp,
    key::{Algorithm, SigningKey},
    scope::{Permission, Scope},
    store::MemoryStore,
    verifier::{Verified, Verifier},
};
