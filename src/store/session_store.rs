//! Knows what a store promises about sessions, and what it answers when one is new.
//! Must not know what a presented token means: `decide` does.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    StoreError, ended::EndReason, outcome::RotateOutcome, presented::Rotation, revocation::Owner,
    session::SessionRecord,
};
use crate::{clock::Timestamp, id::SessionId};

/// Whether what a store knows outlives the process.
///
/// ```
/// use hallpass::store::{self, Persistence, SessionStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = store::from_url("memory:").await?;
/// let keep_secret = match store.persistence() {
///     Persistence::Process => false, // tokens and rows die together
///     Persistence::Durable => true,  // without the old master secret the rows are of no use
/// };
/// assert!(!keep_secret);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store either remembers or it does not")]
pub enum Persistence {
    /// State ends with the process.
    Process,
    /// State outlives the process, so its secrets must be the host's.
    Durable,
}

/// What became of a new record.
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
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::{id::{SessionId, Subject}, store::{InsertOutcome, SessionStore as _}};
///
/// let mut session = store.find_session(&issued.session_id()).await?.unwrap();
/// assert_eq!(store.insert_session(&session).await?, InsertOutcome::Conflict);
///
/// authority.revoke_subject(&Subject::parse("ada")?).await?;
/// // Made before that, and on its way until now: it must not slip past.
/// session.id = SessionId::from_parts(session.id.born(), [7; 12]);
/// let outcome = store.insert_session(&session).await?;
/// let InsertOutcome::BornRevoked { not_before } = outcome else { panic!("it lives") };
/// assert!(not_before >= session.id.born()); // one born after that is welcome
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum InsertOutcome {
    /// It is remembered.
    Inserted,
    /// A record with this id is known already; nothing changed.
    Conflict,
    /// The owner's access was revoked at or after the id's birth: an id born after this instant
    /// is needed. Nothing changed.
    BornRevoked {
        /// The last birth that is revoked.
        not_before: Timestamp,
    },
}

/// Remembers sessions.
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
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::{EndReason, SessionStore};
///
/// let sessions: &dyn SessionStore = &store;
/// let (id, now) = (issued.session_id(), issued.session_id().born());
/// assert!(sessions.end_session(&id, EndReason::Administrative, now).await?);
/// assert!(!sessions.end_session(&id, EndReason::Administrative, now).await?, "it has ended");
/// // The row stays, so that its tokens are known for what they are.
/// assert!(sessions.find_session(&id).await?.is_some_and(|row| !row.is_live(now)));
/// assert_eq!(sessions.prune_sessions(now, 100).await?, 0);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// Whether state outlives the process.
    fn persistence(&self) -> Persistence;

    /// Remembers a new session, unless its birth is at or before a revocation of its owner: both
    /// are looked at in the same step, so that no session slips past a revocation.
    ///
    /// # Errors
    /// [`StoreError`]; the session may or may not be remembered, and its tokens must not be given
    /// out.
    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError>;

    /// The session as it is now. Advice only: it may change before the next call.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError>;

    /// Applies [`decide`](super::decide::decide) to the row, as one atomic step: linearizable,
    /// and durable before it returns. On reuse the session's end and its revocation record are
    /// part of the same step. An ended session never becomes live again.
    ///
    /// # Errors
    /// [`StoreError`]; the rotation may or may not have happened. Sending the same
    /// [`Rotation`] again, with the same attempt, returns the first outcome.
    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError>;

    /// Notes that generation `generation` was seen in use. No effect if the session has moved
    /// on, has ended, or was confirmed before. May be lost; then a retry is answered for longer.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends one session and writes its revocation record, in one step. Says whether it was live;
    /// an unknown or ended session is not an error. One that only idles ends as well, so that a
    /// clock set back does not revive it. Where another call has ended the session, this one does
    /// not return before the sinks of this store object have heard of it.
    ///
    /// # Errors
    /// [`StoreError`]; the session may or may not have ended, and repeating it is safe.
    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// An owner's sessions that are live at `now`, oldest first, at most `limit` of those born
    /// after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError>;

    /// Forgets up to `limit` sessions whose absolute deadline and skew allowance have passed, and
    /// says how many. Such a session's tokens are refused without the store, so no answer
    /// changes.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten stays forgotten.
    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
