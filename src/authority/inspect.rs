//! Knows what the OAuth endpoints may learn of an authority beside its verbs.
//! Must not change anything.

use super::Authority;
use crate::{
    clock::Timestamp,
    id::ClientId,
    store::{Attempt, RotateOutcome, Rotation, SessionRecord, StoreError, decide},
    token::{OpaqueError, OpaqueKind},
};

impl Authority {
    /// Whether its store remembers all that an authorization server needs.
    pub(crate) fn has_server_store(&self) -> bool {
        self.0.server.is_some()
    }

    /// Whether anyone is asked what a subject may do.
    pub(crate) fn asks_permissions(&self) -> bool {
        self.0.permissions.is_some()
    }

    /// Whether this is the id of a client that was asked for lately, disabled or not.
    pub(crate) fn knows_client(&self, id: &ClientId) -> bool {
        self.0.clients.knows(id)
    }

    /// The time by which it judges.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Whether a text is one of its refresh tokens, by its prefix.
    pub(crate) fn is_refresh_token(&self, text: &str) -> bool {
        self.0.prefixes.kind_of(text) == Some(OpaqueKind::RefreshToken)
    }

    /// The session that this refresh token would go on with if this client presented it now;
    /// nothing if it would be refused. Nothing changes. One round trip, none for junk.
    pub(crate) async fn inspect_refresh_token(
        &self,
        token: &str,
        client: &ClientId,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let inner = &*self.0;
        let opened: Result<_, OpaqueError> =
            inner.open(OpaqueKind::RefreshToken, token, inner.clock.now());
        let Ok(parts) = opened else { return Ok(None) };
        let Some(session) = inner.store.find_session(&parts.session_id()).await? else {
            return Ok(None);
        };
        let rotation = Rotation {
            id: session.id,
            presented: parts.generation,
            client: Some(client.clone()),
            // Whether a key would be proved is not asked here.
            proof: session.cnf.clone(),
            sealing_key: inner.sealing_key,
            // No attempt of any call: nothing was carried out.
            attempt: Attempt::from_bytes([0; 8]),
            fast_forward: false,
        };
        let decision = decide(Some(&session), &rotation, inner.clock.now());
        let is_live = matches!(decision.outcome, RotateOutcome::Granted { .. });
        Ok(is_live.then_some(session))
    }
}
