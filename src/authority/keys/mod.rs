//! Knows the authority's keys as they are now, given by the host or kept in the store.
//! Must not know when a key may sign; the ring does.

mod managed;
mod pace;
mod publish;
mod rotate;
mod sealed;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

pub(super) use self::pace::MAX_AGE;
use self::{managed::Managed, pace::Pace, sealed::Sealer};
use super::error::{ConfigError, RotateKeysError, SigningError};
use crate::{
    clock::{Clock, Timestamp},
    id::KeyId,
    key::{
        Algorithm, Backend, KeyPolicy, KeyRing, KeyState, RotateError, VerifyingKey, VerifyingKeys,
    },
    secret::MasterSecret,
    store::SigningKeyStore,
    token::Issuer,
    verifier::{Flight, KeySource, KeySourceError, RevocationIndex},
};

/// The ring, replaced as a whole.
#[derive(Debug)]
pub(super) struct Keys {
    held: RwLock<Held>,
    /// Withdrawn here, and perhaps not yet known to the store.
    untold: Mutex<Vec<KeyId>>,
    /// Counts the changes of what verifies, each before its lock is let go.
    generation: AtomicU64,
    /// None where the host gave the keys.
    managed: Option<Managed>,
}

#[derive(Debug)]
struct Held {
    ring: KeyRing,
    /// The store's count of changes.
    version: u64,
    /// Ours: how often the ring was replaced by the store's.
    swaps: u64,
}

impl Keys {
    pub(super) fn given(ring: KeyRing) -> Self {
        Self {
            held: RwLock::new(Held { ring, version: 0, swaps: 0 }),
            untold: Mutex::default(),
            generation: AtomicU64::new(0),
            managed: None,
        }
    }

    /// Keys that the store keeps, not yet read.
    pub(super) fn managed(
        store: Arc<dyn SigningKeyStore>,
        (algorithm, policy, backend): (Algorithm, KeyPolicy, Option<Backend>),
        also: Vec<VerifyingKey>,
        (secret, issuer): (&MasterSecret, &Issuer),
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let managed = Managed {
            store,
            sealer: Sealer::derive(secret, issuer)?,
            algorithm,
            policy,
            backend,
            also,
            clock,
            pace: Pace::default(),
            flight: Flight::default(),
            last: Mutex::default(),
        };
        let ring = managed.empty_ring()?;
        Ok(Self { managed: Some(managed), ..Self::given(ring) })
    }

