//! Knows how keys change: by hand, by schedule, by withdrawal, here or in the store.
//! Must not know what the ring makes of it.

use std::time::Duration;

use super::{
    Keys,
    managed::{Loaded, Managed, Step},
    withdrawn,
};
use crate::{
    authority::{
        Authority,
        error::{RotateKeysError, WithdrawError},
    },
    clock::Timestamp,
    event,
    id::KeyId,
    key::{KeyRing, KeyState, RotateError},
    store::Target,
};

impl Authority {
    /// Lets the next key sign, if it has been published for long enough.
    ///
    /// Of many instances that do this at once to the same managed keys one does it, and all
    /// succeed. If another has rotated since this one last read the keys, that stands.
    ///
    /// ```
    #[doc = a_builder!()]
    /// use hallpass::{clock::{Clock, SystemClock}, key::{KeyPolicy, KeyRing}};
    ///
    /// let policy = KeyPolicy::new(std::time::Duration::from_secs(3600));
    /// let ring = KeyRing::managed(Algorithm::EdDSA, policy, SystemClock::new().now())?;
    /// let authority = builder.key_ring(ring).build()?;
    /// let error = authority.rotate_keys().await.unwrap_err().to_string();
    /// assert!(error.starts_with("the next key may sign from "), "in ten minutes: {error}");
    /// authority.rotate_keys_now().await?; // does not wait for verifiers
    /// assert_eq!(authority.jwks().keys().len(), 3, "the former, the present and the next");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RotateKeysError`]; the keys are as they were, unless it is `Unavailable`.
    pub async fn rotate_keys(&self) -> Result<(), RotateKeysError> {
        self.rotate_by("rotated", KeyRing::rotate).await
    }

    /// Lets the next key sign at once, before every verifier has seen it: those that cache the
    /// JWKS refuse its tokens until they fetch again.
    ///
    /// # Errors
    /// As [`rotate_keys`](Self::rotate_keys).
    pub async fn rotate_keys_now(&self) -> Result<(), RotateKeysError> {
        self.rotate_by("rotated without lead", KeyRing::rotate_now).await
    }

    async fn rotate_by(
        &self,
        how: &'static str,
        rotate: fn(&KeyRing, Timestamp) -> Result<KeyRing, RotateError>,
    ) -> Result<(), RotateKeysError> {
        let keys = &*self.0.keys;
        let now = self.0.clock.now();
        let Some(managed) = &keys.managed else {
            report(how, &keys.change(|ring| rotate(ring, now))?, now);
            return Ok(());
        };
        if !managed.pace.was_loaded() {
            keys.follow(managed, false).await?;
        }
        // The key to be followed: whoever finds another has been overtaken.
        let from = signer(&self.key_ring(), now);
        let step = |loaded: &Loaded, now| {
            if signer(&loaded.ring, now) != from {
                return Ok(Step::Done);
            }
            Ok(Step::Write { ring: rotate(&loaded.ring, now)?, withdrawn: None })
        };
        let (ring, done) = keys.agree(managed, step).await?;
        if done {
            report(how, &ring, now);
        }
        Ok(())
    }

    /// Withdraws a key whose private half may be known to others: nothing it signed is believed
    /// any more, here when this returns, elsewhere within one poll. If it was the one that signs,
    /// the next one takes over at once.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let leaked = authority.jwks().keys()[0].verifying_key().kid().clone();
    /// authority.withdraw_key(&leaked).await?;
    /// assert!(authority.verify(issued.access_token()).await.is_err());
    /// assert!(authority.jwks().keys().is_empty(), "a given key has no successor");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`WithdrawError`]; after `Unavailable` the key is withdrawn here and perhaps not
    /// elsewhere; [`tick`](Self::tick) goes on trying, and repeating it is safe.
    pub async fn withdraw_key(&self, kid: &KeyId) -> Result<(), WithdrawError> {
        let now = self.0.clock.now();
        let keys = &self.0.keys;
        // A withdrawal that the store has not taken goes on where it stopped.
        if !keys.untold().contains(kid) {
            match keys.change(|ring| keys.end(ring, kid, now)) {
                Ok(ring) => report("withdrawn", &ring, now),
                // The store may have a key that this instance has not read, or cannot.
                Err(RotateError::UnknownKey { .. }) if keys.managed.is_some() => {}
                Err(error) => return Err(error.into()),
            }
            keys.untold().push(kid.clone());
        }
        self.tell_withdrawals().await
    }

