//! Knows what a revocation record is and how records travel from the store to every verifier.
//! Must not know how a verifier looks them up.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;

use super::{StoreError, session::EndReason};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
};

/// Whose sessions, tokens and keys a revocation reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Owner {
    /// Everything that speaks for this subject.
    Subject(Subject),
    /// Everything this client holds.
    Client(ClientId),
    /// What this client holds for this subject.
    SubjectAtClient(Subject, ClientId),
}

/// What a revocation record takes back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// One access token, by its `jti`.
    Token(TokenId),
    /// One session: every access token with its `sid`.
    Session(SessionId),
    /// Every token of the owner that was born at or before the record's `not_before`.
    Owner(Owner),
    /// An API key changed or ended: caches must ask the store again.
    ApiKey(ApiKeyId),
    /// A client's registration changed: whoever holds it must load it again.
    Client(ClientId),
    /// A signing key was withdrawn: nothing it signed is believed any more.
    SigningKey(KeyId),
}

/// One entry of the revocation feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines and feed readers build it")]
pub struct RevocationRecord {
    /// What is taken back.
    pub target: Target,
    /// For an [`Owner`], the last birth that it kills, in milliseconds; for every other target,
    /// when the record was written.
    pub not_before: Timestamp,
    /// From here on no token that it covers can still be alive, and the record may go.
    pub expires_at: Timestamp,
}

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

/// How far the end of an owner's access reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Sessions and access tokens; API keys stay.
    Sessions,
    /// API keys as well.
    Everything,
}

/// What ending an owner's access did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "engines build it")]
pub struct EndedCounts {
    /// Sessions that were live and have ended.
    pub sessions: u64,
    /// API keys that were live and have ended.
    pub api_keys: u64,
}

/// The write side of revocation.
#[async_trait]
pub trait RevocationStore: RevocationFeed {
    /// Tells the store how long records must be kept: the longest life an access token may have,
    /// with leeway and clock skew. The store keeps the highest value it was ever told, also
    /// across restarts, and gives every record it writes that life. Returns the value in force.
    /// Before the first call it is [`DEFAULT_RETENTION`].
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer; nothing may be issued before it could.
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError>;

    /// Writes one record for a single token or signing key. Writing it twice is not an error.
    ///
    /// # Errors
    /// [`StoreError`]; the revocation may or may not have happened, and repeating it is safe.
    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError>;

    /// Ends everything an owner has, in one step: sessions (and API keys, as `reach` says) that
    /// have not ended end, those that idle or have expired too, and one record is written whose `not_before` is `now` or the latest birth among
    /// what ended, whichever is later, so that a fast clock elsewhere saves nothing.
    ///
    /// # Errors
    /// [`StoreError`]; the revocation may or may not have happened, and repeating it is safe.
    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;

    /// Removes up to `limit` records whose `expires_at` is at or before `now`, and says how many.
    ///
    /// # Errors
    /// [`StoreError`]; what was removed stays removed.
    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
}

/// The retention in force before [`RevocationStore::raise_retention`] was ever called: the
/// default cap of an access token's life with room for leeway and skew.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60 + 60);

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