    /// Whether the host gave the keys, so that there are none to read.
    pub(super) fn are_given(&self) -> bool {
        self.managed.is_none()
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> KeyRing {
        self.held().ring.clone()
    }

    fn swaps(&self) -> u64 {
        self.held().swaps
    }

    /// Lets `sign` sign with [`current_at`](Self::current_at). Whoever changes the ring waits for
    /// it: it must not wait for anything itself.
    pub(super) fn with_current_at<T>(
        &self,
        revoked: &RevocationIndex,
        now: Timestamp,
        sign: impl FnOnce(&KeyRing) -> T,
    ) -> T {
        let held = self.held();
        if revoked.is_empty() {
            return sign(&held.ring);
        }
        drop(held);
        sign(&self.current_at(revoked, now))
    }

    /// The ring without the keys that some instance has withdrawn.
    pub(super) fn current_at(&self, revoked: &RevocationIndex, now: Timestamp) -> KeyRing {
        let ring = self.current();
        if revoked.is_empty() || withdrawn(&ring, revoked, now).is_none() {
            return ring;
        }
        let changed = self.change(|ring| {
            let mut ring = ring.clone();
            // INVARIANT (withdrawal): each step makes one more key gone.
            while let Some(kid) = withdrawn(&ring, revoked, now) {
                ring = self.end(&ring, &kid, now)?;
            }
            Ok(ring)
        });
        if let Some(managed) = &self.managed {
            managed.pace.outdate();
        }
        // It cannot fail for a key that the ring has just named.
        changed.unwrap_or(ring)
    }

    /// The ring with one key ended. Where the store keeps the keys the next one is made there.
    fn end(&self, ring: &KeyRing, kid: &KeyId, now: Timestamp) -> Result<KeyRing, RotateError> {
        if self.managed.is_some() { ring.without(kid, now) } else { ring.withdraw(kid, now) }
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
        let mut held = self.held_mut();
        let ring = change(&held.ring)?;
        self.put(&mut held, ring);
        Ok(held.ring.clone())
    }

    /// Replaces the ring, and counts it if other keys verify now.
    fn put(&self, held: &mut Held, ring: KeyRing) {
        let changed = !ring.verifying_keys().is_same(held.ring.verifying_keys());
        held.ring = ring;
        if changed {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Puts the store's ring in the place of ours: unless another has come since `swaps` was
    /// read, and this one is no newer. (A store that was restored counts from an earlier number;
    /// so the number alone does not decide.)
    fn adopt(&self, swaps: u64, version: u64, ring: &KeyRing, now: Timestamp) {
        let untold = self.untold().clone();
        let mut held = self.held_mut();
        if held.swaps == swaps || held.version < version {
            // A key that this instance has withdrawn stays so, told or not.
            let ring = untold
                .iter()
                .fold(ring.clone(), |ring, kid| ring.without(kid, now).unwrap_or(ring));
            self.put(&mut held, ring);
            (held.version, held.swaps) = (version, held.swaps + 1);
        }
    }

    fn knows(&self, kid: &str) -> bool {
        let Some(managed) = &self.managed else { return false };
        self.current().verifying_keys().find(kid, managed.clock.now()).is_some()
    }

    /// Makes sure that the keys are known well enough to sign, before anything is issued.
    pub(super) async fn ensure(&self) -> Result<(), SigningError> {
        let Some(managed) = &self.managed else { return Ok(()) };
        loop {
            let now = managed.clock.monotonic();
            let may_sign = managed.pace.may_sign(now);
            if !managed.pace.due_in(now).is_zero() {
                return if may_sign { Ok(()) } else { Err(SigningError::Keys(outdated())) };
            }
            if let Some(_landing) = managed.flight.begin() {
                // Another may have landed between the look at the time and the take-off.
                if managed.pace.due_in(managed.clock.monotonic()).is_zero()
                    && let Err(error) = self.follow(managed, false).await
                    && !may_sign
                {
                    return Err(SigningError::Keys(cannot_be_had(error)));
                }
                return Ok(());
            }
            if may_sign {
                return Ok(());
            }
            managed.flight.wait().await;
        }
    }
}

/// A live key of the ring that the feed says is withdrawn.
fn withdrawn(ring: &KeyRing, revoked: &RevocationIndex, now: Timestamp) -> Option<KeyId> {
    let mut live = ring.keys().filter(|held| held.state(now) != KeyState::Gone);
    live.find(|held| revoked.is_withdrawn(held.verifying_key().kid()))
        .map(|held| held.verifying_key().kid().clone())
}

fn outdated() -> KeySourceError {
    KeySourceError::new("those in the store were not read for too long")
}

fn cannot_be_had(error: RotateKeysError) -> KeySourceError {
    let what = match &error {
        RotateKeysError::Unavailable(_) => "their store did not answer",
        RotateKeysError::Sealed => "none in the store opens under this master secret",
        RotateKeysError::Ring(_) => "none could be made",
    };
    KeySourceError::new(what).with_source(error)
}

#[async_trait]
impl KeySource for Keys {
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        Ok(self.held().ring.verifying_keys().clone())
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        let Some(managed) = &self.managed else { return Ok(()) };
        self.follow(managed, true).await.map(|_| ()).map_err(cannot_be_had)
    }

    /// A key of an instance that has rotated a moment ago. The name is anybody's, so the store
    /// is asked by one caller at a time, once a second at most.
    async fn find_missing(&self, kid: &str) -> Result<bool, KeySourceError> {
        let Some(managed) = &self.managed else { return Ok(false) };
        // Whoever waited for another's look may need one of its own, as that may have begun
        // before the key was there.
        for _ in 0..3 {
            if self.knows(kid) {
                return Ok(true);
            }
            let Some(_landing) = managed.flight.begin() else {
                managed.flight.wait().await;
                continue;
            };
            if !managed.pace.may_look(managed.clock.monotonic()) {
                return Ok(false);
            }
            // The first look of all makes the first keys.
            let looked = if managed.pace.was_loaded() {
                self.reload(managed).await.map(|_| ())
            } else {
                self.follow(managed, false).await.map(|_| ())
            };
            if let Err(error) = looked {
                crate::event::store_failed("load_signing_keys", &error);
            }
            return Ok(self.knows(kid));
        }
        Ok(self.knows(kid))
    }

    fn generation(&self) -> Option<u64> {
        Some(self.generation.load(Ordering::Acquire))
    }

    /// The authority's own `tick` keeps its keys.
    fn due_in(&self) -> Duration {
        Duration::MAX
    }

    async fn refresh(&self) {}

    async fn nudge(&self) {}
}

#[cfg(test)]
mod tests;
