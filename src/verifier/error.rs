//! Knows every reason for which a token is refused, and which of them are our own trouble.
//! Must not know a token: no text here can hold a part of a credential.

mod config;

use std::sync::Arc;

pub use self::config::ConfigError;
use crate::{
    store::StoreError,
    token::{ClaimsError, JwtError, OpaqueError, RuleError},
};

use super::{permission::PermissionError, source::KeySourceError};

/// Why a token was not accepted: one variant per failure.
///
/// [`VerifyError::kind`] tells a bad credential (401) from trouble of our own (503). What a
/// client may read is [`VerifyError::public_description`]; the rest is for the operator's log.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::verifier::{FailureKind, VerifyError};
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let _ = authority.revoke(issued.refresh_token()).await?;
/// let error = authority.verify(issued.access_token()).await.unwrap_err();
/// let advice = match &error {
///     VerifyError::Expired => "refresh",
///     error if error.kind() == FailureKind::Unavailable => "try again", // 503
///     _ => "sign in", // 401
/// };
/// assert_eq!(advice, "sign in");
/// assert_eq!(error.to_string(), "the token was revoked: with its session"); // for the log
/// assert_eq!(error.public_description(), "the token was revoked"); // for the client
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is longer than the limit.
    #[error("the token is too long")]
    TooLong,
    /// The token is neither three parts of a JWT nor an opaque token of ours.
    #[error("the token is malformed")]
    Malformed,
    /// A part is not canonical base64url (RFC 7515 §2, RFC 4648 §3.5).
    #[error("a part of the token is not canonical base64url")]
    NotCanonical,
    /// The header is not a JSON object that names an algorithm (RFC 7515 §4).
    #[error("the token's header is malformed")]
    Header,
    /// The header has a member twice (RFC 7515 §4).
    #[error("the token's header has a member twice")]
    DuplicateHeader,
    /// The header has `crit` or `b64` (RFC 7515 §4.1.11, RFC 7797).
    #[error("the token's header asks for an extension")]
    Extension,
    /// The header brings or names a key of its own (RFC 8725 §3.10).
    #[error("the token's header brings a key of its own")]
    EmbeddedKey,
    /// `typ` is not that of an access token (RFC 9068 §4): an ID token, or something else.
    #[error("the token's type is not that of an access token")]
    UnexpectedType,
    /// An opaque token of another kind, such as a refresh token.
    #[error("this kind of token gives no access")]
    WrongKind,
    /// No key has the `kid`, or there is no `kid`.
    #[error("no key has the name in the token's header")]
    UnknownKey,
    /// `alg` is not the algorithm of the key (RFC 8725 §3.1).
    #[error("the token's algorithm is not that of its key")]
    AlgorithmMismatch,
    /// The signature does not hold (RFC 7515 §5.2).
    #[error("the signature does not hold")]
    BadSignature,
    /// The claims cannot be read.
    #[error("the claims cannot be read")]
    Claims(#[source] ClaimsError),
    /// A required claim is absent (RFC 9068 §2.2).
    #[error("the claim `{claim}` is missing")]
    MissingClaim {
        /// Its name.
        claim: &'static str,
    },
    /// A claim has a value or form that an access token's does not have.
    #[error("the claim `{claim}` is not acceptable")]
    UnacceptableClaim {
        /// Its name.
        claim: &'static str,
    },
    /// `iss` is another (RFC 9068 §4).
    #[error("the token was issued by another issuer")]
    Issuer,
    /// `aud` has none of ours (RFC 9068 §4).
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has come (RFC 7519 §4.1.4).
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is ahead (RFC 7519 §4.1.5).
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The token lives longer than any may.
    #[error("the token's lifetime is too long")]
    LivesTooLong,
    /// The relaxed profile that would have read the token has come to its end.
    #[error("tokens of this profile are no longer accepted")]
    ProfileEnded,
    /// An opaque token that was mistyped, cut or forged.
    #[error("the token is not genuine")]
    Opaque(#[source] OpaqueError),
    /// A genuine opaque token whose record is not there.
    #[error("the token is not known")]
    UnknownToken,
    /// The token was taken back.
    #[error("the token was revoked: {by}")]
    Revoked {
        /// By what.
        by: RevokedBy,
    },
    /// What was revoked is not known recently enough.
    #[error("the revocation data is not fresh enough to decide")]
    Stale,
    /// The store did not answer.
    #[error("the store cannot be asked")]
    Store(#[source] Arc<StoreError>),
    /// The keys cannot be had.
    #[error("the keys cannot be had")]
    Keys(#[source] KeySourceError),
    /// What the subject may do cannot be had.
    #[error("the permissions cannot be had")]
    Permissions(#[source] PermissionError),
}

/// What took a token back.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{id::Subject, verifier::{RevokedBy, VerifyError}};
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// authority.sign_out_everywhere(&Subject::parse("ada")?).await?;
/// match authority.verify(issued.access_token()).await {
///     Err(VerifyError::Revoked { by: RevokedBy::Subject }) => {} // not this token alone
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevokedBy {
    /// The token itself.
    Token,
    /// Its session has ended.
    Session,
    /// Everything of its subject up to then.
    Subject,
    /// Everything of its client up to then.
    Client,
    /// Everything of its subject at its client up to then.
    SubjectAtClient,
    /// Its signing key was withdrawn.
    SigningKey,
}

impl std::fmt::Display for RevokedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token => "by itself",
            Self::Session => "with its session",
            Self::Subject => "with its subject",
            Self::Client => "with its client",
            Self::SubjectAtClient => "with its subject at this client",
            Self::SigningKey => "with its signing key",
        })
    }
}

