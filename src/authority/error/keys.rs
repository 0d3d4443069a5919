//! Knows why signing keys did not change.
//! Must not know any key.

use crate::{key::RotateError, store::StoreError};

/// The signing keys did not change.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{authority::RotateKeysError, key::RotateError};
///
/// let said = match authority.rotate_keys().await {
///     Ok(()) => "the next key signs".to_owned(),
///     Err(RotateKeysError::Ring(error @ RotateError::NotLed { .. })) => format!("later: {error}"),
///     Err(RotateKeysError::Ring(RotateError::Given)) => "the host has the keys".to_owned(),
///     Err(error) => panic!("{error}"),
/// };
/// assert_eq!(said, "the host has the keys");
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateKeysError {
    /// The ring does not rotate now.
    #[error("{0}")]
    Ring(#[from] RotateError),
    /// The store did not answer: whether the keys changed is seen when they are next read.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
    /// The store has signing keys, and none of them opens: they were sealed under another master
    /// secret, or for another issuer.
    #[error(
        "no signing key in the store opens: give the master secret that sealed them, or `also_opens` it"
    )]
    Sealed,
}

impl From<RotateKeysError> for WithdrawError {
    fn from(error: RotateKeysError) -> Self {
        match error {
            RotateKeysError::Ring(error) => Self::Ring(error),
            RotateKeysError::Unavailable(error) => Self::Unavailable(error),
            RotateKeysError::Sealed => Self::Sealed,
        }
    }
}

/// A signing key could not be withdrawn everywhere.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{authority::WithdrawError, id::KeyId};
///
/// match authority.withdraw_key(&KeyId::parse("mistyped")?).await {
///     // Nothing changed.
///     Err(WithdrawError::Ring(error)) => {
///         assert_eq!(error.to_string(), "the ring has no key `mistyped`");
///     }
///     // Withdrawn here; `tick` goes on telling the others.
///     Err(WithdrawError::Unavailable(error)) => eprintln!("not everywhere yet: {error}"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawError {
    /// There is no such key, or the ring cannot be without it.
    #[error("{0}")]
    Ring(#[from] RotateError),
    /// The store did not answer: other instances may still accept the key.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
    /// The store's keys cannot be read here, as none opens: other instances may still accept it.
    #[error("{}", RotateKeysError::Sealed)]
    Sealed,
}
