//! Knows how each verb fails, and whose fault it is.
//! Must not know HTTP: status and body are the web edge's.

#[cfg(feature = "oauth")]
mod code;
mod config;
mod issue;
mod keys;
mod refresh;

#[cfg(feature = "oauth")]
pub use self::code::CodeError;
pub use self::{
    config::ConfigError,
    issue::{ApiKeyError, IssueError, SigningError},
    keys::{RotateKeysError, WithdrawError},
    refresh::RefreshError,
};
use crate::store::StoreError;

/// A revocation could not be carried out. Repeating it is safe.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::RevokeError;
///
/// /// The status with which a sign-out is answered.
/// async fn sign_out(authority: &Authority, token: &str) -> u16 {
///     match authority.revoke(token).await {
///         Ok(_) => 204, // an unknown token, too
///         Err(RevokeError::Unavailable(_)) => 503, // repeating it is safe
///         Err(_) => 400,
///     }
/// }
/// assert_eq!(sign_out(&authority, "no token at all").await, 204);
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The token is good, and has no id by which it could be revoked alone (RFC 7009 §2.2.1,
    /// `unsupported_token_type`): revoke its subject or client instead.
    #[error("a token without an id of this authority cannot be revoked alone")]
    UnsupportedTokenType,
    /// The store did not answer: the revocation may or may not have happened.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}
