//! Knows what is carried: the claims of a token, the compact form they are signed in, and opaque
//! tokens (RFC 7515, RFC 7519, RFC 9068).
//! Must not know what is remembered about a token, or who may do what.

pub(crate) mod claims;
mod issuer;
pub(crate) mod jwt;
pub(crate) mod opaque;
pub(crate) mod rules;
#[cfg(feature = "oauth")]
pub(crate) mod sealed_text;
pub(crate) mod sealing;

pub use claims::{ClaimsError, ClaimsWriteError, CustomClaims, Texts};
pub use issuer::{Issuer, IssuerError};
pub(crate) use jwt::JwtError;
pub use opaque::{OpaqueError, OpaqueKind, PrefixError, Prefixes};
pub(crate) use rules::RuleError;
