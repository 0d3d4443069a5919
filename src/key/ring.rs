//! Knows which key signs now, which verify and which are published.
//! Must not know what time it is, where keys are stored, or how one follows another.

use std::{sync::Arc, time::Duration};

use crate::Timestamp;

use super::{
    Algorithm, Backend, Jwks, KeyError, KeyPolicy, KeyState, KeyTimes, SigningKey, VerifyingKey,
    VerifyingKeys,
};

/// The keys of an authority: one signs, one waits published to follow it, the former ones verify
/// until their last token has expired.
///
/// It is a value that never changes; rotation makes a new one, which the authority puts in its
/// place. What it publishes and accepts is a function of it and the time alone.
///
/// ```
/// use hallpass::{Timestamp, key::{Algorithm, KeyPolicy, KeyRing}};
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let ring = KeyRing::managed(Algorithm::EdDSA, KeyPolicy::new(Duration::from_secs(3600)), start)?;
/// assert_eq!(ring.jwks(start).keys().len(), 2, "the next key is published from the start");
///
/// assert!(ring.rotate(start).is_err(), "nobody has seen the next key yet");
/// let later = start + Duration::from_secs(600);
/// let ring = ring.rotate(later)?;
/// assert_eq!(ring.jwks(later).keys().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyRing(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) held: Vec<HeldKey>,
    keys: VerifyingKeys,
    /// Given keys have none: the host changes them.
    pub(super) rule: Option<Rule>,
}

/// How a ring makes and changes its own keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) algorithm: Algorithm,
    pub(super) policy: KeyPolicy,
    pub(super) backend: Backend,
}

impl Rule {
    const fn new(algorithm: Algorithm, policy: KeyPolicy) -> Self {
        Self { algorithm, policy, backend: Backend::Ring }
    }

    /// A new key.
    pub(super) fn generate(&self) -> Result<SigningKey, KeyError> {
        SigningKey::generate(self.algorithm)?.with_backend(self.backend)
    }
}

/// One key of a ring, with its times.
///
/// ```
/// use hallpass::{Algorithm, Timestamp, key::{KeyPolicy, KeyRing, KeyState}};
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let hour = Duration::from_secs(3600);
/// let ring = KeyRing::managed(Algorithm::EdDSA, KeyPolicy::new(hour), start)?;
/// for held in ring.keys() {
///     println!("{} {:?}", held.verifying_key().kid(), held.state(start));
/// }
/// let next = ring.keys().find(|held| held.state(start) == KeyState::Pending);
/// let next = next.expect("one always waits, published");
/// assert_eq!(next.times().active_at, None, "nobody has decided yet when it signs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HeldKey {
    pub(super) public: VerifyingKey,
    pub(super) private: Option<SigningKey>,
    pub(super) times: KeyTimes,
}

impl HeldKey {
    pub(super) fn signing(key: SigningKey, times: KeyTimes) -> Self {
        Self { public: key.verifying_key(), private: Some(key), times }
    }

    fn with_backend(&self, backend: Backend) -> Result<Self, KeyError> {
        match &self.private {
            Some(key) => Ok(Self::signing(key.with_backend(backend)?, self.times)),
            None => Ok(Self { public: self.public.with_backend(backend)?, ..self.clone() }),
        }
    }

    /// Its public half.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Its private half; the host may give keys that verify only.
    pub(crate) fn signing_key(&self) -> Option<&SigningKey> {
        self.private.as_ref()
    }

    /// When it changes state.
    #[must_use]
    pub fn times(&self) -> KeyTimes {
        self.times
    }

    /// Its state at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        self.times.state(now)
    }
}

impl KeyRing {
    /// A ring around one key that signs, for as long as the process runs.
    #[must_use]
    pub fn given(key: SigningKey) -> Self {
        let mut times = KeyTimes::published(Timestamp::EPOCH);
        times.active_at = Some(Timestamp::EPOCH);
        let held = HeldKey::signing(key, times);
        // INVARIANT (one key): a single name cannot come twice.
        let keys = VerifyingKeys::new([held.public.clone()]).unwrap_or_default();
        Self(Arc::new(Inner { held: vec![held], keys, rule: None }))
    }

    /// Also publishes and accepts `key`: the former one while its tokens live, or the next one
    /// while verifiers learn it.
    ///
    /// # Errors
    /// When the ring has a key of this `kid`.
    pub fn also_verifies(&self, key: VerifyingKey) -> Result<Self, KeyError> {
        let mut held = self.0.held.clone();
        let times = KeyTimes::published(Timestamp::EPOCH);
        held.push(HeldKey { public: key, private: None, times });
        Self::assemble(held, self.0.rule)
    }

