//! Knows why a verifier cannot be built.
//! Must not know why a token is refused.

use crate::{
    id::IdError,
    secret::SecretError,
    token::{IssuerError, PrefixError},
};

/// Why a verifier cannot be built: found at start-up, and the caller's to correct.
///
/// ```
/// use hallpass::verifier::{ConfigError, Verifier};
///
/// let verifier = Verifier::builder("https://auth.example.com").audience("api").stateless();
/// let error = verifier.build().unwrap_err();
/// assert_eq!(error, ConfigError::NoKey);
/// assert_eq!(error.to_string(), "no key was given; call `key`, `keys`, `jwks` or `key_source`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The issuer is not one.
    #[error("the issuer cannot be used")]
    Issuer(#[source] IssuerError),
    /// An audience is not one.
    #[error("an audience cannot be used")]
    Audience(#[source] IdError),
    /// No audience was given; every token must be for someone (RFC 9068 §4).
    #[error("no audience was given; call `audience` with the name of this resource server")]
    NoAudience,
    /// No key was given, so no token could ever be accepted.
    #[error("no key was given; call `key`, `keys`, `jwks` or `key_source`")]
    NoKey,
    /// Two keys have the same name, or both `key`s and a `key_source` were given.
    #[error("the keys contradict each other: {problem}")]
    Keys {
        /// What is wrong.
        problem: &'static str,
    },
    /// An address that is to be read over HTTP cannot be.
    #[error("the address {address:?} cannot be used: {problem}")]
    Address {
        /// The address; what follows a `?` is left out.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The settings of a remote JWKS contradict each other.
    #[error("the remote JWKS is set up wrongly: {problem}")]
    RemoteJwks {
        /// What is wrong.
        problem: &'static str,
    },
    /// The longest token is above the hard limit, or zero.
    #[error("the longest token may have 1 to {limit} bytes")]
    MaxLength {
        /// The hard limit.
        limit: usize,
    },
    /// A duration is out of range.
    #[error("{option} is at most {limit_seconds} seconds")]
    TooLong {
        /// The option.
        option: &'static str,
        /// Its limit.
        limit_seconds: u64,
    },
    /// Revocations are read less often than their age allows, so that tokens would be refused
    /// between two reads.
    #[error("max_staleness is shorter than poll_interval")]
    Staleness,
    /// The relaxed profile would accept tokens of our own keys.
    #[error("the relaxed profile has a key of the verifier's own")]
    RelaxedOwnKey,
    /// The relaxed profile is incomplete.
    #[error("the relaxed profile needs {what}")]
    Relaxed {
        /// What it lacks.
        what: &'static str,
    },
    /// The token prefix is not one.
    #[error("the token prefix cannot be used")]
    Prefix(#[source] PrefixError),
    /// The master secret gives no sealing keys.
    #[error("the master secret cannot be used")]
    Secret(#[source] SecretError),
}