    /// Writes withdrawals to the store and the feed that are not there yet.
    pub(in crate::authority) async fn tell_withdrawals(&self) -> Result<(), WithdrawError> {
        let keys = &*self.0.keys;
        let untold = keys.untold().clone();
        for kid in untold {
            self.ensure_retention().await?;
            let mut told = self.0.verifier.revocations().is_withdrawn(&kid);
            if let Some(managed) = &keys.managed {
                match keys.withdraw(managed, &kid).await {
                    // A withdrawal that was told and whose key is gone is no error.
                    Err(RotateKeysError::Ring(RotateError::UnknownKey { .. })) if told => {}
                    Err(RotateKeysError::Ring(error)) => {
                        keys.untold().retain(|known| *known != kid);
                        return Err(error.into());
                    }
                    done => done?,
                }
                // The store of the keys may be another than that of the feed.
                told = self.0.verifier.revocations().is_withdrawn(&kid);
            }
            if !told {
                let now = self.0.clock.now();
                self.0.store.revoke(&Target::SigningKey(kid.clone()), now).await?;
            }
            keys.untold().retain(|known| *known != kid);
        }
        Ok(())
    }

    /// Does what the schedule says and reads what other instances did, and says when next.
    pub(in crate::authority) async fn keep_keys(&self) -> Duration {
        let now = self.0.clock.now();
        let keys = &*self.0.keys;
        let revoked = self.0.verifier.revocations();
        let before = keys.current_at(revoked, now);
        let Some(managed) = &keys.managed else {
            self.keep_given(&before, now);
            return Duration::MAX;
        };
        if managed.pace.due_in(self.0.clock.monotonic()).is_zero() {
            match keys.follow(managed, false).await {
                Ok((ring, done)) => {
                    if done && signer(&ring, now) != signer(&before, now) {
                        report("rotated by schedule", &ring, now);
                    }
                    self.settle_withdrawals(ring, now).await;
                }
                Err(error) => event::store_failed("rotate_keys", &error),
            }
        }
        managed.pace.due_in(self.0.clock.monotonic())
    }

    /// A key that the feed withdrew and the store still has: whoever withdrew it did not come to
    /// the end. The feed forgets one day, so the store must know.
    async fn settle_withdrawals(&self, mut ring: KeyRing, now: Timestamp) {
        let (keys, revoked) = (&self.0.keys, self.0.verifier.revocations());
        let mut found = false;
        while let Some(kid) = withdrawn(&ring, revoked, now) {
            let Ok(rest) = ring.without(&kid, now) else { break };
            ring = rest;
            let mut untold = keys.untold();
            if !untold.contains(&kid) {
                untold.push(kid);
            }
            found = true;
        }
        if found && let Err(error) = self.tell_withdrawals().await {
            event::store_failed("withdraw_key", &error);
        }
    }

    fn keep_given(&self, before: &KeyRing, now: Timestamp) {
        match before.scheduled(now) {
            Ok(None) => {}
            // Decided again under the lock: by then another may have done it.
            Ok(Some(_)) => {
                let changed = (self.0.keys)
                    .change(|ring| Ok(ring.scheduled(now)?.unwrap_or_else(|| ring.clone())));
                if let Ok(ring) = changed
                    && signer(&ring, now) != signer(before, now)
                {
                    report("rotated by schedule", &ring, now);
                }
            }
            Err(error) => event::store_failed("rotate_keys", &error),
        }
    }
}

impl Keys {
    async fn withdraw(&self, managed: &Managed, kid: &KeyId) -> Result<(), RotateKeysError> {
        let step = |loaded: &Loaded, now| {
            let mut held = loaded.ring.keys().filter(|held| held.verifying_key().kid() == kid);
            let ring = match held.next().map(|held| held.state(now)) {
                Some(KeyState::Gone) => return Ok(Step::Done),
                Some(_) => loaded.ring.withdraw(kid, now)?,
                // A record that does not open can at least be ended.
                None if loaded.refused.iter().any(|record| record.kid == *kid) => {
                    loaded.ring.clone()
                }
                None => return Err(RotateError::UnknownKey { kid: kid.clone() }),
            };
            Ok(Step::Write { ring, withdrawn: Some(kid.clone()) })
        };
        self.agree(managed, step).await.map(|_| ())
    }
}

fn signer(ring: &KeyRing, now: Timestamp) -> Option<KeyId> {
    ring.signing_key(now).map(|key| key.kid().clone())
}

fn report(how: &'static str, ring: &KeyRing, now: Timestamp) {
    match ring.signing_key(now) {
        Some(key) => event::key_changed(how, key.kid()),
        None => event::key_changed(how, &"none"),
    }
}
