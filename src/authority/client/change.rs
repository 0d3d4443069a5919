//! Knows how a registered client changes: its settings, its secrets, whether it may do anything.
//! Must not know how it is found or proves itself.

use std::time::Duration;

use super::{
    Client, ClientAuthentication, ClientError, RegisteredClient, secret, settings::corrupt,
};
use crate::{
    authority::Authority,
    event,
    id::ClientId,
    secret::ClientSecret,
    store::{ClientRecord, EndReason, EndedCounts, HashedSecret, Owner, ReplaceOutcome},
};

/// How often a change is tried that others overtake.
const ATTEMPTS: usize = 32;

impl Authority {
    /// Replaces all that was registered of a client but its secrets, and whether it is disabled.
    /// A [`secret`](Client::secret) that comes along replaces them; a client that needs one and
    /// has none gets one made.
    ///
    /// What it holds stays its own: a narrower scope or audience narrows what its next refresh
    /// gets. To end what it holds, [`revoke_client`](Self::revoke_client).
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::authority::Client;
    ///
    /// let app = Client::public("app").scope("invoice:*:*".parse()?);
    /// authority.register_client(app).await?;
    /// let grant = Grant::new("ada", "invoice:*:*".parse()?).client("app");
    /// let issued = authority.issue(grant).await?;
    ///
    /// let less = Client::public("app").scope("invoice:*:read".parse()?);
    /// authority.replace_client(less).await?;
    /// let next = authority.refresh(issued.refresh_token()).await?;
    /// assert_eq!(next.scope().as_str(), "invoice:*:read");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]; repeating it is safe.
    pub async fn replace_client(&self, client: Client) -> Result<RegisteredClient, ClientError> {
        let inner = &*self.0;
        let client = client.checked(&inner.fit())?;
        let settings = client.written()?;
        let now = inner.clock.now();
        let (secret, first) = inner.first_secret(&client, now)?;
        let needs_secret = client.authentication == ClientAuthentication::Secret;
        let was_given = client.secret.is_some();
        let mut is_shown = false;
        let id = client.id();
        self.change(id, "replaced", |record| {
            record.settings.clone_from(&settings);
            let has_one = record.secrets.iter().any(|one| secret::is_live(one, now));
            is_shown = needs_secret && !was_given && (!has_one || record.secrets == first);
            if !needs_secret || was_given || is_shown {
                record.secrets.clone_from(&first);
            }
            Ok(())
        })
        .await?;
        Ok(RegisteredClient { id: id.clone(), secret: secret.filter(|_| is_shown) })
    }

    /// Makes a new secret for a client. The newest one before works for `overlap` more, so that
    /// its users can change over; older ones end now. With no overlap the new one is the only
    /// one at once: what to do when a secret has leaked, with
    /// [`revoke_client`](Self::revoke_client) for what was got with it.
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::authority::Client;
    /// use std::time::Duration;
    ///
    /// let made = authority.register_client(Client::confidential("partner")).await?;
    /// let old = made.secret.expect("a confidential client gets one");
    /// let new = authority.rotate_client_secret(&made.id, Duration::from_secs(3600)).await?;
    /// for secret in [&old, &new] {
    ///     assert!(authority.authenticate_client(&made.id, secret).await?.is_some());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]. After [`ClientError::Unavailable`] a secret that nobody saw may be there;
    /// rotate again.
    pub async fn rotate_client_secret(
        &self,
        id: &ClientId,
        overlap: Duration,
    ) -> Result<ClientSecret, ClientError> {
        let inner = &*self.0;
        let now = inner.clock.now();
        let (secret, new) = inner.new_secret(id, now)?;
        self.change(id, "secret rotated", |record| {
            let read = Client::from_settings(&record.id, &record.settings).map_err(corrupt)?;
            if read.authentication != ClientAuthentication::Secret {
                return Err(ClientError::NoSecret(record.id.clone()));
            }
            // Written before, by an attempt whose answer was lost.
            if record.secrets.contains(&new) {
                return Ok(());
            }
            let ends_at = now + overlap;
            let before = record.secrets.iter().filter(|one| secret::is_live(one, now));
            let before = before.copied().last().filter(|_| !overlap.is_zero());
            record.secrets = before
                .map(|one| HashedSecret {
                    expires_at: Some(one.expires_at.map_or(ends_at, |end| end.min(ends_at))),
                    ..one
                })
                .into_iter()
                .chain([new])
                .collect();
            Ok(())
        })
        .await?;
        Ok(secret)
    }

    /// Disables a client: it is nobody from now on, and everything it holds has ended when this
    /// returns. Other instances refuse it within their poll interval.
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::authority::Client;
    ///
    /// let app = authority.register_client(Client::public("app")).await?.id;
    /// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("app");
    /// let issued = authority.issue(grant).await?;
    /// authority.disable_client(&app).await?;
    /// assert!(authority.find_client(&app).await?.is_none());
    /// assert!(authority.verify(issued.access_token()).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]; repeating it is safe.
    pub async fn disable_client(&self, id: &ClientId) -> Result<(), ClientError> {
        let now = self.0.clock.now();
        // Written even if it is disabled already: what slipped in meanwhile ends, too.
        self.change(id, "disabled", |record| {
            record.disabled_at = record.disabled_at.or(Some(now));
            Ok(())
        })
        .await?;
        let owner = Owner::Client(id.clone());
        let _ = self.ended_with(EndedCounts::default(), &owner, EndReason::ClientRevoked).await?;
        Ok(())
    }

    /// Enables a client again. What it held stays ended; it starts anew.
    ///
    /// # Errors
    /// [`ClientError`]; repeating it is safe.
    pub async fn enable_client(&self, id: &ClientId) -> Result<(), ClientError> {
        self.change(id, "enabled", |record| {
            record.disabled_at = None;
            Ok(())
        })
        .await
    }

    /// Forgets a client with all consents given to it, and ends everything it holds. Nothing if
    /// there is no such client.
    ///
    /// # Errors
    /// [`ClientError`]; repeating it is safe.
    pub async fn remove_client(&self, id: &ClientId) -> Result<Option<EndedCounts>, ClientError> {
        let inner = &*self.0;
        let server = inner.server()?;
        if inner.clients.configured(id).is_some() {
            return Err(ClientError::Configured(id.clone()));
        }
        self.ensure_retention().await?;
        let Some(ended) = server.remove_client(id, inner.clock.now()).await? else {
            return Ok(None);
        };
        event::client_changed("removed", id);
        let owner = Owner::Client(id.clone());
        Ok(Some(self.ended_with(ended, &owner, EndReason::ClientRevoked).await?))
    }

    /// Changes a record by `edit`, which is asked again when somebody else was faster.
    async fn change(
        &self,
        id: &ClientId,
        how: &'static str,
        mut edit: impl FnMut(&mut ClientRecord) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let inner = &*self.0;
        let server = inner.server()?;
        if inner.clients.configured(id).is_some() {
            return Err(ClientError::Configured(id.clone()));
        }
        self.ensure_retention().await?;
        for _ in 0..ATTEMPTS {
            let record = server.find_client(id).await?;
            let mut record = record.ok_or_else(|| ClientError::Unknown(id.clone()))?;
            edit(&mut record)?;
            match server.replace_client(&record, inner.clock.now()).await? {
                ReplaceOutcome::Replaced => {
                    event::client_changed(how, id);
                    return Ok(());
                }
                ReplaceOutcome::Conflict { .. } => {}
                ReplaceOutcome::Unknown => return Err(ClientError::Unknown(id.clone())),
            }
        }
        Err(ClientError::Contended)
    }
}
