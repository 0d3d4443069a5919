//! Knows how access is taken back: by token text, by session, by owner, by key.
//! Must not know how verifiers learn of it; the store's feed carries it.

use super::{Authority, error::RevokeError};
use crate::{
    event,
    id::{ApiKeyId, ClientId, SessionId, Subject},
    secret::TokenText,
    store::{EndReason, EndedCounts, Owner, Reach, StoreError, StoreErrorKind, Target},
    token::OpaqueKind,
};

/// What a revocation by token text did.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::Revocation;
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let said = match authority.revoke(issued.access_token()).await? {
///     Revocation::AccessToken => "this token; its session goes on".to_owned(),
///     Revocation::Session(id) => format!("session {id} with all its tokens"),
///     Revocation::ApiKey(id) => format!("API key {id}"),
///     _ => "nothing".to_owned(),
/// };
/// assert_eq!(said, "this token; its session goes on");
/// assert!(authority.refresh(issued.refresh_token()).await.is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Revocation {
    /// Nothing: the token is unknown, expired, revoked before, or not ours. RFC 7009 §2.2 calls
    /// that a success.
    Nothing,
    /// One access token.
    AccessToken,
    /// The session of a refresh token, with all its access tokens.
    Session(SessionId),
    /// One API key.
    ApiKey(ApiKeyId),
}

