//! Knows why an authorization code got nothing.
//! Must not know what a presented code means; the store decides that.

use super::SigningError;
use crate::{
    id::SessionId,
    store::{CodeRefusal, StoreError},
    token::OpaqueError,
};

/// An authorization code got nothing.
///
/// ```
#[doc = a_code!()]
/// use hallpass::authority::{CodeError, CodeRedemption};
///
/// let redemption = CodeRedemption::new(&app, verifier);
/// let first = authority.redeem_code(&code, redemption.clone()).await?;
/// match authority.redeem_code(&code, redemption).await {
///     // The code has leaked: what it had opened has ended.
///     Err(CodeError::Replayed(session)) => assert_eq!(session, first.issued().session_id()),
///     // It may or may not be used up: 503.
///     Err(CodeError::Unavailable(error)) => panic!("{error}"),
///     other => panic!("{other:?}"), // `invalid_grant`
/// }
/// assert!(authority.verify(first.issued().access_token()).await.is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The text is no code of this authority, or it has expired. The store was not asked.
    #[error("the code does not fit: {0}")]
    Token(#[from] OpaqueError),
    /// The verifier is none (RFC 7636 §4.1). The code was not touched.
    #[error("a code verifier has 43 to 128 letters, digits and `-._~`")]
    Verifier,
    /// The code was redeemed before: the session it had opened has been ended now.
    #[error("the code was used before: the session has been ended")]
    Replayed(SessionId),
    /// The code is not good for this client, redirect and verifier, or not any more.
    #[error("the code is refused: {}", refusal(*.0))]
    Refused(CodeRefusal),
    /// The requested audience is more than was granted (RFC 8707 §2.2, `invalid_target`). The
    /// code is used up.
    #[error("the requested audience is more than was granted")]
    AudienceExceeded,
    /// The signing key failed.
    #[error("the token could not be signed or sealed")]
    Signing(#[from] SigningError),
    /// The store did not answer: the code may or may not be used up.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

fn refusal(why: CodeRefusal) -> &'static str {
    match why {
        CodeRefusal::Unknown => "it is not known",
        CodeRefusal::OtherClient => "it belongs to another client",
        CodeRefusal::Expired => "it has expired",
        CodeRefusal::Mismatch => "the redirect address or the verifier is another",
        CodeRefusal::Used => "it was used before",
        CodeRefusal::Revoked => "its subject or client was revoked",
    }
}
