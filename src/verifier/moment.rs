//! Knows when a request came, and whether everything was looked at lately enough for it.
//! Must not know what is looked at, nor wait for anything.

use std::time::Duration;

use super::Verifier;
use crate::clock::Timestamp;

/// When a request came.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) monotonic: Duration,
}

impl Verifier {
    /// What a request needs of the time, in one reading. Only who follows a feed needs the
    /// monotonic one.
    #[inline]
    pub(super) fn moment(&self) -> Moment {
        let clock = &*self.0.clock;
        let (now, monotonic) = match &self.0.follower {
            Some(_) => clock.both(),
            None => (clock.now(), Duration::ZERO),
        };
        Moment { now, monotonic }
    }

    /// The time by which this verifier judges.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Whether no news of keys is due.
    pub(super) fn keys_are_current(&self) -> bool {
        !self.0.checker.keys.due_in().is_zero()
    }

    /// Whether no news of revocations is due, and enough is known to decide, at this monotonic
    /// time.
    pub(super) fn is_settled_at(&self, monotonic: Duration) -> bool {
        let follower = self.0.follower.as_ref();
        follower.is_none_or(|follower| follower.is_settled_at(monotonic))
    }
}
