//! Knows the authority's key ring as it is now, and how it changes by hand.
//! Must not know when a key may sign; the ring does.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use super::{Authority, error::WithdrawError};
use crate::{
    clock::Timestamp,
    event,
    id::KeyId,
    key::{Jwks, KeyRing, RotateError, VerifyingKeys},
    store::Target,
    verifier::{KeySource, KeySourceError},
};

/// The ring, replaced as a whole.
#[derive(Debug)]
pub(super) struct Keys(RwLock<KeyRing>);

impl Keys {
    pub(super) fn new(ring: KeyRing) -> Self {
        Self(RwLock::new(ring))
    }

    pub(super) fn current(&self) -> KeyRing {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the ring by what `change` makes of it. One caller at a time, so that no change
    /// is lost.
    fn change(
        &self,
        change: impl FnOnce(&KeyRing) -> Result<KeyRing, RotateError>,
    ) -> Result<KeyRing, RotateError> {
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *ring = change(&ring)?;
        Ok(ring.clone())
    }
}

#[async_trait]
impl KeySource for Keys {
    fn snapshot(&self) -> VerifyingKeys {
        self.current().verifying_keys().clone()
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        Ok(())
    }

    async fn find_missing(&self, _kid: &str) -> bool {
        false
    }
}

impl Authority {
    /// The keys that verifiers need, to publish as a JWK Set (RFC 7517 §5): public members only.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.0.keys.current().jwks(self.0.clock.now())
    }

    /// The keys as they are now.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        self.0.keys.current()
    }

    /// Lets the next key sign, if it has been published for long enough.
    ///
    /// # Errors
    /// [`RotateError`]; the keys are as they were.
    pub fn rotate_keys(&self) -> Result<(), RotateError> {
        let now = self.0.clock.now();
        let ring = self.0.keys.change(|ring| ring.rotate(now))?;
        report("rotated", &ring, now);
        Ok(())
    }

    /// Lets the next key sign at once, before every verifier has seen it.
    ///
    /// # Errors
    /// [`RotateError`]; the keys are as they were.
    pub fn rotate_keys_now(&self) -> Result<(), RotateError> {
        let now = self.0.clock.now();
        let ring = self.0.keys.change(|ring| ring.rotate_now(now))?;
        report("rotated without lead", &ring, now);
        Ok(())
    }
}

impl Authority {
    /// Withdraws a key whose private half may be known to others: nothing it signed is believed
    /// any more, here when this returns, elsewhere within one poll. If it was the one that signs,
    /// the next one takes over at once.
    ///
    /// # Errors
    /// [`WithdrawError`]; after `Unavailable` the key is withdrawn here and perhaps not
    /// elsewhere, and repeating it is safe.
    pub async fn withdraw_key(&self, kid: &KeyId) -> Result<(), WithdrawError> {
        self.ensure_retention().await?;
        let now = self.0.clock.now();
        let ring = self.0.keys.change(|ring| ring.withdraw(kid, now))?;
        self.0.store.revoke(&Target::SigningKey(kid.clone()), now).await?;
        report("withdrawn", &ring, now);
        Ok(())
    }
}

fn report(how: &'static str, ring: &KeyRing, now: Timestamp) {
    match ring.signing_key(now) {
        Some(key) => event::key_changed(how, key.kid()),
        None => event::key_changed(how, &"none"),
    }
}