/// Whose fault a failure is.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::verifier::{FailureKind, VerifyError};
///
/// let status = |error: VerifyError| match error.kind() {
///     FailureKind::BadCredential => 401,
///     FailureKind::Unavailable => 503, // the client keeps its token
/// };
/// let verifier = authority.verifier(); // which has not read yet what was revoked
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// assert_eq!(verifier.verify_jwt(issued.access_token()).map_err(status).unwrap_err(), 503);
/// assert_eq!(verifier.verify_jwt("junk").map_err(status).unwrap_err(), 401);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it decides between 401 and 503")]
pub enum FailureKind {
    /// The credential is bad: 401.
    BadCredential,
    /// We cannot decide: 503.
    Unavailable,
}

impl VerifyError {
    /// Whether other keys may make a good token of it.
    pub(super) const fn is_about_keys(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::Keys(_))
    }

    /// Whether the credential is bad or we cannot decide.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Stale | Self::Store(_) | Self::Keys(_) | Self::Permissions(_) => {
                FailureKind::Unavailable
            }
            _ => FailureKind::BadCredential,
        }
    }

    /// What a client may read: `error_description` of RFC 6750 §3. Fixed texts, few of them, so
    /// that they tell an attacker nothing about keys or claims.
    #[must_use]
    pub const fn public_description(&self) -> &'static str {
        match self {
            Self::Stale | Self::Store(_) | Self::Keys(_) | Self::Permissions(_) => {
                "the service cannot check tokens at the moment"
            }
            Self::Expired | Self::Opaque(OpaqueError::Expired) => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::Revoked { .. } | Self::UnknownToken => "the token was revoked",
            Self::Audience => "the token is for another audience",
            Self::UnexpectedType | Self::WrongKind | Self::ProfileEnded => {
                "this kind of token is not accepted here"
            }
            _ => "the token is invalid",
        }
    }
}

impl From<JwtError> for VerifyError {
    fn from(error: JwtError) -> Self {
        match error {
            JwtError::TooLong => Self::TooLong,
            JwtError::Malformed => Self::Malformed,
            JwtError::NotCanonical => Self::NotCanonical,
            JwtError::Header => Self::Header,
            JwtError::DuplicateHeader => Self::DuplicateHeader,
            JwtError::Extension => Self::Extension,
            JwtError::EmbeddedKey => Self::EmbeddedKey,
        }
    }
}

impl From<ClaimsError> for VerifyError {
    fn from(error: ClaimsError) -> Self {
        Self::Claims(error)
    }
}

impl From<RuleError> for VerifyError {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::MissingClaim { claim } => Self::MissingClaim { claim },
            RuleError::UnacceptableClaim { claim } => Self::UnacceptableClaim { claim },
            RuleError::Issuer => Self::Issuer,
            RuleError::Audience => Self::Audience,
            RuleError::Expired => Self::Expired,
            RuleError::NotYetValid => Self::NotYetValid,
            RuleError::LivesTooLong => Self::LivesTooLong,
        }
    }
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// A valid token does not allow what was asked.
///
/// ```
#[doc = an_authority!()]
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let who = authority.verify(issued.access_token()).await?;
/// let denied = who.require(("invoice", "7", "write")).unwrap_err();
/// assert_eq!(denied.required_scope(), "invoice:7:write"); // `scope` of the 403's challenge
/// assert_eq!(denied.to_string(), "the scope does not cover what is required: `invoice:7:write`");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "a new way to lose access must break callers' builds")]
pub enum Denied {
    /// The scope does not cover the requirement: 403 with `insufficient_scope` (RFC 6750 §3.1).
    #[error("the scope does not cover what is required: `{required}`")]
    InsufficientScope {
        /// What would have been enough, as scope text; empty if no scope text says it.
        required: String,
    },
}

impl Denied {
    /// What would have been enough, for the `scope` attribute of the challenge.
    #[must_use]
    pub fn required_scope(&self) -> &str {
        match self {
            Self::InsufficientScope { required } => required,
        }
    }
}
