//! Knows the keys that the store keeps: how they are read, and how all instances agree on a
//! change.
//! Must not know why keys change; the steps that come in do.

use std::sync::{Arc, Mutex, PoisonError};

use super::{super::error::RotateKeysError, Keys, pace::Pace, sealed::Sealer};
use crate::{
    clock::{Clock, Timestamp},
    event,
    id::KeyId,
    key::{Algorithm, Backend, KeyError, KeyPolicy, KeyRing, KeyState, RotateError, VerifyingKey},
    store::{SigningKeyRecord, SigningKeySet, SigningKeyStore, StoreError, StoreErrorKind},
    verifier::Flight,
};

/// How often a change is decided again because another instance was faster. Each time one of
/// them has got further.
const ATTEMPTS: usize = 32;

/// What it takes to read and write the keys of the store.
#[derive(Debug)]
pub(super) struct Managed {
    pub(super) store: Arc<dyn SigningKeyStore>,
    pub(super) sealer: Sealer,
    pub(super) algorithm: Algorithm,
    pub(super) policy: KeyPolicy,
    /// None: each key as it came.
    pub(super) backend: Option<Backend>,
    /// Given by the host, beside those of the store.
    pub(super) also: Vec<VerifyingKey>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pace: Pace,
    pub(super) flight: Flight,
    /// The last set that was opened, which need not be opened again.
    pub(super) last: Mutex<Option<Arc<Loaded>>>,
}

/// The keys as the store has them.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) set: SigningKeySet,
    pub(super) ring: KeyRing,
    /// Records that do not open here: neither used nor published, and left as they are, as they
    /// may be another instance's.
    pub(super) refused: Vec<SigningKeyRecord>,
    /// Whether a key is sealed under a master secret that only opens.
    pub(super) seals_anew: bool,
}

/// What a change makes of the keys.
pub(super) enum Step {
    /// It is so already.
    Done,
    Write {
        ring: KeyRing,
        /// A key that ends everywhere, whether its record opens or not.
        withdrawn: Option<KeyId>,
    },
}

impl Managed {
    /// The ring before the store was asked.
    pub(super) fn empty_ring(&self) -> Result<KeyRing, KeyError> {
        let ring = KeyRing::restore([], self.algorithm, self.policy)?;
        let mut also = self.also.iter();
        let ring = also.try_fold(ring, |ring, key| ring.also_verifies(key.clone()))?;
        self.on_backend(&ring)
    }

    fn on_backend(&self, ring: &KeyRing) -> Result<KeyRing, KeyError> {
        self.backend.map_or(Ok(ring.clone()), |backend| ring.with_backend(backend))
    }

