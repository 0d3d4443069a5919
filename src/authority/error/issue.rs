//! Knows why no token or API key was made.
//! Must not know why one that was made is refused.

use crate::{
    crypto,
    id::{ClientId, IdError},
    key::KeyError,
    scope::{NegotiateError, ScopeError},
    store::StoreError,
    token::{ClaimsWriteError, OpaqueError},
    verifier::{KeySourceError, PermissionError},
};

/// A token could not be made, for a reason that is not the caller's.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::{IssueError, SigningError};
///
/// let photo = "x".repeat(10_000);
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).claim("photo", photo);
/// match authority.issue(grant).await {
///     Err(IssueError::Signing(SigningError::TooLong { length, limit })) => {
///         assert!(length > limit, "take the photo out of the token");
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The signing key failed.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// No key of the ring may sign.
    #[error("no key may sign: the ring's was withdrawn, and it has no other")]
    NoKey,
    /// A session's refresh token was sealed under a master secret that is not given here.
    #[error("a session was sealed under a master secret that is not given: `also_opens` keeps it")]
    UnknownSealingKey,
    /// The keys that the store keeps cannot be read, or were not for too long.
    #[error("{0}")]
    Keys(#[from] KeySourceError),
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
    /// The token would be longer than verifiers accept.
    #[error("the token would have {length} bytes, verifiers accept {limit}")]
    TooLong {
        /// The bytes it would have.
        length: usize,
        /// The bytes verifiers accept.
        limit: usize,
    },
}

impl From<crypto::CryptoError> for SigningError {
    fn from(_: crypto::CryptoError) -> Self {
        Self::Random
    }
}

/// Nothing was issued.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::authority::{Client, IssueError};
///
/// let app = Client::public("app").scope("invoice:*:read".parse()?);
/// let authority = builder.client(app).build()?;
/// let grant = Grant::new("ada", "invoice:*:delete".parse()?).client("app");
/// let status = match authority.issue(grant).await {
///     Ok(_) => 200,
///     // Whoever asked cannot have it: `invalid_scope`.
///     Err(IssueError::NotGranted(_)) => 400,
///     // Nothing was given out; asking again may help.
///     Err(IssueError::Unavailable(_) | IssueError::Permissions(_)) => 503,
///     Err(error) => panic!("{error}"),
/// };
/// assert_eq!(status, 400);
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// An identifier of the grant is wrong.
    #[error("the grant names a bad identifier: {0}")]
    Id(#[from] IdError),
    /// A custom claim cannot be carried.
    #[error("{0}")]
    Claims(#[from] ClaimsWriteError),
    /// A custom claim's value cannot be written as JSON.
    #[error("the value of the claim `{name}` cannot be written as JSON")]
    UnwritableClaim {
        /// The claim.
        name: String,
    },
    /// An audience that this client's tokens may not be for (RFC 8707 §2, `invalid_target`).
    #[error("the audience `{audience}` is not one this client may ask for")]
    Audience {
        /// The audience.
        audience: String,
    },
    /// There is no such client, or it is disabled. Where clients are registered, every client
    /// that a grant names must be one (RFC 6749 §5.2, `unauthorized_client`).
    #[error("the client `{client}` is unknown or disabled")]
    Client {
        /// The client.
        client: ClientId,
    },
    /// The requested scope is refused (RFC 6749 §5.2, `invalid_scope`).
    #[error("{0}")]
    NotGranted(#[from] NegotiateError),
    /// The scope that would be granted is beyond the limits.
    #[error("the scope to grant does not fit: {0}")]
    Scope(#[from] ScopeError),
    /// The lifetime that was asked for has passed already.
    #[error("the access token would be expired when it is issued")]
    Expired,
    /// The owner was revoked again and again while this was issued, or the random generator
    /// repeats itself.
    #[error("the grant was overtaken by revocations of its owner")]
    Contended,
    /// The signing key or the random generator failed.
    #[error("the token could not be signed or sealed")]
    Signing(#[from] SigningError),
    /// What the subject may do cannot be had.
    #[error("{0}")]
    Permissions(#[from] PermissionError),
    /// The store did not answer.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

/// An API key could not be made or changed.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::ApiKeyError;
/// use std::time::Duration;
///
/// let grant = Grant::new("ci", "artifact:*:write".parse()?);
/// let made = authority.issue_api_key(grant, "build", None).await?;
/// authority.end_api_key(&made.id()).await?;
/// let advice = match authority.rotate_api_key(&made.id(), Duration::ZERO, None).await {
///     Ok(_) => "take the new one",
///     Err(ApiKeyError::NotLive) => "make another",
///     Err(ApiKeyError::AlreadyReplaced) => "someone was faster: ask them",
///     Err(ApiKeyError::Unavailable(_)) => "try again",
///     Err(error) => panic!("{error}"),
/// };
/// assert_eq!(advice, "make another");
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// What is true of every grant.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The grant binds to a key, which an API key cannot be: whoever shows it may use it.
    #[error("an API key cannot be bound to a key")]
    Bound,
    /// The text is no API key of this authority, or it has expired.
    #[error("the API key does not fit: {0}")]
    Token(#[from] OpaqueError),
    /// There is no such key, or it has ended or expired.
    #[error("there is no live API key with this id")]
    NotLive,
    /// It has been replaced already.
    #[error("the API key was replaced before")]
    AlreadyReplaced,
    /// The new expiry is after the one the key carries.
    #[error("an API key's expiry can only be brought forward; rotate it for a longer life")]
    Extended,
    /// The name is empty or too long.
    #[error("an API key's name has 1 to 200 characters, none of them a control character")]
    Name,
    /// The store did not answer.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}
