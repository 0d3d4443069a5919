//! Knows how a store fails.
//! Must not know an engine: each maps its own errors to these kinds once.

use std::error::Error;

/// What kind of trouble a store has: what a caller can do about it.
///
/// ```
/// use hallpass::store::{StoreError, StoreErrorKind};
///
/// /// Whether to ask again soon. The rest is for the operator.
/// fn may_pass(error: &StoreError) -> bool {
///     matches!(error.kind(), StoreErrorKind::Unavailable | StoreErrorKind::Busy)
/// }
///
/// assert!(may_pass(&StoreError::new(StoreErrorKind::Busy, "journal")));
/// assert!(!may_pass(&StoreError::new(StoreErrorKind::Corrupt, "journal")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store did not answer, or its answer is not certain. Repeating the call is safe.
    Unavailable,
    /// The store answered that it is overloaded or contended beyond what it retries itself.
    Busy,
    /// The store has no room for more.
    Full,
    /// A record holds what this version cannot read. It is refused, never guessed at.
    Corrupt,
    /// The store is not set up as the engine needs it: schema, settings or clock.
    Misconfigured,
}

/// A store could not do what it was asked.
///
/// The text names the engine and the kind. What the engine itself said is in
/// [`source`](Error::source) for the operator's log, and never reaches a client.
///
/// ```
/// use hallpass::store::{StoreError, StoreErrorKind};
/// use std::{error::Error as _, io};
///
/// /// How an engine that writes files says what went wrong.
/// fn store_error(error: io::Error) -> StoreError {
///     let kind = match error.kind() {
///         io::ErrorKind::StorageFull => StoreErrorKind::Full,
///         _ => StoreErrorKind::Unavailable,
///     };
///     StoreError::new(kind, "journal").with_source(error)
/// }
///
/// let error = store_error(io::ErrorKind::StorageFull.into());
/// assert_eq!(error.to_string(), "the journal store is full");
/// assert!(error.source().is_some());
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the {engine} store {}", .kind.text())]
pub struct StoreError {
    kind: StoreErrorKind,
    engine: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of `engine`, a short lower-case name.
    #[must_use]
    pub fn new(kind: StoreErrorKind, engine: &'static str) -> Self {
        Self { kind, engine, source: None }
    }

    /// The same with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Which engine has it.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.engine
    }
}

impl StoreErrorKind {
    fn text(self) -> &'static str {
        match self {
            Self::Unavailable => "did not answer",
            Self::Busy => "is busy",
            Self::Full => "is full",
            Self::Corrupt => "holds a record that cannot be read",
            Self::Misconfigured => "is not set up as it must be",
        }
    }
}
