//! Knows which scope a subject has given to a client.
//! Must not know how it was asked.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{EndedCounts, StoreError};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
};

/// What a subject has consented to for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct ConsentRecord {
    /// Who consented.
    pub subject: Subject,
    /// For which application.
    pub client: ClientId,
    /// To what.
    pub scope: Scope,
    /// When it was last given.
    pub given_at: Timestamp,
}

/// Remembers consents.
#[async_trait]
pub trait ConsentStore: Debug + Send + Sync + 'static {
    /// Remembers a consent. Where the one before covered something that this one does not, all
    /// that the client holds for the subject ends in the same step, as
    /// [`revoke_owner`](super::RevocationStore::revoke_owner) with
    /// [`EndReason::ConsentWithdrawn`](super::EndReason::ConsentWithdrawn) does it.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened, and repeating it is safe.
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;

    /// The consent as it is now.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError>;

    /// A subject's consents by client, at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError>;

    /// Takes a consent back, and ends all that the client holds for the subject, in one step. A
    /// consent that is not known is not an error; what the client holds ends all the same.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened, and repeating it is safe.
    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;
}
