//! Knows what time this server goes by in a build for tests (feature `test-util`): the system's,
//! ahead of it by as many milliseconds as the file says that `HALLPASS_TEST_CLOCK` names.
//! Must not be in a build for users.
//!
//! With it a test passes weeks in minutes. The monotonic clock is ahead by as much: what is done
//! every minute is due when an hour was skipped. The file may only ever grow.

use std::{
    env, fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use hallpass::{
    Timestamp,
    clock::{Clock, SystemClock},
};

/// How often the file is read.
const EVERY: Duration = Duration::from_millis(10);

/// The system's clock, moved ahead.
#[derive(Debug, Clone)]
pub(crate) struct ServerClock {
    system: SystemClock,
    /// Milliseconds.
    ahead: Arc<AtomicU64>,
}

impl ServerClock {
    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Acquire))
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        self.system.now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.ahead()
    }
}

/// The clock that everything here goes by.
pub(crate) fn server_clock() -> Result<ServerClock, io::Error> {
    let ahead = Arc::new(AtomicU64::new(0));
    if let Some(file) = env::var_os("HALLPASS_TEST_CLOCK") {
        let file = PathBuf::from(file);
        ahead.store(read(&file)?, Ordering::Release);
        println!("the clock is what {} says: a build for tests", file.display());
        follow(file, Arc::clone(&ahead));
    }
    Ok(ServerClock { system: SystemClock::new(), ahead })
}

fn read(file: &PathBuf) -> Result<u64, io::Error> {
    let text = fs::read_to_string(file)?;
    text.trim().parse().map_err(|_| io::Error::other("the test clock's file has no number"))
}

fn follow(file: PathBuf, ahead: Arc<AtomicU64>) {
    thread::spawn(move || {
        loop {
            // A file that is being replaced is read the next time.
            if let Ok(millis) = read(&file) {
                ahead.fetch_max(millis, Ordering::AcqRel);
            }
            thread::sleep(EVERY);
        }
    });
}
