//! Knows how a client is registered, and how secrets are made for it.
//! Must not know how it changes afterwards.

use super::{Client, ClientAuthentication, ClientError};
use crate::{
    authority::{Authority, Inner},
    clock::Timestamp,
    event,
    id::ClientId,
    secret::ClientSecret,
    store::{ClientRecord, HashedSecret, ServerStore, StoreError},
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// A client that was registered or replaced.
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::Client;
///
/// let made = authority.register_client(Client::confidential("partner")).await?;
/// let secret = made.secret.expect("a confidential client gets one");
/// assert!(authority.authenticate_client(&made.id, &secret).await?.is_some());
/// assert!(authority.authenticate_client(&made.id, "a guess").await?.is_none());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RegisteredClient {
    /// Its `client_id`.
    pub id: ClientId,
    /// The secret that was made for it. This is the only time it is shown.
    pub secret: Option<ClientSecret>,
}

impl Authority {
    /// Registers a client. A confidential one that signs no assertions and brings no
    /// [`secret`](Client::secret) gets one made.
    ///
    /// # Errors
    /// [`ClientError`] says what does not fit, or that the id is taken.
    pub async fn register_client(&self, client: Client) -> Result<RegisteredClient, ClientError> {
        let inner = &*self.0;
        let server = inner.server()?;
        let client = client.checked(&inner.fit())?;
        let id = client.id().clone();
        if id == inner.own_client || inner.clients.configured(&id).is_some() {
            return Err(ClientError::Taken(id));
        }
        let now = inner.clock.now();
        let (secret, secrets) = inner.first_secret(&client, now)?;
        let settings = client.written()?;
        let record = ClientRecord { id, version: 1, settings, secrets, disabled_at: None };
        self.ensure_retention().await?;
        if !server.insert_client(&record, now).await? && !is_ours(&**server, &record).await? {
            return Err(ClientError::Taken(record.id));
        }
        event::client_changed("registered", &record.id);
        Ok(RegisteredClient { id: record.id, secret })
    }

    /// Registers a client with a secret that was chosen for it, as
    /// [`Client::secret`] and [`register_client`](Self::register_client) do.
    ///
    /// # Errors
    /// [`ClientError`], as [`register_client`](Self::register_client).
    pub async fn register_client_with_secret(
        &self,
        client: Client,
        secret: &str,
    ) -> Result<RegisteredClient, ClientError> {
        self.register_client(client.secret(secret)).await
    }
}

impl Inner {
    /// The hash of the secret that came with the client, or a new one where it needs one.
    pub(super) fn first_secret(
        &self,
        client: &Client,
        now: Timestamp,
    ) -> Result<(Option<ClientSecret>, Vec<HashedSecret>), ClientError> {
        if let Some(given) = &client.secret {
            let hash = self.client_secrets.hash(client.id(), given.text());
            return Ok((None, vec![HashedSecret { hash, expires_at: None }]));
        }
        if client.authentication != ClientAuthentication::Secret {
            return Ok((None, Vec::new()));
        }
        let (secret, hashed) = self.new_secret(client.id(), now)?;
        Ok((Some(secret), vec![hashed]))
    }

    pub(super) fn new_secret(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<(ClientSecret, HashedSecret), ClientError> {
        let parts = OpaqueParts::generate(OpaqueKind::ClientSecret, now, None)
            .map_err(|_| ClientError::Random)?;
        let text = self.seal(&parts, self.sealing_key).map_err(|_| ClientError::Random)?;
        let hashed = HashedSecret { hash: self.client_secrets.hash(id, &text), expires_at: None };
        Ok((ClientSecret::from_sealed(text), hashed))
    }
}

/// Whether it is there because a resent command found its own work: nobody else can have our
/// random secret.
async fn is_ours(server: &dyn ServerStore, record: &ClientRecord) -> Result<bool, StoreError> {
    if record.secrets.is_empty() {
        return Ok(false);
    }
    let there = server.find_client(&record.id).await?;
    Ok(there.is_some_and(|there| there == *record))
}
