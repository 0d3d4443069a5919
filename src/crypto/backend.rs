//! Knows the libraries that can compute signatures, by name.
//! Must not know what either of them takes as a key: that is decided before them.

use std::fmt::{self, Display};

/// What computes the signatures of a key. Which keys and which signatures are good does not depend
/// on it: both backends get the same keys from the same loader, and give the same verdicts.
///
/// The feature `aws-lc-rs` adds a second one and changes nothing by itself. The host chooses it
/// where it loads keys: for all of a service by
/// [`AuthorityBuilder::backend`](crate::authority::AuthorityBuilder::backend) or
/// [`VerifierBuilder::backend`](crate::verifier::VerifierBuilder::backend), for one key by
/// [`SigningKey::with_backend`](crate::key::SigningKey::with_backend).
///
/// ```
/// use hallpass::key::{Algorithm, Backend, SigningKey};
///
/// let key = SigningKey::generate(Algorithm::EdDSA)?;
/// assert_eq!(key.backend(), Backend::Ring);
/// # #[cfg(feature = "aws-lc-rs")] {
/// let faster = key.with_backend(Backend::AwsLc)?; // with the feature `aws-lc-rs`
/// assert_eq!(faster.kid(), key.kid(), "the same key, computed elsewhere");
/// # }
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Backend {
    /// The `ring` crate, which everything else here is computed by as well.
    #[default]
    Ring,
    /// AWS-LC, by the `aws-lc-rs` crate: faster at RSA and at Ed25519. Shared secrets (HS256 and
    /// its like) stay on ring, which is faster at those.
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
}

impl Backend {
    #[must_use]
    pub(super) const fn is_ring(self) -> bool {
        matches!(self, Self::Ring)
    }

    /// Every backend of this build.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Ring,
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLc,
    ];
}

/// The name of its crate.
impl Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_ring() { "ring" } else { "aws-lc-rs" })
    }
}
