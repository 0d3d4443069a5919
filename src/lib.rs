//! Scoped access tokens for web APIs.

pub mod clock;
mod crypto;
pub mod id;
pub mod key;
pub mod scope;
pub mod secret;
pub mod store;
mod token;
pub mod verifier;

pub use clock::Timestamp;
pub use token::{
    ClaimsError, ClaimsWriteError, CustomClaims, Issuer, IssuerError, OpaqueError, OpaqueKind,
    PrefixError, Prefixes, Texts,
};
