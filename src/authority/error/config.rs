//! Knows why an authority cannot be built.
//! Must not know what goes wrong once it runs.

use crate::{
    authority::client::ClientError,
    id::{Audience, ClientId, IdError},
    key::KeyError,
    secret::SecretError,
};

/// The authority is not set up as it must be: the host's fault, found at start-up.
///
/// ```
/// use hallpass::{Authority, authority::ConfigError};
///
/// let error = Authority::builder("https://auth.example.com").build().unwrap_err();
/// assert!(matches!(error, ConfigError::Missing { what: "the audience", .. }));
/// assert_eq!(
///     error.to_string(),
///     "the audience is missing: `.audience(\"https://api.example.com\")` says whom tokens are for"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Something that must be given was not.
    #[error("{what} is missing: {hint}")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// How to give it.
        hint: &'static str,
    },
    /// A value does not fit the others.
    #[error("the policy's {what} does not fit: expected {expected}")]
    Policy {
        /// Which value.
        what: &'static str,
        /// What was expected.
        expected: String,
    },
    /// An identifier in the configuration is wrong.
    #[error("the configuration names a bad identifier: {0}")]
    Id(#[from] IdError),
    /// Two clients have one id.
    #[error("the client `{0}` is configured twice")]
    DuplicateClient(ClientId),
    /// A client's tokens would be for a resource server that the authority does not name.
    #[error("the client `{client}` has the audience `{audience}`, which the authority has not")]
    ForeignAudience {
        /// The client.
        client: ClientId,
        /// The audience.
        audience: Audience,
    },
    /// A client does not fit.
    #[error("the client `{client}` does not fit: {problem}")]
    Client {
        /// The client.
        client: ClientId,
        /// What does not fit, and what was expected.
        #[source]
        problem: Box<ClientError>,
    },
    /// The issuer is not an address a token may name.
    #[error("the issuer does not fit: {0}")]
    Issuer(#[from] crate::token::IssuerError),
    /// A key cannot be used.
    #[error("a key does not fit: {0}")]
    Key(#[from] KeyError),
    /// The prefix of opaque tokens cannot be used.
    #[error("{0}")]
    Prefix(#[from] crate::token::PrefixError),
    /// The rules for verifying do not fit.
    #[error("{0}")]
    Verifier(#[from] crate::verifier::ConfigError),
    /// The master secret cannot be used.
    #[error("the master secret does not fit: {0}")]
    MasterSecret(#[from] SecretError),
}
