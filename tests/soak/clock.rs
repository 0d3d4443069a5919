//! Knows the time that the instances go by, and moves it.
//! Must not know why.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The system's clock and a file that says how far everybody is ahead of it.
pub(crate) struct MovedClock {
    file: PathBuf,
    ahead: AtomicU64,
}

impl MovedClock {
    pub(crate) fn new(file: PathBuf) -> Self {
        fs::write(&file, "0").unwrap();
        Self { file, ahead: AtomicU64::new(0) }
    }

    pub(crate) fn file(&self) -> &PathBuf {
        &self.file
    }

    /// Unix milliseconds.
    pub(crate) fn now(&self) -> u64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(real.as_millis()).unwrap() + self.ahead.load(Ordering::Acquire)
    }

    /// Moves everybody's clock, theirs within moments: ask them before you go on.
    pub(crate) fn step(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap();
        let ahead = self.ahead.fetch_add(by, Ordering::AcqRel) + by;
        // Written beside and put into place, so that nobody reads half of it.
        let draft = self.file.with_extension("new");
        fs::write(&draft, ahead.to_string()).unwrap();
        fs::rename(draft, &self.file).unwrap();
    }

    /// How far it was moved in all.
    pub(crate) fn passed(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Acquire))
    }
}