    /// A new ring that makes its own keys: the first signs at once, as nobody can have cached an
    /// older JWKS of a new issuer; the second is published and waits.
    ///
    /// # Errors
    /// For RSA, whose keys are not generated here, and when the operating system gives no random
    /// bytes.
    pub fn managed(
        algorithm: Algorithm,
        policy: KeyPolicy,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let mut times = KeyTimes::published(now);
        times.active_at = Some(now);
        let first = HeldKey::signing(SigningKey::generate(algorithm)?, times);
        let next = HeldKey::signing(SigningKey::generate(algorithm)?, KeyTimes::published(now));
        Self::assemble(vec![first, next], Some(Rule::new(algorithm, policy)))
    }

    /// The ring that a store remembers. Its next keys are of `algorithm`, whatever the present
    /// ones are. Without any keys it makes its first when [`KeyRing::scheduled`] is asked.
    pub(crate) fn restore(
        keys: impl IntoIterator<Item = (SigningKey, KeyTimes)>,
        algorithm: Algorithm,
        policy: KeyPolicy,
    ) -> Result<Self, KeyError> {
        let held = keys.into_iter().map(|(key, times)| HeldKey::signing(key, times)).collect();
        Self::assemble(held, Some(Rule::new(algorithm, policy)))
    }

    /// The same ring with all keys on `backend`, those that it will make too.
    pub(crate) fn with_backend(&self, backend: Backend) -> Result<Self, KeyError> {
        let held = self.keys().map(|held| held.with_backend(backend)).collect::<Result<_, _>>()?;
        Self::assemble(held, self.0.rule.map(|rule| Rule { backend, ..rule }))
    }

    pub(super) fn assemble(held: Vec<HeldKey>, rule: Option<Rule>) -> Result<Self, KeyError> {
        let keys = VerifyingKeys::until(
            held.iter()
                .map(|held| (held.public.clone(), held.times.gone_at.unwrap_or(Timestamp::MAX))),
        )?;
        Ok(Self(Arc::new(Inner { held, keys, rule })))
    }

    /// The keys and their times, those that are gone among them until the next rotation.
    pub fn keys(&self) -> impl Iterator<Item = &HeldKey> {
        self.0.held.iter()
    }

    /// The key that signs at `now`: of several active ones, as two instances may see them for a
    /// moment, the newest. None when the only one was withdrawn.
    #[must_use]
    pub fn signing_key(&self, now: Timestamp) -> Option<&SigningKey> {
        self.active(now)?.private.as_ref()
    }

    pub(super) fn active(&self, now: Timestamp) -> Option<&HeldKey> {
        self.0
            .held
            .iter()
            .filter(|held| held.private.is_some() && held.state(now) == KeyState::Active)
            .reduce(|one, next| if one.times.active_at > next.times.active_at { one } else { next })
    }

    /// The keys that verify, each until it is gone.
    #[must_use]
    pub fn verifying_keys(&self) -> &VerifyingKeys {
        &self.0.keys
    }

    /// What is published at `now`: every key that is pending, active or retiring; never a shared
    /// secret.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> Jwks {
        let held = self.0.held.iter().filter(|held| held.state(now) != KeyState::Gone);
        Jwks::from_keys(held.filter_map(|held| held.public.jwk()).collect())
    }

    /// The next instant at which a key changes state, so that what [`KeyRing::jwks`] gave must not
    /// be kept beyond it.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.0.held.iter().map(|held| held.times);
        let instants = times.flat_map(|times| [times.active_at, times.retire_at, times.gone_at]);
        instants.flatten().filter(|at| *at > now).min()
    }

    /// How long what [`KeyRing::jwks`] gives at `now` may be kept: never beyond the instant at
    /// which a key is gone, and so briefly that whoever keeps it knows a new key well before
    /// that one signs: half its lead. Five minutes for given keys, which only the host changes,
    /// and an hour at most.
    #[must_use]
    pub fn jwks_max_age(&self, now: Timestamp) -> Duration {
        const GIVEN: Duration = Duration::from_secs(5 * 60);
        const LONGEST: Duration = Duration::from_secs(60 * 60);
        let keep = self.0.rule.map_or(GIVEN, |rule| rule.policy.lead / 2).min(LONGEST);
        self.next_change(now).map_or(keep, |change| keep.min(change.saturating_since(now)))
    }
}
