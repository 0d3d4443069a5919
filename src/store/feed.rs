//! Knows how revocation records travel from a store to every verifier: by a walk of the feed, and
//! at once within the process.
//! Must not know how a verifier looks them up.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_trait::async_trait;

use super::{StoreError, revocation::RevocationRecord};

/// A place in the feed. Only the engine that made it can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Box<[u8]>);

impl Cursor {
    /// The place an engine describes with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// What the engine wrote.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A stretch of the feed.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "engines build it")]
pub struct FeedPage {
    /// The records, oldest first. One record may come twice; none may be missing.
    pub records: Vec<RevocationRecord>,
    /// Where the next read goes on.
    pub cursor: Cursor,
    /// Whether this reached the end of the feed as it was when the read began.
    pub complete: bool,
}

/// Receives records the moment this process writes them; a verifier's index is one.
pub trait RevocationSink: Debug + Send + Sync + 'static {
    /// Takes in one record. Called with no lock held that a store operation needs.
    fn record(&self, record: &RevocationRecord);
}

/// The read side of revocation: all that a resource server needs of a store.
#[async_trait]
pub trait RevocationFeed: Debug + Send + Sync + 'static {
    /// Reads on from `after`, or from the oldest live record if that is `None`; at most about
    /// `limit` records.
    ///
    /// Whatever was committed before the call began is in this page or a later one of the same
    /// walk, and a record committed after the page was cut is reached from its cursor, however
    /// commits interleave. Records whose `expires_at` has passed may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer; the caller's staleness then grows.
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError>;

    /// Resolves when there may be something new to read: a hint, by which a verifier need not
    /// wait for its poll interval. It may come for nothing, late, or never, and is dropped at
    /// will.
    async fn changed(&self);

    /// Registers a sink. Every record that is written through this store object reaches it before
    /// the writing call returns. [`LocalSinks`] does this for an engine.
    fn subscribe(&self, sink: Weak<dyn RevocationSink>);
}

/// The sinks of one store object: what an engine keeps to honour [`RevocationFeed::subscribe`].
#[derive(Debug, Default)]
pub struct LocalSinks(Mutex<Vec<Weak<dyn RevocationSink>>>);

impl LocalSinks {
    /// Adds a sink, and drops those whose owner is gone.
    pub fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        let mut sinks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sinks.retain(|sink| sink.strong_count() > 0);
        sinks.push(sink);
    }

    /// Hands records that have just become durable to every sink.
    pub fn publish(&self, records: &[RevocationRecord]) {
        let sinks: Vec<Arc<dyn RevocationSink>> = {
            let sinks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            sinks.iter().filter_map(Weak::upgrade).collect()
        };
        for sink in sinks {
            for record in records {
                sink.record(record);
            }
        }
    }
}
