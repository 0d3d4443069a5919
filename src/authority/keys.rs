//! Knows the authority's key ring as it is now, and how it changes by hand.
//! Must not know when a key may sign; the ring does.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;

use super::{Authority, error::WithdrawError};
use crate::{
    clock::Timestamp,
    event,
    id::KeyId,
    key::{Jwks, KeyRing, KeyState, RotateError, VerifyingKeys},
    store::{StoreError, Target},
    verifier::{KeySource, KeySourceError, RevocationIndex},
};

/// The ring, replaced as a whole.
#[derive(Debug)]
pub(super) struct Keys {
    ring: RwLock<KeyRing>,
    /// Withdrawn here, and perhaps not yet known to the store.
    untold: Mutex<Vec<KeyId>>,
}

impl Keys {
    pub(super) fn new(ring: KeyRing) -> Self {
        Self { ring: RwLock::new(ring), untold: Mutex::default() }
    }

    pub(super) fn current(&self) -> KeyRing {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ring without the keys that some instance has withdrawn.
    pub(super) fn current_at(&self, revoked: &RevocationIndex, now: Timestamp) -> KeyRing {
        let ring = self.current();
        let withdrawn = |ring: &KeyRing| {
            let mut live = ring.keys().filter(|held| held.state(now) != KeyState::Gone);
            live.find(|held| revoked.is_withdrawn(held.verifying_key().kid()))
                .map(|held| held.verifying_key().kid().clone())
        };
        if revoked.is_empty() || withdrawn(&ring).is_none() {
            return ring;
        }
        let changed = self.change(|ring| {
            let mut ring = ring.clone();
            // INVARIANT (withdrawal): each step makes one more key gone.
            while let Some(kid) = withdrawn(&ring) {
                ring = ring.withdraw(&kid, now)?;
            }
            Ok(ring)
        });
        // It cannot fail for a key that the ring has just named.
        changed.unwrap_or(ring)
    }

    fn untold(&self) -> MutexGuard<'_, Vec<KeyId>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the ring by what `change` makes of it. One caller at a time, so that no change
    /// is lost.
    fn change(
        &self,
        change: impl FnOnce(&KeyRing) -> Result<KeyRing, RotateError>,
    ) -> Result<KeyRing, RotateError> {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
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
        self.key_ring().jwks(self.0.clock.now())
    }

    /// The keys as they are now.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        self.0.keys.current_at(self.0.verifier.revocations(), self.0.clock.now())
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
    /// elsewhere; [`tick`](Self::tick) goes on trying, and repeating it is safe.
    pub async fn withdraw_key(&self, kid: &KeyId) -> Result<(), WithdrawError> {
        let now = self.0.clock.now();
        let keys = &self.0.keys;
        // A withdrawal that the store has not taken goes on where it stopped.
        if !keys.untold().contains(kid) {
            let ring = keys.change(|ring| ring.withdraw(kid, now))?;
            keys.untold().push(kid.clone());
            report("withdrawn", &ring, now);
        }
        self.tell_withdrawals().await?;
        Ok(())
    }

    /// Writes withdrawals to the feed that are not there yet.
    pub(super) async fn tell_withdrawals(&self) -> Result<(), StoreError> {
        let untold = self.0.keys.untold().clone();
        for kid in untold {
            self.ensure_retention().await?;
            let now = self.0.clock.now();
            self.0.store.revoke(&Target::SigningKey(kid.clone()), now).await?;
            self.0.keys.untold().retain(|known| *known != kid);
        }
        Ok(())
    }

    /// Lets the ring do what its schedule says.
    pub(super) fn keep_keys(&self) {
        let now = self.0.clock.now();
        let keys = &self.0.keys;
        let signs = |ring: &KeyRing| ring.signing_key(now).map(|key| key.kid().clone());
        let before = keys.current_at(self.0.verifier.revocations(), now);
        match before.scheduled(now) {
            Ok(None) => {}
            // Decided again under the lock: by then another may have done it.
            Ok(Some(_)) => {
                let changed =
                    keys.change(|ring| Ok(ring.scheduled(now)?.unwrap_or_else(|| ring.clone())));
                if let Ok(ring) = changed
                    && signs(&ring) != signs(&before)
                {
                    report("rotated by schedule", &ring, now);
                }
            }
            Err(error) => event::store_failed("rotate_keys", &error),
        }
    }
}

fn report(how: &'static str, ring: &KeyRing, now: Timestamp) {
    match ring.signing_key(now) {
        Some(key) => event::key_changed(how, key.kid()),
        None => event::key_changed(how, &"none"),
    }
}
