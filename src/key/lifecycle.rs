//! Knows the life of a key: pending, active, retiring, gone, as a pure function of its times.
//! Must not know any key, or what time it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Where a key stands. Exhaustive on purpose: a new state changes who may sign or verify.
///
/// ```
/// use hallpass::{Algorithm, Timestamp, key::{KeyPolicy, KeyRing, KeyState}};
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let hour = Duration::from_secs(3600);
/// let ring = KeyRing::managed(Algorithm::EdDSA, KeyPolicy::new(hour), start)?;
/// let states = |ring: &KeyRing, now| ring.keys().map(|key| key.state(now)).collect::<Vec<_>>();
/// assert_eq!(states(&ring, start), [KeyState::Active, KeyState::Pending]);
///
/// let ring = ring.rotate(start + hour)?;
/// let rotated = [KeyState::Retiring, KeyState::Active, KeyState::Pending];
/// assert_eq!(states(&ring, start + hour), rotated);
/// assert!(KeyState::Retiring.verifies(), "its last tokens are still alive");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new state must break callers' builds")]
pub enum KeyState {
    /// Published, so that verifiers know it before it signs. Does not sign yet.
    Pending,
    /// Signs.
    Active,
    /// Signs no more; verifies until its last token has expired.
    Retiring,
    /// Neither signs nor verifies, and is not published.
    Gone,
}

impl KeyState {
    /// Whether a token under the key is accepted: also while it is pending, as the clock of the
    /// instance that signed may be ahead of ours.
    #[must_use]
    pub const fn verifies(self) -> bool {
        !matches!(self, Self::Gone)
    }
}

/// When a key changes state. The state is computed from these, never stored: at each instant,
/// that instant included, the later state holds.
///
/// ```
/// use hallpass::{Timestamp, key::{KeyState, KeyTimes}};
///
/// let at = Timestamp::from_unix_seconds;
/// let mut times = KeyTimes::published(at(100));
/// times.active_at = Some(at(200));
/// assert_eq!(times.state(at(199)), KeyState::Pending);
/// assert_eq!(times.state(at(200)), KeyState::Active);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyTimes {
    /// Since when it is in the JWKS.
    pub published_at: Timestamp,
    /// Since when it signs.
    pub active_at: Option<Timestamp>,
    /// Since when it signs no more.
    pub retire_at: Option<Timestamp>,
    /// Since when it is gone.
    pub gone_at: Option<Timestamp>,
}

impl KeyTimes {
    /// The times of a key that is published at `at` and waits.
    #[must_use]
    pub const fn published(at: Timestamp) -> Self {
        Self { published_at: at, active_at: None, retire_at: None, gone_at: None }
    }

    /// The state at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| now >= at);
        if reached(self.gone_at) {
            KeyState::Gone
        } else if reached(self.retire_at) {
            KeyState::Retiring
        } else if reached(self.active_at) {
            KeyState::Active
        } else {
            KeyState::Pending
        }
    }

    /// Stops signing at `now` at the latest, and is gone when the last token has expired.
    pub(super) fn retire(&mut self, now: Timestamp, policy: &KeyPolicy) {
        let at = self.retire_at.map_or(now, |at| at.min(now));
        self.retire_at = Some(at);
        let gone_at = at + policy.max_token_lifetime + policy.grace;
        self.gone_at = Some(self.gone_at.map_or(gone_at, |at| at.min(gone_at)));
    }

    /// Stops signing and verifying at `now` at the latest.
    pub(super) fn withdraw(&mut self, now: Timestamp) {
        self.retire_at = Some(self.retire_at.map_or(now, |at| at.min(now)));
        self.gone_at = Some(self.gone_at.map_or(now, |at| at.min(now)));
    }
}

/// How long keys of a managed ring lead, and follow.
///
/// ```
/// use hallpass::{Algorithm, Timestamp, key::{KeyPolicy, KeyRing}};
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let month = Duration::from_secs(30 * 24 * 3600);
/// let policy = KeyPolicy::new(Duration::from_secs(3600)).rotate_every(month);
/// let ring = KeyRing::managed(Algorithm::EdDSA, policy, start)?;
/// assert!(ring.scheduled(start + month / 2)?.is_none(), "nothing is due");
/// assert!(ring.scheduled(start + month)?.is_some(), "the next key takes over");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPolicy {
    pub(super) lead: Duration,
    pub(super) max_token_lifetime: Duration,
    pub(super) grace: Duration,
    pub(super) rotate_every: Option<Duration>,
}

impl KeyPolicy {
    /// The policy for tokens that live `max_token_lifetime` at most: ten minutes of lead, one
    /// minute of grace, no schedule.
    #[must_use]
    pub const fn new(max_token_lifetime: Duration) -> Self {
        Self {
            lead: Duration::from_secs(600),
            max_token_lifetime,
            grace: Duration::from_secs(60),
            rotate_every: None,
        }
    }

    /// How long a key is published before it signs: at least as long as verifiers cache a JWKS.
    #[must_use]
    pub const fn lead(mut self, lead: Duration) -> Self {
        self.lead = lead;
        self
    }

    /// How long after the last token's expiry a key is still accepted: the verifiers' leeway,
    /// plus the time until every instance knows that it has retired.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How long a key that has stopped signing is still accepted.
    pub(crate) fn retires_for(&self) -> Duration {
        self.max_token_lifetime.saturating_add(self.grace)
    }

    /// How long a key signs before the next takes over by itself. A period shorter than the lead
    /// counts as the lead.
    #[must_use]
    pub const fn rotate_every(mut self, period: Duration) -> Self {
        self.rotate_every = Some(period);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn each_deadline_counts_as_reached_at_its_instant() {
        let times = KeyTimes {
            published_at: at(10),
            active_at: Some(at(20)),
            retire_at: Some(at(30)),
            gone_at: Some(at(40)),
        };
        for (now, state) in [
            (at(0), KeyState::Pending),
            (at(10), KeyState::Pending),
            (Timestamp::from_unix_millis(19_999), KeyState::Pending),
            (at(20), KeyState::Active),
            (Timestamp::from_unix_millis(29_999), KeyState::Active),
            (at(30), KeyState::Retiring),
            (Timestamp::from_unix_millis(39_999), KeyState::Retiring),
            (at(40), KeyState::Gone),
            (Timestamp::MAX, KeyState::Gone),
        ] {
            assert_eq!(times.state(now), state, "{now}");
        }
    }

    #[test]
    fn retiring_and_withdrawing_never_prolong() {
        let policy = KeyPolicy::new(Duration::from_secs(100)).grace(Duration::from_secs(5));
        let mut times = KeyTimes::published(at(0));
        times.active_at = Some(at(10));
        times.retire(at(50), &policy);
        assert_eq!((times.retire_at, times.gone_at), (Some(at(50)), Some(at(155))));
        times.retire(at(90), &policy);
        assert_eq!((times.retire_at, times.gone_at), (Some(at(50)), Some(at(155))));
        times.withdraw(at(60));
        assert_eq!((times.retire_at, times.gone_at), (Some(at(50)), Some(at(60))));
        times.withdraw(at(70));
        assert_eq!(times.gone_at, Some(at(60)));
        times.retire(at(40), &policy);
        assert_eq!((times.retire_at, times.gone_at), (Some(at(40)), Some(at(60))));
    }
}
