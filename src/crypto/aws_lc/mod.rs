//! Knows the second backend, AWS-LC, where the feature `aws-lc-rs` is on.
//! Must not know which keys are good: what comes here was prepared by the first one before.

#[cfg(not(feature = "aws-lc-rs"))]
mod disabled;
#[cfg(feature = "aws-lc-rs")]
mod enabled;

#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use disabled::{Signer, Verifier};
#[cfg(feature = "aws-lc-rs")]
pub(crate) use enabled::{Signer, Verifier};
