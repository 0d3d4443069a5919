//! Knows how the endpoints let a browser carry their state, and know it again.
//! Must not know what the state is.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::{Authority, error::SigningError};
use crate::{
    id::SessionId,
    store::{EndReason, StoreError},
    token::sealed_text::{self, SealedTextError},
};

impl Authority {
    /// Seals a state for one purpose and this long, under a key from the master secret: any
    /// instance opens it.
    pub(crate) fn seal_ticket(
        &self,
        purpose: &'static str,
        state: &impl Serialize,
        lifetime: Duration,
    ) -> Result<String, SigningError> {
        let inner = &*self.0;
        // INVARIANT (plain body): tickets are structs of texts and numbers.
        let text = serde_json::to_vec(state).unwrap_or_default();
        let expires_at = inner.clock.now() + lifetime;
        sealed_text::seal(&inner.sealing, inner.sealing_key, purpose, &text, expires_at)
            .ok_or(SigningError::UnknownSealingKey)
    }

    /// Opens what [`seal_ticket`](Self::seal_ticket) sealed for the same purpose.
    pub(crate) fn open_ticket<T: DeserializeOwned>(
        &self,
        purpose: &'static str,
        ticket: &str,
    ) -> Result<T, SealedTextError> {
        let text = sealed_text::open(&self.0.sealing, purpose, ticket, self.0.clock.now())?;
        serde_json::from_slice(&text).map_err(|_| SealedTextError::Broken)
    }

    /// Ends a session because its user signs out.
    pub(crate) async fn sign_out_session(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.ensure_retention().await?;
        let reason = EndReason::SignedOut;
        let was_live = self.0.store.end_session(id, reason, self.0.clock.now()).await?;
        crate::event::ended("session", id, reason.as_str(), was_live);
        Ok(was_live)
    }
}
