//! Knows what is remembered of a session, and what a store promises about it.
//! Must not know a secret: a session is named by a hash of its secret.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    StoreError,
    carried::CarriedClaims,
    ended::EndReason,
    outcome::RotateOutcome,
    presented::{Attempt, ProofKey, Rotation},
    revocation::Owner,
};
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, SessionId, Subject},
    scope::Scope,
};

/// How a session behaves, fixed when it is created, so that a later change of configuration
/// never changes what was promised to a session that already runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionPolicy {
    /// How long an access token lives, at most.
    pub access_lifetime: Duration,
    /// How long after a rotation both tokens answer with the same successor.
    pub retry_window: Duration,
    /// How long the parent of an unconfirmed successor is still answered.
    pub retry_after_loss: Duration,
    /// How long a session may go unused.
    pub idle: Duration,
    /// How far clocks may disagree.
    pub max_skew: Duration,
    /// Whether each refresh replaces the refresh token.
    pub rotation: bool,
    /// Whether every second presentation counts as reuse: no coalescing, no replay.
    pub strict: bool,
    /// Whether a refresh must come with proof of the client (RFC 6749 §6).
    pub client_proof: bool,
}

/// One login or consent, and all that is needed to go on with it. Subject, client, scope,
/// audience, `acr` and policy never change: a new login is a new session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionRecord {
    /// The hash of the session's secret; the `sid` claim.
    pub id: SessionId,
    /// Who.
    pub subject: Subject,
    /// Through which application.
    pub client: ClientId,
    /// What the session may do; an access token carries this or less.
    pub scope: Scope,
    /// For which resource servers.
    pub audience: Vec<Audience>,
    /// What its access tokens say beside that.
    pub claims: CarriedClaims,
    /// The key the tokens are bound to.
    pub cnf: Option<ProofKey>,
    /// What the session list calls it: a device, a browser.
    pub label: Option<String>,
    /// How it behaves.
    pub policy: SessionPolicy,
    /// When it ends whatever happens. Never moves.
    pub absolute_expires_at: Timestamp,
    /// What changes as it is used.
    pub state: SessionState,
}

/// The part of a session that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionState {
    /// How often the refresh token was replaced.
    pub generation: u32,
    /// Which sealing key made the token of this generation.
    pub sealing_key: u8,
    /// The attempt that last advanced or ended the session by rotation.
    pub attempt: Option<Attempt>,
    /// When the current generation came to be; nothing before the first refresh.
    pub rotated_at: Option<Timestamp>,
    /// When the current generation was first seen in use.
    pub confirmed_at: Option<Timestamp>,
    /// When it ends unless it is used. At most the absolute deadline.
    pub idle_expires_at: Timestamp,
    /// When and why it ended.
    pub ended: Option<(Timestamp, EndReason)>,
}

/// Whether what a store knows outlives the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store either remembers or it does not")]
pub enum Persistence {
    /// State ends with the process.
    Process,
    /// State outlives the process, so its secrets must be the host's.
    Durable,
}

/// What became of a new record.
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

impl SessionRecord {
    /// Whether it can still be used at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state.ended.is_none()
            && now < self.absolute_expires_at
            && now < self.state.idle_expires_at
    }

    /// From when on the record may be forgotten.
    #[must_use]
    pub fn prune_after(&self) -> Timestamp {
        self.absolute_expires_at + self.policy.max_skew
    }
}
