//! Knows how one key follows another: by hand, by schedule, or because it is compromised.
//! Must not know what time it is or where keys are stored: `now` comes in, a new ring comes out.

use crate::{Timestamp, id::KeyId};

use super::ring::Rule;
use super::{HeldKey, KeyError, KeyPolicy, KeyRing, KeyState, KeyTimes};

/// Why a ring does not rotate.
///
/// ```
/// use hallpass::{Algorithm, SigningKey, Timestamp, key::{KeyPolicy, KeyRing, RotateError}};
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let policy = KeyPolicy::new(Duration::from_secs(3600)).lead(Duration::from_secs(600));
/// let ring = KeyRing::managed(Algorithm::EdDSA, policy, start)?;
/// match ring.rotate(start) {
///     // Verifiers have not seen the next key yet. Come back then.
///     Err(RotateError::NotLed { ready_at }) => assert!(ring.rotate(ready_at).is_ok()),
///     other => panic!("{other:?}"),
/// }
/// let given = KeyRing::given(SigningKey::generate(Algorithm::EdDSA)?);
/// assert!(matches!(given.rotate(start), Err(RotateError::Given)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The keys were given by the host.
    #[error("the host gave the keys of this ring; give it the new ones")]
    Given,
    /// The next key has not been published long enough.
    #[error(
        "the next key may sign from {ready_at}, when verifiers have seen it; `rotate_now` does not wait"
    )]
    NotLed {
        /// From when it may sign.
        ready_at: Timestamp,
    },
    /// No key of the ring has this name.
    #[error("the ring has no key `{kid}`")]
    UnknownKey {
        /// The name.
        kid: KeyId,
    },
    /// The key after the next could not be made.
    #[error("cannot make the next key: {0}")]
    Key(#[from] KeyError),
}

impl KeyRing {
    /// Lets the waiting key sign, once it has been published for the lead, and publishes another
    /// to wait. Until then it says from when.
    ///
    /// # Errors
    /// When the waiting key has not led, the keys were given, or none can be made.
    pub fn rotate(&self, now: Timestamp) -> Result<Self, RotateError> {
        let policy = self.0.rule.ok_or(RotateError::Given)?.policy;
        // A ring that lost its waiting key publishes a new one first, and that one leads as well.
        let published_at = waiting(&self.0.held, now).map_or(now, |next| next.times.published_at);
        let ready_at = published_at + policy.lead;
        if now < ready_at {
            return Err(RotateError::NotLed { ready_at });
        }
        self.rotate_now(now)
    }

    /// Lets the waiting key sign at once. Verifiers that cached the JWKS before it was published
    /// refuse its tokens until they fetch again.
    ///
    /// # Errors
    /// When the keys were given, or none can be made.
    pub fn rotate_now(&self, now: Timestamp) -> Result<Self, RotateError> {
        let rule = self.0.rule.ok_or(RotateError::Given)?;
        let mut held = self.0.held.clone();
        forget_gone(&mut held, now);
        publish_next(&mut held, &rule, now)?;
        promote(&mut held, &rule.policy, now);
        publish_next(&mut held, &rule, now)?;
        Ok(Self::assemble(held, Some(rule))?)
    }

    /// The ring that is due at `now`, or none if it is this one: rotates when the active key has
    /// signed for its period and the next has led, publishes a waiting key where none is, and
    /// forgets what is gone.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn scheduled(&self, now: Timestamp) -> Result<Option<Self>, RotateError> {
        let Some(rule) = self.0.rule else { return Ok(None) };
        let since = self.active(now).and_then(|active| active.times.active_at);
        let due = match (rule.policy.rotate_every, since) {
            (_, None) => return self.rotate_now(now).map(Some),
            (Some(period), Some(since)) => now >= since + period,
            (None, Some(_)) => false,
        };
        if due {
            match self.rotate(now) {
                Err(RotateError::NotLed { .. }) => {}
                rotated => return rotated.map(Some),
            }
        }
        let mut held = self.0.held.clone();
        let changed = forget_gone(&mut held, now) | publish_next(&mut held, &rule, now)?;
        if changed { Ok(Some(Self::assemble(held, Some(rule))?)) } else { Ok(None) }
    }

    /// Ends a key at once, because its private half may be known to others: tokens under it are
    /// refused from now on. If it was the one that signs, the waiting key takes over without its
    /// lead. A ring of given keys is then left without one, and issues nothing until the host
    /// gives another.
    ///
    /// It does not fail for want of a new key to wait: [`KeyRing::scheduled`] makes one later.
    ///
    /// # Errors
    /// When the ring has no such key.
    pub fn withdraw(&self, kid: &KeyId, now: Timestamp) -> Result<Self, RotateError> {
        self.withdraw_and(kid, now, |held, rule| {
            // Ending a key matters more than having the next: a failure is made up for later.
            let _ = publish_next(held, rule, now);
        })
    }

    /// As [`KeyRing::withdraw`], but no new key is made: what an instance knows until it has read
    /// the ring that the withdrawing instance wrote.
    pub(crate) fn without(&self, kid: &KeyId, now: Timestamp) -> Result<Self, RotateError> {
        self.withdraw_and(kid, now, |_, _| {})
    }

    fn withdraw_and(
        &self,
        kid: &KeyId,
        now: Timestamp,
        publish: impl Fn(&mut Vec<HeldKey>, &Rule),
    ) -> Result<Self, RotateError> {
        let mut held = self.0.held.clone();
        let key = held
            .iter_mut()
            .find(|held| held.public.kid() == kid)
            .ok_or_else(|| RotateError::UnknownKey { kid: kid.clone() })?;
        let signed = key.state(now) == KeyState::Active;
        key.times.withdraw(now);
        if let Some(rule) = &self.0.rule {
            if signed {
                publish(&mut held, rule);
                promote(&mut held, &rule.policy, now);
            }
            publish(&mut held, rule);
        }
        Ok(Self::assemble(held, self.0.rule)?)
    }
}

fn waits(held: &HeldKey, now: Timestamp) -> bool {
    held.private.is_some() && held.state(now) == KeyState::Pending
}

/// The key that has waited longest.
fn waiting(held: &[HeldKey], now: Timestamp) -> Option<&HeldKey> {
    held.iter().filter(|held| waits(held, now)).min_by_key(|held| held.times.published_at)
}

/// Drops the keys that are gone, and says whether there were any.
fn forget_gone(held: &mut Vec<HeldKey>, now: Timestamp) -> bool {
    let before = held.len();
    held.retain(|held| held.state(now) != KeyState::Gone);
    held.len() != before
}

/// Publishes a new key if none waits, and says whether it did.
fn publish_next(held: &mut Vec<HeldKey>, rule: &Rule, now: Timestamp) -> Result<bool, KeyError> {
    if waiting(held, now).is_some() {
        return Ok(false);
    }
    held.push(HeldKey::signing(rule.generate()?, KeyTimes::published(now)));
    Ok(true)
}

/// Retires what signs and lets the key that has waited longest take over.
fn promote(held: &mut [HeldKey], policy: &KeyPolicy, now: Timestamp) {
    let next = waiting(held, now).map(|next| next.public.kid().clone());
    for held in held {
        if Some(held.public.kid()) == next.as_ref() {
            held.times.active_at = Some(now);
        } else if held.state(now) == KeyState::Active {
            held.times.retire(now, policy);
        }
    }
}
