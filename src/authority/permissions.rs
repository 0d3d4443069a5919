//! Knows what of a request may be granted: the ceiling of its client, and what its subject may do
//! now. A token never gives more than its user has.
//! Must not know where permissions come from; the host's `PermissionSource` does.

use std::sync::Arc;

use super::{
    Client, Inner,
    error::{IssueError, RefreshError},
    grant::ReadGrant,
    refresh::Refresh,
};
use crate::{
    id::{Audience, ClientId, Subject},
    scope::{Limits, Negotiated, RequestedScope, Scope},
    store::SessionRecord,
    token::opaque::OpaqueParts,
    verifier::PermissionError,
};

/// A meet of a request with a policy may have more items than either; what is granted in the end
/// is held to the limits of the negotiation.
const WIDE: Limits = Limits::DEFAULT.items(100_000).bytes(16 << 20);

/// What the access token of a refresh may carry, if that is less than the session has.
#[derive(Debug, Default)]
pub(super) struct Narrowed {
    /// The session's client, where it was looked up.
    pub(super) client: Option<Arc<Client>>,
    pub(super) requested: Option<Scope>,
    pub(super) permitted: Option<Scope>,
    pub(super) audience: Option<Vec<Audience>>,
}

impl Inner {
    /// Narrows a grant to what may be granted, by the configured negotiation.
    pub(super) async fn negotiate(
        &self,
        grant: &mut ReadGrant,
        client: Option<&Client>,
    ) -> Result<Negotiated, IssueError> {
        let scope = grant.scope.clone();
        let negotiated = self.weigh(&grant.subject, &grant.client, client, scope).await?;
        grant.scope = negotiated.granted().clone();
        grant.audience = self.audience_for(client, &grant.audience)?.to_vec();
        Ok(negotiated)
    }

    /// As much of this scope as may be granted.
    pub(super) async fn grantable(
        &self,
        subject: &Subject,
        id: &ClientId,
        scope: &Scope,
    ) -> Result<Scope, IssueError> {
        let client = self.client_of_grant(id).await?;
        Ok(self.weigh(subject, id, client.as_deref(), scope.clone()).await?.into_granted())
    }

    /// Whether anybody but the host has a say in what is granted at this client.
    pub(super) fn is_limited(&self, client: Option<&Client>) -> bool {
        self.permissions.is_some() || client.and_then(Client::ceiling).is_some()
    }

    /// What of a scope is granted to this subject at this client.
    pub(super) async fn weigh(
        &self,
        subject: &Subject,
        id: &ClientId,
        client: Option<&Client>,
        scope: Scope,
    ) -> Result<Negotiated, IssueError> {
        match self.allowed(subject, id, client).await? {
            Some(allowed) => {
                let requested = RequestedScope::from(&scope);
                Ok(self.negotiation.negotiate(Some(&requested), &allowed)?)
            }
            // Where nobody else has a say, the host's own word stands.
            None => Ok(self.negotiation.grant_in_full(scope)?),
        }
    }

    /// What client and subject allow together; nothing where neither is limited.
    async fn allowed(
        &self,
        subject: &Subject,
        id: &ClientId,
        client: Option<&Client>,
    ) -> Result<Option<Scope>, IssueError> {
        if !self.is_limited(client) {
            return Ok(None);
        }
        let ceiling = client.and_then(Client::ceiling);
        let permitted = self.permitted(subject, id).await?;
        Ok(Some(match (ceiling, permitted) {
            (Some(ceiling), Some(permitted)) => ceiling.meet_within(&permitted, &WIDE)?,
            (Some(ceiling), None) => ceiling.clone(),
            (None, Some(permitted)) => permitted,
            // A limit that nobody here knows allows nothing.
            (None, None) => Scope::empty(),
        }))
    }

