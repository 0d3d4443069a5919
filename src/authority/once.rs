//! Knows how a value is used up, so that it works once across all instances.
//! Must not know what the value is: the `jti` of an assertion, or of a proof.

use std::sync::Arc;

use super::{Authority, Inner};
use crate::{
    clock::Timestamp,
    crypto,
    store::{Attempt, ServerStore, StoreError, StoreErrorKind},
};

impl Authority {
    /// Uses up a value until `expires_at`, and says whether this was its first use: of many
    /// callers on all instances one is first. A value whose `expires_at` has come is never first.
    ///
    /// `key` names the value and what it is for; only a hash of it is kept. The caller frames the
    /// parts it is made of, so that no two values give the same bytes.
    ///
    /// # Errors
    /// [`StoreError`]: the value must count as used. [`StoreErrorKind::Misconfigured`] where the
    /// authority has no [`server_store`](super::AuthorityBuilder::server_store).
    pub async fn consume_once(
        &self,
        key: &[u8],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let inner = &*self.0;
        let server = inner.server()?;
        let now = inner.clock.now();
        if expires_at <= now {
            return Ok(false);
        }
        let attempt = Attempt::from_bytes(crypto::random_array().map_err(no_random)?);
        let key = crypto::sha256(&[b"hallpass/v1/once", key]);
        // An instance whose clock is ahead must not forget it while another still accepts it.
        server.consume_once(&key, attempt, expires_at + inner.max_skew, now).await
    }
}

impl Inner {
    /// The store, where it remembers all of an authorization server.
    pub(super) fn server(&self) -> Result<&Arc<dyn ServerStore>, StoreError> {
        self.server.as_ref().ok_or_else(|| {
            StoreError::new(StoreErrorKind::Misconfigured, "server").with_source(
                "the authority was built with `.store(..)`; `.server_store(..)` remembers clients, \
                 consents, codes and what was used once",
            )
        })
    }
}

fn no_random(error: crypto::CryptoError) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "server").with_source(error.to_string())
}
