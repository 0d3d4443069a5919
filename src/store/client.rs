//! Knows what is remembered of an application that was registered.
//! Must not know what its settings mean; the OAuth endpoints do.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{EndedCounts, StoreError};
use crate::{clock::Timestamp, id::ClientId};

/// A registered application.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .server_store(store.clone())
/// #     .build()?;
/// use hallpass::{authority::Client, store::ClientStore as _};
///
/// let partner = Client::confidential("partner").scope("invoice:*:read".parse()?);
/// let registered = authority.register_client(partner).await?;
/// let row = store.find_client(&registered.id).await?.unwrap();
/// assert_eq!((row.version, row.secrets.len(), row.disabled_at), (1, 1, None));
/// assert!(row.settings.contains("invoice:*:read")); // kept as it is: no store reads it
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .server_store(store.clone())
/// #     .build()?;
/// use hallpass::{authority::Client, store::ClientStore as _};
///
/// let registered = authority.register_client(Client::confidential("partner")).await?;
/// authority.rotate_client_secret(&registered.id, std::time::Duration::from_secs(3_600)).await?;
/// let row = store.find_client(&registered.id).await?.unwrap();
/// let [old, new] = row.secrets.as_slice() else { panic!("both work for an hour") };
/// assert!(old.expires_at.is_some() && new.expires_at.is_none());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct HashedSecret {
    /// The hash.
    pub hash: [u8; 32],
    /// Until when it works; nothing if it does not end. An overlap ends so.
    pub expires_at: Option<Timestamp>,
}

/// What became of a change to a client.
///
/// ```
/// # use hallpass::{MemoryStore, Timestamp};
/// use hallpass::store::{ClientRecord, ClientStore as _, ReplaceOutcome};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Timestamp::from_unix_seconds(1_800_000_000));
/// # let (id, settings) = ("partner".parse()?, "{}".to_owned());
/// let read = ClientRecord { id, version: 1, settings, secrets: Vec::new(), disabled_at: None };
/// store.insert_client(&read, now).await?;
/// // Two operators have read version 1, and both change it.
/// assert_eq!(store.replace_client(&read, now).await?, ReplaceOutcome::Replaced);
/// assert_eq!(store.replace_client(&read, now).await?, ReplaceOutcome::Conflict { version: 2 });
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{MemoryStore, Timestamp};
/// use hallpass::store::{ClientRecord, ClientStore, RevocationFeed as _, Target};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, now) = (MemoryStore::new(), Timestamp::from_unix_seconds(1_800_000_000));
/// # let (id, settings) = ("partner".parse()?, "{}".to_owned());
/// let client = ClientRecord { id, version: 1, settings, secrets: Vec::new(), disabled_at: None };
/// assert!(store.insert_client(&client, now).await?);
/// assert!(!store.insert_client(&client, now).await?, "the id is taken");
/// // Each instance reads of the change, and loads the client again.
/// let page = store.read_revocations(None, 10).await?;
/// assert_eq!(page.records[0].target, Target::Client(client.id));
/// # Ok(()) }
/// ```
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
