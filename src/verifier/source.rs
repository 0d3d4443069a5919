//! Knows where verifying keys come from.
//! Must not know how they are fetched or rotated.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::key::VerifyingKeys;

/// Gives the keys that tokens may be signed with: a local key ring, or a remote JWKS.
///
/// # Security
/// Whoever answers here decides which signatures are believed.
#[async_trait]
pub trait KeySource: Debug + Send + Sync + 'static {
    /// The keys as they are known now. Must not block: it is called for every token.
    fn snapshot(&self) -> VerifyingKeys;

    /// Loads the keys for the first time.
    ///
    /// # Errors
    /// [`KeySourceError`] when there are none to be had.
    async fn load(&self) -> Result<(), KeySourceError>;

    /// A token names a key that the snapshot does not have. The source may look for it, within
    /// its own limits of rate, and says whether the snapshot has changed.
    ///
    /// The name comes from an unchecked token; it must not choose where to look.
    async fn find_missing(&self, kid: &str) -> bool;
}

#[async_trait]
impl<T: KeySource + ?Sized> KeySource for Arc<T> {
    fn snapshot(&self) -> VerifyingKeys {
        (**self).snapshot()
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        (**self).load().await
    }

    async fn find_missing(&self, kid: &str) -> bool {
        (**self).find_missing(kid).await
    }
}

/// The keys cannot be had.
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
    pub(super) fn snapshot(&self) -> VerifyingKeys {
        match self {
            Self::Fixed(keys) => keys.clone(),
            Self::Source(source) => source.snapshot(),
        }
    }

    pub(super) async fn load(&self) -> Result<(), KeySourceError> {
        match self {
            Self::Fixed(_) => Ok(()),
            Self::Source(source) => source.load().await,
        }
    }

    pub(super) async fn find_missing(&self, kid: &str) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Source(source) => source.find_missing(kid).await,
        }
    }
}
