//! Knows when the keys of the store are read again.
//! Must not know keys, nor read a clock: monotonic times come in.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often the keys are read.
pub(in crate::authority) const RELOAD_EVERY: Duration = Duration::from_secs(10);
/// How old the knowledge of the keys may be for signing: an instance that cannot read must not
/// go on with a key that others retired. A retired key's grace covers it.
pub(in crate::authority) const MAX_AGE: Duration = Duration::from_secs(25);
/// How soon after a failure, or after a key that was not found, the store is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When what happened last, in monotonic time.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    loaded_at: Option<Duration>,
    failed_at: Option<Duration>,
    missed_at: Option<Duration>,
    outdated: bool,
}

impl Pace {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A read begins; whatever makes its answer outdated comes after.
    pub(super) fn begin(&self) {
        self.times().outdated = false;
    }

    pub(super) fn succeeded(&self, began: Duration) {
        let mut times = self.times();
        times.loaded_at = times.loaded_at.max(Some(began));
        times.failed_at = None;
    }

    pub(super) fn failed(&self, now: Duration) {
        let mut times = self.times();
        times.failed_at = Some(now);
        times.outdated = true;
    }

    /// Another instance is known to have changed the keys.
    pub(super) fn outdate(&self) {
        self.times().outdated = true;
    }

    pub(super) fn was_loaded(&self) -> bool {
        self.times().loaded_at.is_some()
    }

    /// Whether what is known is recent enough to sign.
    pub(super) fn may_sign(&self, now: Duration) -> bool {
        self.times().loaded_at.is_some_and(|at| now.saturating_sub(at) <= MAX_AGE)
    }

    /// How long until the next read.
    pub(super) fn due_in(&self, now: Duration) -> Duration {
        let times = self.times();
        let until = |at: Duration, wait: Duration| (at + wait).saturating_sub(now);
        let next = match times.loaded_at {
            Some(at) if !times.outdated => until(at, RELOAD_EVERY),
            _ => Duration::ZERO,
        };
        next.max(times.failed_at.map_or(Duration::ZERO, |at| until(at, RETRY_AFTER)))
    }

    /// Whether the store may be asked for a key that a token names: the name is anybody's.
    pub(super) fn may_look(&self, now: Duration) -> bool {
        let mut times = self.times();
        let last = times.missed_at.max(times.failed_at);
        let may = last.is_none_or(|at| now.saturating_sub(at) >= RETRY_AFTER);
        if may {
            times.missed_at = Some(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_due_when_it_is_old_or_outdated_and_after_a_failure_in_a_while() {
        let pace = Pace::default();
        let second = Duration::from_secs(1);
        assert!(pace.due_in(second).is_zero() && !pace.may_sign(second));
        pace.succeeded(second);
        assert_eq!(pace.due_in(second * 2), RELOAD_EVERY - second);
        assert!(pace.may_sign(second + MAX_AGE) && !pace.may_sign(second * 2 + MAX_AGE));
        pace.outdate();
        assert!(pace.due_in(second * 2).is_zero());
        pace.begin();
        assert_eq!(pace.due_in(second * 2), RELOAD_EVERY - second, "what began after it knows");
        pace.failed(second * 2);
        assert_eq!(
            pace.due_in(second * 2),
            RETRY_AFTER,
            "not at once, and not only when it is old"
        );
        assert!(pace.due_in(second * 2 + RETRY_AFTER).is_zero());
        pace.begin();
        pace.succeeded(second * 4);
        assert_eq!(pace.due_in(second * 4), RELOAD_EVERY);
    }
}