    async fn read(&self) -> Result<Arc<Loaded>, RotateKeysError> {
        let set = self.store.load_signing_keys().await?;
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last().as_ref().filter(|known| known.set == set) {
            return Ok(Arc::clone(known));
        }
        let loaded = Arc::new(self.open(set)?);
        *last() = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    fn open(&self, set: SigningKeySet) -> Result<Loaded, RotateKeysError> {
        let now = self.clock.now();
        let (mut opened, mut refused) = (Vec::new(), Vec::new());
        for record in &set.keys {
            let twice = opened.iter().any(|(key, _): &(_, _)| same_kid(key, record));
            let key = if twice { Err("its name comes twice") } else { self.sealer.open(record) };
            match key {
                Ok(key) => opened.push((key, record.times)),
                Err(why) => {
                    event::key_refused(&record.kid, why);
                    refused.push(record.clone());
                }
            }
        }
        let lives = |record: &SigningKeyRecord| record.times.state(now) != KeyState::Gone;
        if opened.is_empty() && refused.iter().any(lives) {
            return Err(RotateKeysError::Sealed);
        }
        let seals_anew = set
            .keys
            .iter()
            .any(|record| !refused.contains(record) && !self.sealer.is_current(record));
        let mut ring =
            KeyRing::restore(opened, self.algorithm, self.policy).map_err(RotateError::from)?;
        for key in &self.also {
            // A key that the host gave and the store has is the store's.
            ring = ring.also_verifies(key.clone()).unwrap_or(ring);
        }
        let ring = self.on_backend(&ring).map_err(RotateError::from)?;
        Ok(Loaded { set, ring, refused, seals_anew })
    }

    /// The next set: `ring`, sealed, and what this instance cannot read.
    fn compose(
        &self,
        from: &Loaded,
        ring: &KeyRing,
        withdrawn: Option<&KeyId>,
        now: Timestamp,
    ) -> Result<SigningKeySet, RotateKeysError> {
        let sealed = self.sealer.seal(ring);
        let mut keys = sealed.map_err(|error| RotateError::Key(KeyError::from(error)))?;
        let stays = |record: &&SigningKeyRecord| {
            Some(&record.kid) != withdrawn
                && record.times.state(now) != KeyState::Gone
                && !keys.iter().any(|key| key.kid == record.kid)
        };
        let others: Vec<_> = from.refused.iter().filter(stays).cloned().collect();
        keys.extend(others);
        Ok(SigningKeySet { version: from.set.version, keys })
    }
}

fn same_kid(key: &crate::key::SigningKey, record: &SigningKeyRecord) -> bool {
    *key.kid() == record.kid
}

impl Keys {
    /// Reads the keys of the store and puts them in the place of the known ones.
    pub(super) async fn reload(&self, managed: &Managed) -> Result<Arc<Loaded>, RotateKeysError> {
        let (swaps, began) = (self.swaps(), managed.clock.monotonic());
        managed.pace.begin();
        match managed.read().await {
            Ok(loaded) => {
                // An empty store gets its first keys in the next step.
                if !loaded.set.keys.is_empty() {
                    self.adopt(swaps, loaded.set.version, &loaded.ring, managed.clock.now());
                    managed.pace.succeeded(began);
                }
                Ok(loaded)
            }
            Err(error) => {
                managed.pace.failed(managed.clock.monotonic());
                Err(error)
            }
        }
    }

    /// Changes the keys in the store as `step` says, and says whether this instance did it: of
    /// many that want the same, one does. Each time another was faster, `step` is asked again
    /// about what that one made.
    pub(super) async fn agree(
        &self,
        managed: &Managed,
        step: impl Fn(&Loaded, Timestamp) -> Result<Step, RotateError> + Send + Sync,
    ) -> Result<(KeyRing, bool), RotateKeysError> {
        for _ in 0..ATTEMPTS {
            let loaded = self.reload(managed).await?;
            let (now, began) = (managed.clock.now(), managed.clock.monotonic());
            let (ring, withdrawn) = match step(&loaded, now)? {
                Step::Done => return Ok((loaded.ring.clone(), false)),
                Step::Write { ring, withdrawn } => (ring, withdrawn),
            };
            let set = managed.compose(&loaded, &ring, withdrawn.as_ref(), now)?;
            let swaps = self.swaps();
            let written = managed.store.replace_signing_keys(&set, withdrawn.as_slice(), now).await;
            match written {
                Ok(true) => {
                    self.adopt(swaps, set.version + 1, &ring, now);
                    managed.pace.succeeded(began);
                    return Ok((ring, true));
                }
                Ok(false) => {}
                // Whether it happened is seen in what the store has now.
                Err(error) => match self.reload(managed).await {
                    Ok(seen) if seen.set.version != loaded.set.version => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Err(StoreError::new(StoreErrorKind::Busy, "signing key").into())
    }

    /// Reads, and does what the schedule says; the very first keys are made this way. `anew`
    /// seals under the present master secret what an earlier one sealed.
    pub(super) async fn follow(
        &self,
        managed: &Managed,
        anew: bool,
    ) -> Result<(KeyRing, bool), RotateKeysError> {
        let step = move |loaded: &Loaded, now| {
            Ok(match loaded.ring.scheduled(now)? {
                Some(ring) => Step::Write { ring, withdrawn: None },
                None if anew && loaded.seals_anew => {
                    Step::Write { ring: loaded.ring.clone(), withdrawn: None }
                }
                None => Step::Done,
            })
        };
        self.agree(managed, step).await
    }
}
