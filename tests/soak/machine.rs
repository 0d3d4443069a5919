//! Knows whether the machine itself stands still: how long a small write takes to reach the disk.
//! Must not know the servers.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{report::STALL, web::Web};

/// How long what has queued up behind it may take.
const AFTER: Duration = Duration::from_secs(5);

/// Looks until it is dropped.
pub(crate) struct Machine(Arc<AtomicBool>);

impl Machine {
    pub(crate) fn watch(beside: &Path, web: Arc<Web>) -> Result<Self, io::Error> {
        let mut file = File::create(beside.join("machine"))?;
        let goes_on = Arc::new(AtomicBool::new(true));
        let watched = Arc::clone(&goes_on);
        thread::spawn(move || {
            while watched.load(Ordering::Relaxed) {
                let began = Instant::now();
                web.report.machine(Some(began));
                let written = file.write_all(&[0; 512]).and_then(|()| file.sync_data());
                web.report.machine(None);
                if written.is_err() || began.elapsed() > STALL {
                    web.report.count("stalls of the machine: a small write took long");
                    web.report.excuse(began, Instant::now() + AFTER);
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(Self(goes_on))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
