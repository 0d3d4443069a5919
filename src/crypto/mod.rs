//! Knows the primitives and the backends (ring, and AWS-LC by choice) that compute them; the one
//! place that names them.
//! Must not know formats, tokens or policy: it takes checked material and answers yes or no.
//!
//! Keys come in as [`PrivateMaterial`] and [`PublicMaterial`], plain numbers that our own loader
//! has read and checked, and ring prepares every one of them. The second backend is another arm in
//! [`Signer`] and [`Verifier`], for keys that the first has taken: what is accepted as a key is
//! decided before it, so it cannot differ between them.

mod aead;
mod aws_lc;
mod backend;
mod compare;
mod digest;
#[cfg(any(feature = "jsonwebtoken-provider", feature = "oauth"))]
mod digest_any;
mod hkdf;
mod hmac;
mod material;
mod random;
mod rsa_exponents;
mod signer;
mod stock;
mod verifier;

pub use backend::Backend;

pub(crate) use aead::SealKey;
pub(crate) use compare::ct_eq;
pub(crate) use digest::sha256;
#[cfg(any(feature = "jsonwebtoken-provider", feature = "oauth"))]
pub(crate) use digest_any::digest;
pub(crate) use hkdf::hkdf_sha256;
pub(crate) use hmac::{HmacBegun, HmacKey, HmacTag};
pub(crate) use material::{Curve, Hash, PrivateMaterial, PublicMaterial, RsaPrivate, Scheme};
pub(crate) use random::{fill_random, random_array};
pub(crate) use signer::{Signature, Signer};
pub(crate) use stock::RandomStock;
pub(crate) use verifier::{Verifier, check_on_curve};

/// Why a primitive gave no answer. It never says more: the details of a refused key or a broken
/// seal are either ours to explain or nobody's to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CryptoError {
    /// The operating system's random source failed.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The numbers of a key do not belong together or lie outside their range.
    #[error("the backend refused the key")]
    Key,
    /// A sealed text was changed, or sealed under another key or with other associated data.
    #[error("the seal does not open")]
    Seal,
    /// A signature could not be made.
    #[error("the backend could not sign")]
    Sign,
}
