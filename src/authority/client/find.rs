//! Knows how a client is found, and how it proves itself by a secret.
//! Must not know how clients come and go.

use std::sync::Arc;

use super::{Client, Known, check::Fit};
use crate::{
    authority::{Authority, Inner, IssueError, RefreshError},
    event,
    id::ClientId,
    secret::TokenText,
    store::{ClientRecord, StoreError, StoreErrorKind},
};

/// What is known of whoever a grant or a session names as its client.
enum Standing {
    /// The host itself; or any name, where clients are not registered.
    Host,
    Client(Arc<Client>),
    /// No client, or one that is disabled.
    Nobody,
}

impl Authority {
    /// The client of this id, if there is one and it is not disabled. A configured one is known;
    /// a registered one is read from the store once, and again when it has changed.
    ///
    /// A change here is seen at once, one by another instance within its poll interval.
    ///
    /// # Errors
    /// [`StoreError`] when the store must be asked and does not answer, or holds what this
    /// version or configuration cannot take.
    pub async fn find_client(&self, id: &ClientId) -> Result<Option<Arc<Client>>, StoreError> {
        let known = self.0.known_client(id).await?;
        Ok(known.filter(|known| !known.disabled).map(|known| known.client))
    }

    /// The client of this id, if this is its secret (RFC 6749 §2.3.1). A client that is unknown,
    /// disabled or has no secret takes the same work as one with another secret.
    ///
    /// # Errors
    /// [`StoreError`], as [`find_client`](Self::find_client).
    pub async fn authenticate_client(
        &self,
        id: &ClientId,
        secret: impl TokenText,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let known = self.0.known_client(id).await?;
        let known = known.filter(|known| !known.disabled);
        let kept = known.as_ref().map(|known| &*known.secrets).unwrap_or_default();
        let now = self.0.clock.now();
        let proved = self.0.client_secrets.is_one_of(kept, id, secret.token_text(), now);
        Ok(known.filter(|_| proved).map(|known| known.client))
    }
}

impl Inner {
    /// A client, disabled or not.
    async fn known_client(&self, id: &ClientId) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.clients.configured(id) {
            return Ok(Some(known.clone()));
        }
        if self.server.is_none() {
            return Ok(None);
        }
        self.verifier.keep_up().await;
        // Without news of changes, nothing that was read before is believed.
        if self.verifier.is_fresh()
            && let Some(known) = self.clients.kept().find(id, self.clock.monotonic())
        {
            return Ok(Some(known));
        }
        self.known_client_now(id).await
    }

    /// The same as the store says now, not as it was read lately.
    async fn known_client_now(&self, id: &ClientId) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.clients.configured(id) {
            return Ok(Some(known.clone()));
        }
        let Some(server) = &self.server else { return Ok(None) };
        let kept = self.clients.kept();
        let (epoch, began) = (kept.epoch(), self.clock.monotonic());
        let Some(record) = server.find_client(id).await? else { return Ok(None) };
        let known = self.read_client(&record)?;
        kept.keep(id, known.clone(), epoch, began);
        Ok(Some(known))
    }

    /// What a record says, if it still fits this authority. A client is never guessed at, nor
    /// used with less than all of its limits (INVARIANTS 55).
    fn read_client(&self, record: &ClientRecord) -> Result<Known, StoreError> {
        let refused = |error: Box<dyn std::error::Error + Send + Sync>| {
            event::client_unreadable(&record.id, &error);
            StoreError::new(StoreErrorKind::Corrupt, "client").with_source(error)
        };
        let client = Client::from_settings(&record.id, &record.settings)
            .map_err(|error| refused(error.into()))?
            .checked(&self.fit())
            .map_err(|error| refused(error.into()))?;
        Ok(Known {
            client: Arc::new(client),
            secrets: record.secrets.as_slice().into(),
            disabled: record.disabled_at.is_some(),
        })
    }

    /// What a registered client must fit.
    pub(super) fn fit(&self) -> Fit<'_> {
        Fit {
            audience: &self.audience,
            max_access_lifetime: self.max_access_lifetime,
            is_wired: self.is_wired,
        }
    }

    fn standing(&self, id: &ClientId, known: Option<Known>) -> Standing {
        match known {
            Some(known) if known.disabled => Standing::Nobody,
            Some(known) => Standing::Client(known.client),
            // The host's own word needs no registration. Any other name does where clients are
            // registered: one that was removed must not come back without its ceiling.
            None if self.server.is_none() || *id == self.own_client => Standing::Host,
            None => Standing::Nobody,
        }
    }

    /// The client that a grant names; nothing where it is the host itself.
    pub(in crate::authority) async fn client_of_grant(
        &self,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, IssueError> {
        let known = self.known_client(id).await?;
        self.granted_to(id, known)
    }

    /// The same as the store says now: for whatever is new, which no row stops that has ended.
    pub(in crate::authority) async fn client_of_grant_now(
        &self,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, IssueError> {
        let known = self.known_client_now(id).await?;
        self.granted_to(id, known)
    }

    /// Whether this is the host itself and there is nobody to ask: a wait for nothing costs every
    /// token something.
    pub(in crate::authority) fn is_host_alone(&self, id: &ClientId) -> bool {
        self.server.is_none() && self.clients.configured(id).is_none()
    }

    fn granted_to(
        &self,
        id: &ClientId,
        known: Option<Known>,
    ) -> Result<Option<Arc<Client>>, IssueError> {
        match self.standing(id, known) {
            Standing::Host => Ok(None),
            Standing::Client(client) => Ok(Some(client)),
            Standing::Nobody => Err(IssueError::Client { client: id.clone() }),
        }
    }

    /// The client that a session belongs to; nothing where it is the host itself.
    pub(in crate::authority) async fn client_of_session(
        &self,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, RefreshError> {
        let known = self.known_client(id).await?;
        match self.standing(id, known) {
            Standing::Host => Ok(None),
            Standing::Client(client) => Ok(Some(client)),
            Standing::Nobody => Err(RefreshError::UnknownClient),
        }
    }
}
