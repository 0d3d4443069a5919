//! Knows what is remembered of an application that was registered.
//! Must not know what its settings mean; the OAuth endpoints do.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{EndedCounts, StoreError};
use crate::{clock::Timestamp, id::ClientId};

/// A registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct ClientRecord {
    /// Its `client_id`.
    pub id: ClientId,
    /// Counts its changes, from 1: what a change is guarded by.
    pub version: u64,
    /// What was registered, as the JSON text its reader wrote.
    pub settings: String,
    /// The secrets it may prove itself with, hashed.
    pub secrets: Vec<HashedSecret>,
    /// Since when it is disabled.
    pub disabled_at: Option<Timestamp>,
}

/// A client's secret as it is kept: a keyed hash, worthless without the master secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct HashedSecret {
    /// The hash.
    pub hash: [u8; 32],
    /// Until when it works; nothing if it does not end. An overlap ends so.
    pub expires_at: Option<Timestamp>,
}

/// What became of a change to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum ReplaceOutcome {
    /// It is as given now.
    Replaced,
    /// Somebody else changed it in between; nothing changed.
    Conflict {
        /// The version that it has.
        version: u64,
    },
    /// There is no such client.
    Unknown,
}

/// Remembers clients. Every change writes a feed record of
/// [`Target::Client`](super::Target::Client), so that all instances load it again.
#[async_trait]
pub trait ClientStore: Debug + Send + Sync + 'static {
    /// Remembers a new client with version 1; says whether the id was free.
    ///
    /// # Errors
    /// [`StoreError`]; the client may or may not be remembered.
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The client as it is now.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError>;

    /// Clients by id, at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError>;

    /// Replaces a client whose version is `client.version`; the next version is one more. If the
    /// new record is disabled, everything the client holds ends in the same step, as
    /// [`revoke_owner`](super::RevocationStore::revoke_owner) with
    /// [`EndReason::ClientRevoked`](super::EndReason::ClientRevoked) does it.
    ///
    /// # Errors
    /// [`StoreError`]; the change may or may not have happened.
    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError>;

    /// Forgets a client, with all its consents, and ends everything it holds, in one step.
    /// Nothing if there is no such client.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened, and repeating it is safe.
    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError>;
}
