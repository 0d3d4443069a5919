//! Knows what time it is; the only reader of the operating system's clocks.
//! Must not know what a deadline means: stores and rules get `now` as a value.

use std::{
    fmt::{self, Debug, Display},
    sync::Arc,
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
        let millis = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self::from_unix_millis(u64::try_from(millis).unwrap_or(u64::MAX))
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

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        Self::from_unix_millis(self.0.saturating_add(millis))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(millis))
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
}

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }
}

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
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
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
}
