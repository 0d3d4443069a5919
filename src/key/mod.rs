//! WHAT SIGNS: keys, their algorithms, and the ring in which they come and go.
//! Must not know scopes, tokens or stores.
//!
//! A [`SigningKey`] or [`VerifyingKey`] is read and checked once, when the host loads it, and
//! says precisely what is wrong if it is not one. After that it cannot fail for a reason that
//! lies in the key. Each is bound to one [`Algorithm`]; a token's header only selects a key.

mod algorithm;
mod asn1;
mod beginning;
mod der;
mod error;
mod header;
#[cfg(feature = "jsonwebtoken-provider")]
pub mod jsonwebtoken_provider;
mod jwk;
mod jwks;
mod keys;
mod lifecycle;
mod pem;
mod private;
mod public;
mod ring;
mod rotate;
mod signing;
mod thumbprint;
mod verifying;

pub use crate::crypto::Backend;
pub use algorithm::Algorithm;
pub use error::KeyError;
pub use jwk::Jwk;
pub use jwks::{Jwks, SkippedJwk};
pub use keys::VerifyingKeys;
pub use lifecycle::{KeyPolicy, KeyState, KeyTimes};
pub use ring::{HeldKey, KeyRing};
pub use rotate::RotateError;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

#[cfg(any(feature = "test-util", feature = "oauth"))]
pub(crate) use header::encode_header;

#[cfg(test)]
mod tests;
