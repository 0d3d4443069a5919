//! Knows how a client is found, and how it proves itself by a secret.
//! Must not know how clients come and go.

use std::sync::Arc;

use super::Client;
use crate::{
    authority::{Authority, Inner, IssueError, RefreshError},
    id::ClientId,
    secret::TokenText,
    store::StoreError,
};

impl Authority {
    /// The client of this id, if there is one and it is not disabled.
    ///
    /// # Errors
    /// [`StoreError`] when the store must be asked and does not answer.
    pub async fn find_client(&self, id: &ClientId) -> Result<Option<Arc<Client>>, StoreError> {
        Ok(self.0.clients.configured(id).map(|known| Arc::clone(&known.client)))
    }

    /// The client of this id, if this is its secret (RFC 6749 §2.3.1). A client that is unknown,
    /// disabled or has no secret takes the same work as one with another secret.
    ///
    /// # Errors
    /// [`StoreError`] when the store must be asked and does not answer.
    pub async fn authenticate_client(
        &self,
        id: &ClientId,
        secret: impl TokenText,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let known = self.0.clients.configured(id);
        let kept = known.map(|known| &*known.secrets).unwrap_or_default();
        let now = self.0.clock.now();
        let proved = self.0.client_secrets.is_one_of(kept, id, secret.token_text(), now);
        Ok(known.filter(|_| proved).map(|known| Arc::clone(&known.client)))
    }
}

impl Inner {
    /// The client that a grant names; nothing where it is the host itself.
    pub(in crate::authority) async fn client_of_grant(
        &self,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, IssueError> {
        Ok(self.clients.configured(id).map(|known| Arc::clone(&known.client)))
    }

    /// The client that a session belongs to; nothing where it is the host itself.
    pub(in crate::authority) async fn client_of_session(
        &self,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, RefreshError> {
        Ok(self.clients.configured(id).map(|known| Arc::clone(&known.client)))
    }

    /// The owner of something new was revoked meanwhile: is its client still one?
    pub(in crate::authority) async fn still_known(&self, id: &ClientId) -> Result<(), IssueError> {
        self.client_of_grant(id).await.map(|_| ())
    }
}