impl Authority {
    /// Takes back a token: an access token alone, a refresh token with its whole session, or an
    /// API key (RFC 7009 §2.1). When this returns, every verifier of this process refuses it;
    /// others do within their poll interval. A token that is not known is not an error.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::authority::Revocation;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let done = authority.revoke(issued.refresh_token()).await?;
    /// assert_eq!(done, Revocation::Session(issued.session_id()));
    /// assert!(authority.verify(issued.access_token()).await.is_err(), "it ends, too");
    /// assert_eq!(authority.revoke("what is it?").await?, Revocation::Nothing);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn revoke(&self, token: impl TokenText) -> Result<Revocation, RevokeError> {
        self.revoke_text(token.token_text(), None).await
    }

    /// Takes back a token as [`revoke`](Self::revoke) does, if it is this client's (RFC 7009
    /// §2.1). An unknown token and another client's take the same path (INVARIANTS 65).
    #[cfg(feature = "oauth")]
    pub(crate) async fn revoke_own(
        &self,
        token: &str,
        client: &ClientId,
    ) -> Result<Revocation, RevokeError> {
        self.revoke_text(token, Some(client)).await
    }

    async fn revoke_text(
        &self,
        text: &str,
        by: Option<&ClientId>,
    ) -> Result<Revocation, RevokeError> {
        let inner = &*self.0;
        let now = inner.clock.now();
        match inner.prefixes.kind_of(text) {
            Some(OpaqueKind::RefreshToken) => {
                let Ok(parts) = inner.open(OpaqueKind::RefreshToken, text, now) else {
                    return Ok(Revocation::Nothing);
                };
                let id = parts.session_id();
                self.ensure_retention().await?;
                // The client of a row never changes: what is read stays true.
                if let Some(by) = by
                    && inner.store.find_session(&id).await?.is_none_or(|row| row.client != *by)
                {
                    return Ok(Revocation::Nothing);
                }
                let was_live = self.end(&id, EndReason::SignedOut).await?;
                Ok(if was_live { Revocation::Session(id) } else { Revocation::Nothing })
            }
            Some(OpaqueKind::ApiKey) => {
                let Ok(parts) = inner.open(OpaqueKind::ApiKey, text, now) else {
                    return Ok(Revocation::Nothing);
                };
                let id = parts.api_key_id();
                self.ensure_retention().await?;
                if let Some(by) = by
                    && inner.store.find_api_key(&id).await?.is_none_or(|row| row.client != *by)
                {
                    return Ok(Revocation::Nothing);
                }
                let was_live = inner.store.end_api_key(&id, EndReason::SignedOut, now).await?;
                event::ended("api_key", &id, EndReason::SignedOut.as_str(), was_live);
                Ok(if was_live { Revocation::ApiKey(id) } else { Revocation::Nothing })
            }
            Some(_) => Ok(Revocation::Nothing),
            None => self.revoke_jwt(text, by).await,
        }
    }

    /// Ends one session by its id, in the host's own code. Says whether it was live.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let phone = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// assert!(authority.end_session(&phone.session_id()).await?);
    /// assert!(!authority.end_session(&phone.session_id()).await?, "it had ended");
    ///
    /// let error = authority.verify(phone.access_token()).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the token was revoked: with its session");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn end_session(&self, id: &SessionId) -> Result<bool, RevokeError> {
        self.ensure_retention().await?;
        Ok(self.end(id, EndReason::Administrative).await?)
    }

    /// Ends everything of a subject: sessions, access tokens and API keys.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::Subject;
    ///
    /// let scope: Scope = "invoice:*:read".parse()?;
    /// let _phone = authority.issue(Grant::new("ada", scope.clone())).await?;
    /// let script = authority.issue_api_key(Grant::new("ada", scope), "backup", None).await?;
    ///
    /// let ended = authority.revoke_subject(&Subject::parse("ada")?).await?; // who has left
    /// assert_eq!((ended.sessions, ended.api_keys), (1, 1));
    /// assert!(authority.verify(script.api_key()).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn revoke_subject(&self, subject: &Subject) -> Result<EndedCounts, RevokeError> {
        let owner = Owner::Subject(subject.clone());
        self.revoke_owner(&owner, Reach::Everything, EndReason::SubjectRevoked).await
    }

    /// Signs a subject out everywhere: sessions and access tokens end, API keys stay.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::Subject;
    ///
    /// let scope: Scope = "invoice:*:read".parse()?;
    /// let ada = || Grant::new("ada", scope.clone());
    /// let phone = authority.issue(ada()).await?;
    /// let script = authority.issue_api_key(ada(), "backup", None).await?;
    ///
    /// let ended = authority.sign_out_everywhere(&Subject::parse("ada")?).await?;
    /// assert_eq!(ended.sessions, 1);
    /// assert!(authority.verify(phone.access_token()).await.is_err());
    /// assert!(authority.verify(script.api_key()).await.is_ok(), "API keys stay");
    ///
    /// let new = authority.issue(ada()).await?; // in the same millisecond, maybe
    /// assert!(authority.verify(new.access_token()).await.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn sign_out_everywhere(&self, subject: &Subject) -> Result<EndedCounts, RevokeError> {
        let owner = Owner::Subject(subject.clone());
        self.revoke_owner(&owner, Reach::Sessions, EndReason::SignedOut).await
    }

    /// Ends everything a client holds.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::ClientId;
    ///
    /// let scope: Scope = "invoice:*:read".parse()?;
    /// let app = authority.issue(Grant::new("ada", scope.clone()).client("app")).await?;
    /// let web = authority.issue(Grant::new("ada", scope).client("web")).await?;
    ///
    /// assert_eq!(authority.revoke_client(&ClientId::parse("app")?).await?.sessions, 1);
    /// let error = authority.verify(app.access_token()).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the token was revoked: with its client");
    /// assert!(authority.verify(web.access_token()).await.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn revoke_client(&self, client: &ClientId) -> Result<EndedCounts, RevokeError> {
        let owner = Owner::Client(client.clone());
        self.revoke_owner(&owner, Reach::Everything, EndReason::ClientRevoked).await
    }

    /// Ends what one client holds for one subject.
    ///
    /// # Errors
    /// [`RevokeError`]; repeating it is safe.
    pub async fn revoke_subject_at_client(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<EndedCounts, RevokeError> {
        let owner = Owner::SubjectAtClient(subject.clone(), client.clone());
        self.revoke_owner(&owner, Reach::Everything, EndReason::ConsentWithdrawn).await
    }

    /// RFC 7009 §2.1: the token must be one of ours, whether it is revoked already or not.
    async fn revoke_jwt(
        &self,
        text: &str,
        by: Option<&ClientId>,
    ) -> Result<Revocation, RevokeError> {
        // What cannot be read for want of keys is not unknown: the answer would be no answer.
        if self.0.keys.ensure().await.is_err() {
            let error = StoreError::new(StoreErrorKind::Unavailable, "keys");
            return Err(error.into());
        }
        let Ok(who) = self.0.verifier.find_genuine_jwt(text).await else {
            return Ok(Revocation::Nothing);
        };
        if by.is_some_and(|by| who.client_id() != Some(by.as_str())) {
            return Ok(Revocation::Nothing);
        }
        // A token without an id of ours cannot be named in the feed.
        let id = who.token_id().ok_or(RevokeError::UnsupportedTokenType)?;
        self.ensure_retention().await?;
        self.0.store.revoke(&Target::Token(id), self.0.clock.now()).await?;
        event::revoked("token", 0, 0);
        Ok(Revocation::AccessToken)
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
    ) -> Result<EndedCounts, RevokeError> {
        self.ensure_retention().await?;
        let now = self.0.clock.now();
        let counts = self.0.store.revoke_owner(owner, reach, reason, now).await?;
        event::revoked(reason.as_str(), counts.sessions, counts.api_keys);
        Ok(counts)
    }

    async fn end(&self, id: &SessionId, reason: EndReason) -> Result<bool, StoreError> {
        let was_live = self.0.store.end_session(id, reason, self.0.clock.now()).await?;
        event::ended("session", id, reason.as_str(), was_live);
        Ok(was_live)
    }
}
