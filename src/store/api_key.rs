//! Knows what is remembered of an API key, and what a store promises about it.
//! Must not know the key itself: a record is named by a hash of its secret.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{StoreError, carried::CarriedClaims, ended::EndReason, session_store::InsertOutcome};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Audience, ClientId, Subject},
    scope::Scope,
};

/// A long-lived opaque access token for a service, a script or a person. The row decides: a
/// change to it is the answer of the next check.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("reports");
/// let issued = authority.issue_api_key(grant, "nightly report", None).await?;
/// let listed = authority.list_api_keys(&issued.record().subject, None, 10).await?;
/// assert_eq!(listed, [issued.record().clone()]);
/// assert_eq!(listed[0].name, "nightly report");
/// assert_eq!(listed[0].stops_at(), None); // until somebody ends it
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct ApiKeyRecord {
    /// The hash of the key's secret; says when it was born.
    pub id: ApiKeyId,
    /// For whom it speaks.
    pub subject: Subject,
    /// The application it was made for.
    pub client: ClientId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// For which resource servers.
    pub audience: Vec<Audience>,
    /// What its holder carries beside that.
    pub claims: CarriedClaims,
    /// When it stops working; nothing if never.
    pub expires_at: Option<Timestamp>,
    /// When it was last seen in use, give or take five minutes.
    pub last_used_at: Option<Timestamp>,
    /// The key that took its place; it goes on until `expires_at`.
    pub replaced_by: Option<ApiKeyId>,
    /// When and why it ended.
    pub ended: Option<(Timestamp, EndReason)>,
}

/// What to change of an API key. Fields that are `None` stay.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// use hallpass::store::ApiKeyChange;
///
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("reports");
/// let issued = authority.issue_api_key(grant, "nightly report", None).await?;
/// let scope = Some("invoice:7:read".parse()?);
/// let narrower = ApiKeyChange { scope, ..ApiKeyChange::default() }; // the rest stays
/// authority.update_api_key(&issued.id(), &narrower).await?;
///
/// let who = authority.verify(issued.api_key()).await?; // the next check already
/// assert!(who.allows(&("invoice", "7", "read")) && !who.allows(&("invoice", "8", "read")));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines read it")]
pub struct ApiKeyChange {
    /// The new name.
    pub name: Option<String>,
    /// The new scope.
    pub scope: Option<Scope>,
    /// The new expiry; `Some(None)` is "never".
    pub expires_at: Option<Option<Timestamp>>,
}

/// What became of a rotation.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// use hallpass::{id::ApiKeyId, store::{ApiKeyStore as _, RotateApiKeyOutcome}};
///
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("reports");
/// let old = authority.issue_api_key(grant, "nightly report", None).await?.record().clone();
/// let now = old.id.born();
/// let mut new = old.clone();
/// new.id = ApiKeyId::from_parts(now, [1; 12]);
/// let outcome = store.rotate_api_key(&old.id, &new, now, now).await?;
/// assert_eq!(outcome, RotateApiKeyOutcome::Rotated);
///
/// let mut late = old.clone();
/// late.id = ApiKeyId::from_parts(now, [2; 12]);
/// let outcome = store.rotate_api_key(&old.id, &late, now, now).await?;
/// assert_eq!(outcome, RotateApiKeyOutcome::AlreadyReplaced { by: new.id });
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum RotateApiKeyOutcome {
    /// The successor is remembered, and the old key works until the overlap ends.
    Rotated,
    /// The key was replaced before, by another call.
    AlreadyReplaced {
        /// By which key.
        by: ApiKeyId,
    },
    /// There is no such key, or it has ended or expired.
    NotLive,
    /// A successor born after this instant is needed.
    BornRevoked {
        /// The last birth that is revoked.
        not_before: Timestamp,
    },
}

/// Remembers API keys. Every method that changes one that was live also writes its revocation
/// record, so that caches ask again.
///
/// Each method is one atomic step; `now` is the caller's clock, stores read none.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// use hallpass::store::{ApiKeyStore, EndReason};
///
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("reports");
/// let issued = authority.issue_api_key(grant, "nightly report", None).await?;
/// let keys: &dyn ApiKeyStore = &store;
/// let (id, now) = (issued.id(), issued.id().born());
/// assert!(keys.find_api_key(&id).await?.is_some_and(|key| key.is_live(now)));
/// assert!(keys.end_api_key(&id, EndReason::Administrative, now).await?);
/// assert!(authority.verify(issued.api_key()).await.is_err());
/// assert!(keys.list_api_keys(&issued.record().subject, None, 10, now).await?.is_empty());
/// # Ok(()) }
/// ```
#[async_trait]
pub trait ApiKeyStore: Debug + Send + Sync + 'static {
    /// Remembers a new key, unless its birth is at or before a revocation of its owner.
    ///
    /// # Errors
    /// [`StoreError`]; the key may or may not be remembered, and must not be given out.
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError>;

    /// The key as it is now; never older than the last acknowledged write.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer; the caller must then refuse.
    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError>;

    /// A subject's keys that are live at `now`, oldest first, at most `limit` of those born
    /// after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError>;

    /// Changes a live key, and returns it as it is now; nothing if it is not live.
    ///
    /// # Errors
    /// [`StoreError`]; the change may or may not have happened, and repeating it is safe.
    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError>;

    /// Replaces a live key: remembers `successor`, and lets the old one work until
    /// `overlap_until` or its own expiry, whichever is first. Linearizable: of many callers one
    /// wins. The successor's id is the mark of the attempt: the same call sent again finds
    /// itself in `replaced_by` and is `Rotated` again. It must be new: a key that is there is
    /// never written over, and the call is an error.
    ///
    /// # Errors
    /// [`StoreError`]; the rotation may or may not have happened, and repeating it is safe.
    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError>;

    /// Ends one key. Says whether it was live; an unknown or ended key is not an error. Where
    /// another call has ended it, this one does not return before the sinks have heard of it.
    ///
    /// # Errors
    /// [`StoreError`]; the key may or may not have ended, and repeating it is safe.
    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes that a key was used at `now`, if the note it has is at least `step` old. May be lost.
    /// Writes no revocation record.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: std::time::Duration,
    ) -> Result<(), StoreError>;

    /// Forgets up to `limit` keys that ended or expired at or before `before`, and says how many.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten stays forgotten.
    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError>;
}

impl ApiKeyRecord {
    /// Whether it works at `now`. The instant of expiry counts as expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.expires_at.is_none_or(|deadline| now < deadline)
    }

    /// When it stopped or will stop working, if ever.
    #[must_use]
    pub fn stops_at(&self) -> Option<Timestamp> {
        match (self.ended, self.expires_at) {
            (Some((ended_at, _)), Some(expires_at)) => Some(ended_at.min(expires_at)),
            (Some((ended_at, _)), None) => Some(ended_at),
            (None, expires_at) => expires_at,
        }
    }
}
