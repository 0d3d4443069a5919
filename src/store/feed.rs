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
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, id::KeyId};
/// use hallpass::store::{RevocationFeed as _, RevocationStore as _, Target};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let start = store.read_revocations(None, 100).await?.cursor;
/// store.revoke(&Target::SigningKey(KeyId::parse("leaked")?), now).await?;
/// let page = store.read_revocations(Some(&start), 100).await?; // goes on from there
/// assert_eq!(page.records.len(), 1);
/// assert!(store.read_revocations(Some(&page.cursor), 100).await?.records.is_empty());
/// # Ok(()) }
/// ```
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
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, id::KeyId};
/// use hallpass::store::{RevocationFeed as _, RevocationRecord, RevocationSink, RevocationStore as _, Target};
/// use std::sync::{Arc, Mutex, Weak};
///
/// #[derive(Debug, Default)]
/// struct Heard(Mutex<Vec<Target>>);
///
/// impl RevocationSink for Heard {
///     fn record(&self, record: &RevocationRecord) {
///         self.0.lock().unwrap().push(record.target.clone());
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, heard) = (MemoryStore::new(), Arc::new(Heard::default()));
/// let sink: Weak<Heard> = Arc::downgrade(&heard); // dropping `heard` ends the subscription
/// store.subscribe(sink);
/// let target = Target::SigningKey(KeyId::parse("leaked")?);
/// store.revoke(&target, Timestamp::from_unix_seconds(1_800_000_000)).await?;
/// assert_eq!(*heard.0.lock().unwrap(), [target]); // before the call returned
/// # Ok(()) }
/// ```
pub trait RevocationSink: Debug + Send + Sync + 'static {
    /// Takes in one record. Called with no lock held that a store operation needs.
    fn record(&self, record: &RevocationRecord);
}

/// The read side of revocation: all that a resource server needs of a store.
///
/// ```
/// use hallpass::store::{RevocationFeed, RevocationRecord, StoreError};
///
/// /// Reads the whole feed, as a verifier does when it starts.
/// async fn walk(feed: &dyn RevocationFeed) -> Result<Vec<RevocationRecord>, StoreError> {
///     let (mut records, mut place) = (Vec::new(), None);
///     loop {
///         let page = feed.read_revocations(place.as_ref(), 1_000).await?;
///         records.extend(page.records);
///         if page.complete {
///             return Ok(records);
///         }
///         place = Some(page.cursor);
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), StoreError> {
/// # assert!(walk(&hallpass::MemoryStore::new()).await?.is_empty());
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Timestamp, id::TokenId};
/// use hallpass::store::{LocalSinks, RevocationRecord, RevocationSink, Target};
/// use hallpass::verifier::RevocationIndex;
/// use std::{sync::{Arc, Weak}, time::Duration};
///
/// #[derive(Debug)]
/// struct Index(RevocationIndex);
///
/// impl RevocationSink for Index {
///     fn record(&self, record: &RevocationRecord) {
///         self.0.insert(record);
///     }
/// }
///
/// # let at = Timestamp::from_unix_seconds;
/// # let target = Target::Token(TokenId::from_parts(at(1_000), [1; 12]));
/// # let record = RevocationRecord { target, not_before: at(1_001), expires_at: at(2_000) };
/// let sinks = LocalSinks::default(); // a field of the engine
/// let index = Arc::new(Index(RevocationIndex::new(Duration::from_secs(24 * 60 * 60))));
/// let weak: Weak<Index> = Arc::downgrade(&index);
/// sinks.subscribe(weak);
/// sinks.publish(&[record]); // when a command's records are durable, and its locks are gone
/// assert_eq!(index.0.len(), 1);
/// ```
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
