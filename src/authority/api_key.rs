//! Knows the life of an API key: made, listed, changed, replaced, ended.
//! Must not know how one is checked; the verifier does.

mod issued;

use std::time::Duration;

pub use self::issued::IssuedApiKey;
use super::{
    Authority, Inner,
    error::{ApiKeyError, IssueError, RevokeError, SigningError},
    grant::Grant,
    issue::{INSERT_ATTEMPTS, after},
    mint::whole_seconds,
};
use crate::{
    clock::Timestamp,
    event,
    id::{ApiKeyId, Subject},
    secret::{ApiKey, TokenText},
    store::{
        ApiKeyChange, ApiKeyRecord, EndReason, InsertOutcome, RotateApiKeyOutcome, StoreError,
    },
    token::{OpaqueKind, opaque::OpaqueParts},
};

impl Authority {
    /// Makes an API key: an opaque access token that works until `expires_at`, or until it is
    /// revoked. `name` is what lists call it.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::verifier::TokenKind;
    ///
    /// let grant = Grant::new("ci", "artifact:*:write".parse()?);
    /// let made = authority.issue_api_key(grant, "nightly build", None).await?;
    /// let who = authority.verify(made.api_key()).await?; // as any access token
    /// assert_eq!((who.subject(), who.kind()), ("ci", TokenKind::ApiKey));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing was given out then.
    pub async fn issue_api_key(
        &self,
        grant: Grant,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedApiKey, ApiKeyError> {
        check_name(name)?;
        self.ensure_retention().await?;
        let inner = &*self.0;
        let mut grant = grant.read(&inner.own_client)?;
        let mut born = inner.birth(&grant.subject, &grant.client);
        let client = inner.client_of_grant_now(&grant.client).await?;
        let negotiated = inner.negotiate(&mut grant, client.as_deref()).await?;
        let given = grant.given.map(|given| *given).unwrap_or_default();
        if given.cnf.is_some() {
            return Err(ApiKeyError::Bound);
        }
        let now = inner.clock.now();
        let lifetime = grant.access_lifetime.map(|lifetime| now + lifetime);
        let expires_at = [expires_at, grant.access_until, lifetime].into_iter().flatten().min();
        let expires_at = deadline(expires_at, now)?;
        let mut record = ApiKeyRecord {
            id: ApiKeyId::from_parts(born, [0; 12]),
            subject: grant.subject,
            client: grant.client,
            name: name.to_owned(),
            scope: grant.scope,
            audience: grant.audience,
            claims: given.claims,
            expires_at,
            last_used_at: None,
            replaced_by: None,
            ended: None,
        };
        for _ in 0..INSERT_ATTEMPTS {
            let key = inner.new_api_key(&mut record, born)?;
            match inner.store.insert_api_key(&record).await? {
                InsertOutcome::Inserted => {
                    event::issued(
                        Some(&record.id),
                        record.subject.as_str(),
                        record.client.as_str(),
                    );
                    return Ok(IssuedApiKey { key, record, negotiated: Some(negotiated) });
                }
                InsertOutcome::Conflict => {}
                InsertOutcome::BornRevoked { not_before } => {
                    born = after(not_before).max(now);
                    inner.client_of_grant_now(&record.client).await?;
                }
            }
        }
        Err(IssueError::Contended.into())
    }

    /// A subject's live API keys, oldest first: at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.0.store.list_api_keys(subject, after, limit, self.0.clock.now()).await
    }

