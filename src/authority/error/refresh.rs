//! Knows why a refresh token got nothing.
//! Must not know what a presented token means; the store decides that.

use super::SigningError;
use crate::{
    scope::ScopeError,
    store::{EndReason, Reuse, StoreError},
    token::OpaqueError,
    verifier::PermissionError,
};

/// A refresh token got nothing.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::authority::{Policy, RefreshError};
///
/// let authority = builder.policy(Policy::new().strict(true)).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let next = authority.refresh(issued.refresh_token()).await?;
/// match authority.refresh(issued.refresh_token()).await {
///     // An old token: somebody else may have it. The session has ended; sign in anew.
///     Err(RefreshError::Reused(reuse)) => assert_eq!(reuse.session, next.session_id()),
///     // Our trouble, 503: the client keeps its token and tries again.
///     Err(RefreshError::Unavailable(_) | RefreshError::StateRollback) => panic!("no store"),
///     other => panic!("{other:?}"),
/// }
/// let ended = authority.refresh(next.refresh_token()).await.unwrap_err();
/// assert_eq!(ended.to_string(), "the session has ended: reused");
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The text is no refresh token of this authority, or it has expired. The store was not
    /// asked.
    #[error("the refresh token does not fit: {0}")]
    Token(#[from] OpaqueError),
    /// The session has ended.
    #[error("the session has ended: {}", .0.as_str())]
    Ended(EndReason),
    /// The session was unused for too long, or has reached its absolute deadline.
    #[error("the session has expired")]
    Expired,
    /// An old token was presented: the session has been ended now.
    #[error("the refresh token was used before: the session has been ended")]
    Reused(Reuse),
    /// The token's client, or the one that presents it, is unknown or disabled.
    #[error("the client of the refresh token is unknown or disabled")]
    UnknownClient,
    /// The token belongs to another client.
    #[error("the refresh token belongs to another client")]
    OtherClient,
    /// The session's client must prove itself (RFC 6749 §6).
    #[error("the session's client must prove itself")]
    ClientRequired,
    /// The session is bound to a key that the request did not prove.
    #[error("the session is bound to a key, and the request did not prove it")]
    ProofRequired,
    /// The requested scope is more than the session has (RFC 6749 §6, `invalid_scope`).
    #[error("the requested scope is more than the session has")]
    ScopeExceeded,
    /// Nothing of the scope may be granted any more (`invalid_scope`).
    #[error("nothing of the scope may be granted any more")]
    NothingGranted,
    /// The requested audience is more than the session has (RFC 8707 §2.2, `invalid_target`).
    #[error("the requested audience is more than the session has")]
    AudienceExceeded,
    /// The token is ahead of the store, or the store does not know its session: state was lost.
    /// A client must keep its token.
    #[error("the store has lost state of this session")]
    StateRollback,
    /// The clocks of this instance and of the one that wrote the row disagree too much.
    #[error("the clocks of the instances disagree")]
    ClockSkew,
    /// A scope is beyond the limits.
    #[error("the scope does not fit: {0}")]
    Scope(#[from] ScopeError),
    /// The signing key failed. The old refresh token can be presented again.
    #[error("the token could not be signed or sealed")]
    Signing(#[from] SigningError),
    /// What the subject may do cannot be had. The refresh token can be presented again.
    #[error("{0}")]
    Permissions(#[from] PermissionError),
    /// The store did not answer. The refresh token can be presented again.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}
