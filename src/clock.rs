//! Knows what time it is; the only reader of the operating system's clocks.
//! Must not know what a deadline means: stores and rules get `now` as a value.

use std::{
    fmt::{self, Debug, Display},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// An instant in whole milliseconds since the Unix epoch, from 1970 to the end of year 9999.
///
/// Arithmetic saturates at both ends, so no deadline can wrap into the past.
///
/// ```
/// use hallpass::Timestamp;
/// use std::time::Duration;
///
/// let noon = Timestamp::from_unix_seconds(1_700_000_000);
/// assert_eq!(noon.to_string(), "2023-11-14T22:13:20Z");
/// assert_eq!((noon + Duration::from_secs(1)).as_unix_seconds(), 1_700_000_001);
/// assert_eq!(Timestamp::MAX + Duration::from_secs(1), Timestamp::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch, 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The last millisecond of year 9999, the largest instant RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant `millis` milliseconds after the epoch, at most [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_unix_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// The instant `seconds` seconds after the epoch, at most [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self::from_unix_millis(seconds.saturating_mul(1000))
    }

    /// The same instant as a [`SystemTime`] reading; before the epoch counts as the epoch.
    #[must_use]
    pub fn from_system_time(at: SystemTime) -> Self {
        Self::from_unix_millis(at.duration_since(UNIX_EPOCH).map_or(0, whole_millis))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_unix_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the unit of JWT's `NumericDate`.
    #[must_use]
    pub const fn as_unix_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The time from `earlier` to `self`, or zero if `earlier` is not earlier.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn whole_millis(of: Duration) -> u64 {
    of.as_secs().saturating_mul(1000).saturating_add(u64::from(of.subsec_millis()))
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self::from_unix_millis(self.0.saturating_add(whole_millis(by)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(whole_millis(by)))
    }
}

impl From<u64> for Timestamp {
    /// Reads Unix milliseconds, the form [`Timestamp`] serializes to.
    fn from(millis: u64) -> Self {
        Self::from_unix_millis(millis)
    }
}

impl From<Timestamp> for u64 {
    fn from(at: Timestamp) -> Self {
        at.0
    }
}

impl Display for Timestamp {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok())
            .ok_or(fmt::Error)?;
        f.write_str(&text)
    }
}

impl Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// Where the time comes from. A host gives its own to move time in tests
/// (`testing::TestClock` is one); everything else uses [`SystemClock`].
///
/// ```
#[doc = a_builder!()]
/// use hallpass::clock::Clock;
/// # use hallpass::Timestamp;
/// use std::{sync::{Arc, atomic::{AtomicU64, Ordering}}, time::Duration};
///
/// /// A clock that shows what a test says: seconds since it began.
/// #[derive(Debug, Default)]
/// struct Moved(AtomicU64);
///
/// impl Clock for Moved {
///     fn now(&self) -> Timestamp {
///         Timestamp::from_unix_seconds(1_700_000_000) + self.monotonic()
///     }
///
///     fn monotonic(&self) -> Duration {
///         Duration::from_secs(self.0.load(Ordering::Relaxed))
///     }
/// }
///
/// let clock = Arc::new(Moved::default());
/// let authority = builder.clock(Arc::clone(&clock)).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// clock.0.store(3600, Ordering::Relaxed);
/// let error = authority.verify(issued.access_token()).await.unwrap_err();
/// assert_eq!(error.to_string(), "the token has expired");
/// # Ok(()) }
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// The current wall-clock time, which decides expiry.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment, never going back, which decides staleness: a stepped wall
    /// clock must not make old revocation data look fresh.
    fn monotonic(&self) -> Duration;

    /// Both at once, for a check that needs both. A clock that can tell them with one look at the
    /// system does; by default each is asked.
    fn both(&self) -> (Timestamp, Duration) {
        (self.now(), self.monotonic())
    }
}

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }

    fn both(&self) -> (Timestamp, Duration) {
        (**self).both()
    }
}

/// For how long [`SystemClock::both`] lets the wall clock go on with the monotonic one, before it
/// looks at it again: how late a wall clock that was set anew is noticed there.
const UNLOOKED: u64 = 100_000_000;

/// The operating system's clocks.
///
/// ```
/// use hallpass::clock::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.monotonic();
/// println!("it is {}", clock.now());
/// assert!(clock.monotonic() >= before, "even when somebody sets the wall clock back");
/// ```
///
/// [`now`](Clock::now) and [`monotonic`](Clock::monotonic) are readings of the system's.
/// [`both`](Clock::both), which each check of a token asks, is one reading: between looks at the
/// wall clock, a tenth of a second apart, that one goes on with the monotonic one.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// The wall clock's nanoseconds at [`started`](Self::started), as they were last seen.
    wall_at_start: AtomicU64,
    /// Until when, in monotonic nanoseconds, nobody need look again.
    seen_until: AtomicU64,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::from_start(Instant::now())
    }

    fn from_start(started: Instant) -> Self {
        Self { started, wall_at_start: AtomicU64::new(0), seen_until: AtomicU64::new(0) }
    }

    /// Looks at the wall clock and remembers what it says.
    #[cold]
    fn look(&self, monotonic: u64) -> Timestamp {
        let now = SystemTime::now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall_at_start = nanos(since).wrapping_sub(monotonic);
        // In this order: who sees that somebody has looked must see what there was.
        self.wall_at_start.store(wall_at_start, Ordering::Release);
        self.seen_until.store(monotonic.saturating_add(UNLOOKED), Ordering::Release);
        Timestamp::from_system_time(now)
    }
}

/// Enough for five hundred years.
fn nanos(of: Duration) -> u64 {
    of.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(of.subsec_nanos()))
}

impl Clone for SystemClock {
    fn clone(&self) -> Self {
        Self::from_start(self.started)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_system_time(SystemTime::now())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn both(&self) -> (Timestamp, Duration) {
        let elapsed = self.started.elapsed();
        let monotonic = nanos(elapsed);
        let now = if monotonic < self.seen_until.load(Ordering::Acquire) {
            let wall = self.wall_at_start.load(Ordering::Acquire).wrapping_add(monotonic);
            Timestamp::from_unix_millis(wall / 1_000_000)
        } else {
            self.look(monotonic)
        };
        (now, elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One reading tells what two tell, whether it looks at the wall clock or not.
    #[test]
    fn both_are_what_each_says() {
        let clock = SystemClock::new();
        for _ in 0..2_000 {
            let (early, before) = (clock.now(), clock.monotonic());
            let (now, monotonic) = clock.both();
            let (late, after) = (clock.now(), clock.monotonic());
            assert!(before <= monotonic && monotonic <= after);
            // A millisecond for the rounding, and what the system slews its clock by.
            let slack = Duration::from_millis(2);
            assert!(early <= now + slack && now <= late + slack, "{early} {now} {late}");
        }
    }

    /// A wall clock that was set anew is noticed at the next look, and that comes by itself.
    #[test]
    fn the_wall_clock_is_looked_at_again() {
        let clock = SystemClock::new();
        let (right, monotonic) = clock.both();
        let hour = 3_600_000_000_000;
        clock.wall_at_start.fetch_sub(hour, Ordering::Relaxed);
        assert!(clock.both().0 < right, "it goes on from what was seen");
        // As if a tenth of a second had passed.
        clock.seen_until.store(nanos(monotonic), Ordering::Relaxed);
        assert!(clock.both().0 >= right);
        assert!(clock.clone().both().0 >= right);
    }
}
