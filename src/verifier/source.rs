//! Knows where verifying keys come from.
//! Must not know how they are fetched or rotated.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::key::VerifyingKeys;

/// Gives the keys that tokens may be signed with: a local key ring, or a remote JWKS.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{Verifier, key::VerifyingKeys, verifier::{KeySource, KeySourceError}};
/// use std::{sync::{Arc, RwLock}, time::Duration};
///
/// /// Keys that the host replaces when its configuration changes.
/// #[derive(Debug, Default)]
/// struct Replaced(RwLock<Option<VerifyingKeys>>);
///
/// #[async_trait::async_trait]
/// impl KeySource for Replaced {
///     fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
///         let keys = self.0.read().map_err(|_| KeySourceError::new("the lock is poisoned"))?;
///         keys.clone().ok_or(KeySourceError::new("none were given yet"))
///     }
///     async fn load(&self) -> Result<(), KeySourceError> {
///         self.snapshot().map(|_| ())
///     }
///     async fn find_missing(&self, _kid: &str) -> Result<bool, KeySourceError> {
///         Ok(false) // there is nowhere to look
///     }
///     fn due_in(&self) -> Duration {
///         Duration::MAX
///     }
///     async fn refresh(&self) {}
///     async fn nudge(&self) {}
/// }
///
/// let source = Arc::new(Replaced::default());
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .key_source(source.clone())
///     .stateless()
///     .build()?;
/// assert!(verifier.ready().await.is_err(), "it says so at start-up");
/// *source.0.write().unwrap() = Some(authority.jwks().verifying_keys()?);
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// assert!(verifier.verify(issued.access_token()).await.is_ok());
/// # Ok(()) }
/// ```
///
/// # Security
/// Whoever answers here decides which signatures are believed.
#[async_trait]
pub trait KeySource: Debug + Send + Sync + 'static {
    /// The keys as they are known now. Must not block: it is called for every token.
    ///
    /// # Errors
    /// [`KeySourceError`] when none are known that may still be believed: verification then fails
    /// closed, as trouble of our own.
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError>;

    /// Loads the keys for the first time.
    ///
    /// # Errors
    /// [`KeySourceError`] when there are none to be had.
    async fn load(&self) -> Result<(), KeySourceError>;

    /// A token names a key that the snapshot does not have. The source may look for it, within
    /// its own limits of rate, and says whether the snapshot has changed.
    ///
    /// The name comes from an unchecked token; it must not choose where to look.
    ///
    /// # Errors
    /// [`KeySourceError`] when the source cannot tell whether there is such a key.
    async fn find_missing(&self, kid: &str) -> Result<bool, KeySourceError>;

    /// A number that is never the same again once [`snapshot`](Self::snapshot) gives other keys
    /// than before, or `None` while it gives none, or when the source cannot tell. With it, tokens
    /// that were checked are remembered (see
    /// [`verified_cache`](super::VerifierBuilder::verified_cache)); without, each is checked anew.
    ///
    /// # Security
    /// The number must change after the snapshot does, and before the call that changed it returns:
    /// what is counted too early lets tokens of a key that was taken away live on.
    fn generation(&self) -> Option<u64> {
        None
    }

    /// How long until [`refresh`](Self::refresh) has something to do; zero when it has now. Must
    /// not block: it is asked for every token.
    fn due_in(&self) -> Duration;

    /// Does what is due, such as reading the keys anew before they are too old, and returns when
    /// it is done. Trouble is the source's to tell and to try again.
    async fn refresh(&self);

    /// A token was checked while something was due. Begins it, and waits for it only where nobody
    /// else would carry it on.
    async fn nudge(&self);
}

#[async_trait]
impl<T: KeySource + ?Sized> KeySource for Arc<T> {
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        (**self).snapshot()
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        (**self).load().await
    }

    async fn find_missing(&self, kid: &str) -> Result<bool, KeySourceError> {
        (**self).find_missing(kid).await
    }

    fn generation(&self) -> Option<u64> {
        (**self).generation()
    }

    fn due_in(&self) -> Duration {
        (**self).due_in()
    }

    async fn refresh(&self) {
        (**self).refresh().await;
    }

    async fn nudge(&self) {
        (**self).nudge().await;
    }
}

/// The keys cannot be had.
///
/// ```
/// use hallpass::verifier::{FailureKind, KeySourceError, VerifyError};
/// use std::{error::Error, io};
///
/// let cause = io::Error::other("no route to host");
/// let error = KeySourceError::new("the issuer did not answer").with_source(cause);
/// assert_eq!(error.to_string(), "the keys cannot be had: the issuer did not answer");
/// assert_eq!(error.source().expect("what it was").to_string(), "no route to host");
/// assert_eq!(VerifyError::Keys(error).kind(), FailureKind::Unavailable); // 503, not 401
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("the keys cannot be had: {what}")]
pub struct KeySourceError {
    what: &'static str,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl KeySourceError {
    /// What went wrong, in fixed words.
    #[must_use]
    pub fn new(what: &'static str) -> Self {
        Self { what, source: None }
    }

    /// The same with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

/// The keys of a verifier.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    Fixed(VerifyingKeys),
    Source(Arc<dyn KeySource>),
}

impl Keys {
    /// Counts the changes of the snapshot. `None`: it cannot be told.
    pub(super) fn generation(&self) -> Option<u64> {
        match self {
            Self::Fixed(_) => Some(0),
            Self::Source(source) => source.generation(),
        }
    }

    pub(super) async fn load(&self) -> Result<(), KeySourceError> {
        match self {
            Self::Fixed(_) => Ok(()),
            Self::Source(source) => source.load().await,
        }
    }

    pub(super) async fn find_missing(&self, kid: &str) -> Result<bool, KeySourceError> {
        match self {
            Self::Fixed(_) => Ok(false),
            Self::Source(source) => source.find_missing(kid).await,
        }
    }

    pub(super) fn due_in(&self) -> Duration {
        match self {
            Self::Fixed(_) => Duration::MAX,
            Self::Source(source) => source.due_in(),
        }
    }

    /// Does what is due at the source, if anything is.
    pub(super) async fn refresh(&self) {
        if let Some(source) = self.due() {
            source.refresh().await;
        }
    }

    /// The same for a request, which has better things to do than to wait for it.
    pub(super) async fn nudge(&self) {
        if let Some(source) = self.due() {
            source.nudge().await;
        }
    }

    fn due(&self) -> Option<&dyn KeySource> {
        match self {
            Self::Source(source) if source.due_in().is_zero() => Some(&**source),
            _ => None,
        }
    }
}
