//! Knows when the issuer may be asked, so that nobody can make us flood it.
//! Must not know keys, nor read a clock: monotonic times come in.

use std::{collections::VecDeque, time::Duration};

/// How long the first failure keeps us from asking again; it doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest such wait, and so the longest that a recovered issuer goes unnoticed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Over which time unknown names are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// What the host has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The shortest and the longest time between two fetches that went well.
    pub(super) min_age: Duration,
    pub(super) max_age: Duration,
    /// How long keys are believed after they were read, when they cannot be read anew.
    pub(super) max_stale: Duration,
    /// How often a minute a name that we do not have makes us ask.
    pub(super) refetches: usize,
}

/// Why the issuer is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// What is known is old, or nothing is.
    Due,
    /// A token names a key that is not known. The name is anybody's.
    Missing,
}

/// What happened when.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last fetch that went well began, and how long its answer is fresh.
    read: Option<(Duration, Duration)>,
    /// Fetches since then that did not go well, one that is under way among them.
    failures: u32,
    failed_at: Duration,
    /// When unknown names made us ask, the oldest first.
    looked: VecDeque<Duration>,
}

impl Pace {
    /// Whether the issuer may be asked now. If so, this counts as a failure until it is said that
    /// it went well: who asked may be gone before it can say.
    pub(super) fn begin(&mut self, why: Why, now: Duration, limits: &Limits) -> bool {
        if now < self.retry_at() {
            return false;
        }
        let due = self.due_at() <= now;
        match why {
            Why::Due if !due => return false,
            // It would have been asked without the name.
            Why::Due | Why::Missing if due => {}
            _ => {
                while self.looked.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
                    self.looked.pop_front();
                }
                if self.looked.len() >= limits.refetches {
                    return false;
                }
                self.looked.push_back(now);
            }
        }
        self.failed(now);
        self.failures = self.failures.saturating_add(1);
        true
    }

    /// What was begun at `began` went well, and its answer is fresh for so long.
    pub(super) fn succeeded(&mut self, began: Duration, fresh_for: Duration) {
        self.read = Some((began, fresh_for));
        self.failures = 0;
    }

    /// What was begun has failed by now.
    pub(super) fn failed(&mut self, now: Duration) {
        self.failed_at = now;
    }

    fn retry_at(&self) -> Duration {
        let Some(doublings) = self.failures.checked_sub(1) else { return Duration::ZERO };
        self.failed_at + (FIRST_WAIT * (1 << doublings.min(5))).min(LONGEST_WAIT)
    }

    /// When the issuer is to be asked next, whether a token needs it or not.
    pub(super) fn due_at(&self) -> Duration {
        let stale_at = self.read.map_or(Duration::ZERO, |(began, fresh_for)| began + fresh_for);
        stale_at.max(self.retry_at())
    }

    /// Whether what is known is so recent that a name that is not there is nobody's.
    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        self.read.is_some_and(|(began, fresh_for)| now < began + fresh_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        min_age: Duration::from_secs(30),
        max_age: Duration::from_secs(300),
        max_stale: Duration::from_secs(3600),
        refetches: 5,
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn failures_wait_longer_and_longer_and_success_forgets_them() {
        let mut pace = Pace::default();
        let mut now = at(100);
        let mut waits = Vec::new();
        for _ in 0..8 {
            assert!(pace.begin(Why::Due, now, &LIMITS));
            pace.failed(now);
            waits.push((pace.due_at() - now).as_secs());
            assert!(!pace.begin(Why::Due, now, &LIMITS));
            assert!(!pace.begin(Why::Missing, pace.due_at() - at(1), &LIMITS));
            now = pace.due_at();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert!(pace.begin(Why::Missing, now, &LIMITS));
        pace.succeeded(now, at(300));
        assert_eq!(pace.due_at(), now + at(300));
        assert!(pace.is_fresh(now + at(299)) && !pace.is_fresh(now + at(300)));
    }

    #[test]
    fn unknown_names_are_counted_over_every_minute() {
        let mut pace = Pace::default();
        assert!(pace.begin(Why::Due, at(0), &LIMITS));
        pace.succeeded(at(0), at(1_000_000));
        let mut asked = Vec::new();
        for now in 1..600 {
            if pace.begin(Why::Missing, at(now), &LIMITS) {
                pace.succeeded(at(now), at(1_000_000));
                asked.push(now);
            }
        }
        assert_eq!(asked.len(), 50);
        assert!(asked.windows(6).all(|six| six[5] - six[0] >= 60), "{asked:?}");
        assert!(!pace.begin(Why::Due, at(600), &LIMITS), "nothing is due");
    }

    #[test]
    fn what_is_due_anyway_does_not_count() {
        let mut pace = Pace::default();
        for minute in 0..20 {
            assert!(pace.begin(Why::Missing, at(minute), &LIMITS));
            pace.succeeded(at(minute), at(1));
        }
        assert!(pace.looked.is_empty());
    }

    #[test]
    fn a_look_that_fails_makes_nothing_due_that_is_fresh() {
        let mut pace = Pace::default();
        assert!(pace.begin(Why::Due, at(0), &LIMITS));
        pace.succeeded(at(0), at(300));
        assert!(pace.begin(Why::Missing, at(10), &LIMITS));
        pace.failed(at(12));
        assert_eq!(pace.due_at(), at(300));
        assert!(!pace.begin(Why::Missing, at(12), &LIMITS));
        assert!(pace.begin(Why::Missing, at(13), &LIMITS));
    }
}
