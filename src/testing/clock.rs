//! Knows a clock that stands still until the test moves it.
//! Must not know what waits for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::clock::{Clock, Timestamp};

/// A clock that the test moves. Clones show and move the same time, so keep one and give the
/// other to what you test.
///
/// ```
/// use hallpass::{Timestamp, clock::Clock, testing::TestClock};
/// use std::time::Duration;
///
/// let clock = TestClock::at(Timestamp::from_unix_seconds(1_700_000_000));
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().as_unix_seconds(), 1_700_000_090);
///
/// // A wall clock may be set back; the monotonic one never goes back.
/// clock.step_back(Duration::from_secs(60));
/// assert_eq!(clock.now().as_unix_seconds(), 1_700_000_030);
/// assert_eq!(clock.monotonic(), Duration::from_secs(90));
/// ```
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<Times>>);

#[derive(Debug, Clone, Copy)]
struct Times {
    wall: Timestamp,
    monotonic: Duration,
}

impl TestClock {
    /// A clock that shows `now` until it is moved; its monotonic time starts at zero.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Times { wall: now, monotonic: Duration::ZERO })))
    }

    /// Lets time pass: both clocks move forward.
    pub fn advance(&self, by: Duration) {
        let mut times = self.times();
        times.wall = times.wall + by;
        times.monotonic = times.monotonic.saturating_add(by);
    }

    /// Lets time pass until `now`. If that has passed already, the wall clock is set back and the
    /// monotonic clock stays.
    pub fn set(&self, now: Timestamp) {
        let mut times = self.times();
        times.monotonic = times.monotonic.saturating_add(now.saturating_since(times.wall));
        times.wall = now;
    }

    /// Sets the wall clock forward, as time synchronisation does; no time passes.
    pub fn step_forward(&self, by: Duration) {
        let mut times = self.times();
        times.wall = times.wall + by;
    }

    /// Sets the wall clock back, as time synchronisation does; no time passes.
    pub fn step_back(&self, by: Duration) {
        let mut times = self.times();
        times.wall = times.wall - by;
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.times().wall
    }

    fn monotonic(&self) -> Duration {
        self.times().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_forward_lets_time_pass_and_setting_back_does_not() {
        let clock = TestClock::at(Timestamp::from_unix_seconds(100));
        clock.set(Timestamp::from_unix_seconds(130));
        assert_eq!(clock.monotonic(), Duration::from_secs(30));
        clock.set(Timestamp::from_unix_seconds(50));
        assert_eq!(clock.now(), Timestamp::from_unix_seconds(50));
        assert_eq!(clock.monotonic(), Duration::from_secs(30));
        clock.step_forward(Duration::from_secs(5));
        assert_eq!(clock.clone().now(), Timestamp::from_unix_seconds(55));
        assert_eq!(clock.monotonic(), Duration::from_secs(30));
    }
}