    async fn permitted(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<Scope>, PermissionError> {
        match &self.permissions {
            Some(source) => {
                let permissions = source.permissions(subject, Some(client)).await?;
                // No right to anything of the host's, so no source need know them; a client's
                // ceiling still decides.
                let protocol = Scope::parse("openid offline_access");
                let all = protocol.and_then(|words| permissions.join_within(&words, &WIDE));
                Ok(Some(all.unwrap_or(permissions)))
            }
            None => Ok(None),
        }
    }

    /// The audiences asked for, if the client may ask for them; else all that it may.
    pub(super) fn audience_for<'a>(
        &'a self,
        client: Option<&'a Client>,
        asked: &'a [Audience],
    ) -> Result<&'a [Audience], IssueError> {
        let known = self.audience_of(client);
        match asked.iter().find(|asked| !known.contains(asked)) {
            Some(unknown) => Err(IssueError::Audience { audience: unknown.to_string() }),
            None if asked.is_empty() => Ok(known),
            None => Ok(asked),
        }
    }

    /// The audiences that the client may have tokens for as it is configured now.
    pub(super) fn still_allowed(
        &self,
        client: Option<&Client>,
        audience: &[Audience],
    ) -> Result<Vec<Audience>, RefreshError> {
        let known = self.audience_of(client);
        let left: Vec<_> = audience.iter().filter(|one| known.contains(one)).cloned().collect();
        if left.is_empty() { Err(RefreshError::AudienceExceeded) } else { Ok(left) }
    }

    fn audience_of<'a>(&'a self, client: Option<&'a Client>) -> &'a [Audience] {
        client.map(Client::audiences).filter(|own| !own.is_empty()).unwrap_or(&self.audience)
    }

    /// Everything that can refuse a refresh, before the row is touched. It costs a round trip
    /// only where the request or a permission source asks for it. What it reads of a row never
    /// changes, so it stays true when the session moves on in between.
    pub(super) async fn narrow(
        &self,
        refresh: &Refresh<'_>,
        parts: &OpaqueParts,
    ) -> Result<Narrowed, RefreshError> {
        // A client that was named is known before its session: the row is read for one that was
        // not only where clients are registered.
        let named = match refresh.client {
            Some(id) => Some(self.client_of_session(id).await?),
            None => None,
        };
        let asks_nothing = refresh.scope.is_none() && refresh.audience.is_none();
        if self.permissions.is_none() && asks_nothing && (named.is_some() || self.server.is_none())
        {
            return Ok(Narrowed { client: named.flatten(), ..Narrowed::default() });
        }
        let Some(session) = self.store.find_session(&parts.session_id()).await? else {
            return Ok(Narrowed::nothing());
        };
        if will_be_refused(&session, refresh, parts) {
            return Ok(Narrowed::nothing());
        }
        let client = match named {
            Some(client) => client,
            None => self.client_of_session(&session.client).await?,
        };
        // It may have become confidential after this session began (INVARIANTS 27).
        if refresh.client.is_none() && client.as_ref().is_some_and(|one| one.is_confidential()) {
            return Err(RefreshError::ClientRequired);
        }
        if let Some(scope) = &refresh.scope
            && !session.scope.covers(scope)
        {
            return Err(RefreshError::ScopeExceeded);
        }
        if let Some(audience) = &refresh.audience
            && (audience.is_empty() || audience.iter().any(|one| !session.audience.contains(one)))
        {
            return Err(RefreshError::AudienceExceeded);
        }
        let audience = refresh.audience.as_deref().unwrap_or(&session.audience);
        self.still_allowed(client.as_deref(), audience)?;
        let permitted = self.permitted(&session.subject, &session.client).await?;
        let narrowed = Narrowed {
            client,
            requested: refresh.scope.clone(),
            permitted,
            audience: refresh.audience.clone(),
        };
        let effective = self.effective(&session, narrowed.client.as_deref(), &narrowed)?;
        if effective.is_empty() && !session.scope.is_empty() {
            return Err(RefreshError::NothingGranted);
        }
        Ok(narrowed)
    }

    /// What the access token of a refresh carries: the session's scope, or what was asked of it,
    /// within the client's ceiling and the subject's permissions as they are now.
    pub(super) fn effective(
        &self,
        session: &SessionRecord,
        client: Option<&Client>,
        narrowed: &Narrowed,
    ) -> Result<Scope, RefreshError> {
        let mut scope = narrowed.requested.as_ref().unwrap_or(&session.scope).clone();
        let ceiling = client.and_then(Client::ceiling);
        for limit in [ceiling, narrowed.permitted.as_ref()].into_iter().flatten() {
            scope = scope.meet_within(limit, &WIDE)?;
        }
        Ok(scope)
    }
}

impl Narrowed {
    /// For a refresh that the store will refuse: should it be granted after all, it is worth
    /// nothing.
    fn nothing() -> Self {
        Self { requested: Some(Scope::empty()), ..Self::default() }
    }
}

/// Whether the store's answer is known already: the checks of the request are then not asked, so
/// that a stranger learns nothing and a reuse is still seen.
fn will_be_refused(session: &SessionRecord, refresh: &Refresh<'_>, parts: &OpaqueParts) -> bool {
    let other_client = match refresh.client {
        Some(client) => *client != session.client,
        None => session.policy.client_proof,
    };
    let unproven = session.cnf.is_some() && session.cnf != refresh.proof;
    let stale = session.state.generation.saturating_sub(parts.generation) > 1;
    other_client || unproven || stale || session.state.ended.is_some()
}