    /// Changes a live key's name, scope or expiry. The scope is narrowed as at issue. The expiry can be brought forward only: the
    /// key itself carries the first one. For a longer life, rotate it.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::store::ApiKeyChange;
    ///
    /// let grant = Grant::new("ci", "artifact:*:*".parse()?);
    /// let made = authority.issue_api_key(grant, "build", None).await?;
    /// let scope = Some("artifact:*:read".parse()?);
    /// let change = ApiKeyChange { scope, ..ApiKeyChange::default() };
    /// authority.update_api_key(&made.id(), &change).await?;
    /// assert!(!authority.verify(made.api_key()).await?.allows(&("artifact", "7", "write")));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing changed then, or, after `Unavailable`, repeating it is safe.
    pub async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
    ) -> Result<ApiKeyRecord, ApiKeyError> {
        self.ensure_retention().await?;
        let inner = &*self.0;
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        let now = inner.clock.now();
        let mut change = change.clone();
        if change.expires_at.is_some() || change.scope.is_some() {
            let known = inner.live_api_key(id, now).await?;
            if change.expires_at.is_some_and(|new| later(new, known.expires_at)) {
                return Err(ApiKeyError::Extended);
            }
            if let Some(scope) = &change.scope {
                change.scope = Some(inner.grantable(&known.subject, &known.client, scope).await?);
            }
        }
        inner.store.update_api_key(id, &change, now).await?.ok_or(ApiKeyError::NotLive)
    }

    /// Replaces a live key by a new one with the same rights. The old one works for `overlap`
    /// more, so that its users can change over. `expires_at` is the new key's.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let grant = Grant::new("ci", "artifact:*:write".parse()?);
    /// let old = authority.issue_api_key(grant, "build", None).await?;
    /// let day = std::time::Duration::from_secs(24 * 60 * 60);
    /// let new = authority.rotate_api_key(&old.id(), day, None).await?;
    /// assert!(authority.verify(old.api_key()).await.is_ok(), "for a day");
    /// assert!(authority.verify(new.api_key()).await.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ApiKeyError`]; of many callers one wins, the others get
    /// [`ApiKeyError::AlreadyReplaced`].
    pub async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        overlap: Duration,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedApiKey, ApiKeyError> {
        self.ensure_retention().await?;
        let inner = &*self.0;
        let now = inner.clock.now();
        let mut successor = ApiKeyRecord {
            expires_at: deadline(expires_at, now)?,
            last_used_at: None,
            replaced_by: None,
            ..inner.live_api_key(id, now).await?
        };
        let mut born = inner.birth(&successor.subject, &successor.client);
        for _ in 0..INSERT_ATTEMPTS {
            let key = inner.new_api_key(&mut successor, born)?;
            match inner.store.rotate_api_key(id, &successor, now + overlap, now).await? {
                RotateApiKeyOutcome::Rotated => {
                    event::ended("api_key", id, EndReason::Replaced.as_str(), true);
                    return Ok(IssuedApiKey { key, record: successor, negotiated: None });
                }
                RotateApiKeyOutcome::AlreadyReplaced { .. } => {
                    return Err(ApiKeyError::AlreadyReplaced);
                }
                RotateApiKeyOutcome::NotLive => return Err(ApiKeyError::NotLive),
                RotateApiKeyOutcome::BornRevoked { not_before } => {
                    born = after(not_before).max(now);
                }
            }
        }
        Err(IssueError::Contended.into())
    }

    /// Ends one API key by its id, in the host's own code. Says whether it was live.
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn end_api_key(&self, id: &ApiKeyId) -> Result<bool, RevokeError> {
        self.ensure_retention().await?;
        let reason = EndReason::Administrative;
        let was_live = self.0.store.end_api_key(id, reason, self.0.clock.now()).await?;
        event::ended("api_key", id, reason.as_str(), was_live);
        Ok(was_live)
    }

    /// The id of the record of this API key: what lists show and [`end_api_key`](Self::end_api_key)
    /// takes.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let grant = Grant::new("ci", "artifact:*:write".parse()?);
    /// let made = authority.issue_api_key(grant, "build", None).await?;
    /// let leaked = made.api_key().expose_secret(); // as somebody reports it
    /// assert!(authority.end_api_key(&authority.api_key_id(leaked)?).await?);
    /// assert!(authority.verify(leaked).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ApiKeyError::Token`] when the text is no live key of this authority.
    pub fn api_key_id(&self, key: impl TokenText) -> Result<ApiKeyId, ApiKeyError> {
        let now = self.0.clock.now();
        Ok(self.0.open(OpaqueKind::ApiKey, key.token_text(), now)?.api_key_id())
    }
}

impl Inner {
    /// A new secret for this record; the record gets its id.
    fn new_api_key(
        &self,
        record: &mut ApiKeyRecord,
        born: Timestamp,
    ) -> Result<ApiKey, IssueError> {
        let parts = OpaqueParts::generate(OpaqueKind::ApiKey, born, record.expires_at)
            .map_err(SigningError::from)?;
        record.id = parts.api_key_id();
        Ok(ApiKey::from_sealed(self.seal(&parts, self.sealing_key)?))
    }

    async fn live_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
    ) -> Result<ApiKeyRecord, ApiKeyError> {
        let known = self.store.find_api_key(id).await?;
        known.filter(|record| record.is_live(now)).ok_or(ApiKeyError::NotLive)
    }
}

/// The deadline in whole seconds, as the key carries it; it must be ahead.
fn deadline(at: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, IssueError> {
    match at.map(whole_seconds) {
        Some(deadline) if deadline <= now => Err(IssueError::Expired),
        deadline => Ok(deadline),
    }
}

fn check_name(name: &str) -> Result<(), ApiKeyError> {
    let fits = (1..=200).contains(&name.chars().count()) && !name.contains(char::is_control);
    fits.then_some(()).ok_or(ApiKeyError::Name)
}

/// Whether the first deadline, where nothing is never, is after the second.
fn later(new: Option<Timestamp>, known: Option<Timestamp>) -> bool {
    match (new, known) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(new), Some(known)) => new > known,
    }
}
