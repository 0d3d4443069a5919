//! Knows how registered clients are listed.
//! Must not know how they change.

use std::sync::Arc;

use super::{Client, settings::corrupt};
use crate::{
    authority::Authority,
    clock::Timestamp,
    id::ClientId,
    store::{ClientRecord, StoreError},
};

/// A registered client in a list.
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::Client;
/// use std::time::Duration;
///
/// let partner = authority.register_client(Client::confidential("partner")).await?.id;
/// let day = Duration::from_secs(24 * 60 * 60);
/// authority.rotate_client_secret(&partner, day).await?;
/// let listed = authority.list_clients(None, 100).await?;
/// assert_eq!(listed[0].client.display_name(), "partner");
/// assert!(listed[0].secrets[0].is_some(), "the old secret ends in a day");
/// assert_eq!(listed[0].secrets[1], None, "the new one does not end");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedClient {
    /// What was registered.
    pub client: Arc<Client>,
    /// Since when it is disabled.
    pub disabled_at: Option<Timestamp>,
    /// Until when each of its secrets works; nothing if it does not end. A client has two while
    /// one is rotated.
    pub secrets: Vec<Option<Timestamp>>,
}

impl Authority {
    /// Registered clients by id, disabled ones too: at most `limit` of those after `after`. Those
    /// that are configured are not among them.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or holds what this version cannot read.
    pub async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ListedClient>, StoreError> {
        let records = self.0.server()?.list_clients(after, limit).await?;
        records.iter().map(ListedClient::read).collect()
    }
}

impl ListedClient {
    fn read(record: &ClientRecord) -> Result<Self, StoreError> {
        let client = Client::from_settings(&record.id, &record.settings).map_err(corrupt)?;
        Ok(Self {
            client: Arc::new(client),
            disabled_at: record.disabled_at,
            secrets: record.secrets.iter().map(|secret| secret.expires_at).collect(),
        })
    }
}
