//! HOW A TOKEN IS CHECKED: signature, claims, revocation, and the witness that all of it held.
//! Must not know a private signing key, nor how a token is issued.
//!
//! Reading path: `builder` (what a verifier is told) → `verify` (the verbs) → `check` (one token,
//! step by step) → `verified` (what a handler gets) → `index` and `feed` (what was taken back, and
//! how news of it arrives).

mod api_key;
mod build;
mod builder;
mod cache;
mod carried;
mod check;
mod confirm;
mod error;
mod feed;
mod flight;
mod further;
mod genuine;
mod index;
mod last_use;
mod moment;
mod permission;
mod relaxed;
mod source;
#[cfg(feature = "tokio")]
mod spawn;
mod verified;
mod verify;

pub use builder::{Decided, Undecided, VerifierBuilder};
pub use confirm::ConfirmationSink;
pub use error::{ConfigError, Denied, FailureKind, RevokedBy, VerifyError};
pub use index::RevocationIndex;
pub use permission::{PermissionError, PermissionSource, RoleMap};
pub use relaxed::RelaxedProfile;
pub use source::{KeySource, KeySourceError};
#[cfg(feature = "tokio")]
pub use spawn::Maintenance;
pub use verified::{ClaimsReadError, TokenKind, Verified};
pub use verify::Verifier;

#[cfg(feature = "remote-jwks")]
pub(crate) use builder::Known;
pub(crate) use flight::Flight;

#[cfg(test)]
mod tests;
