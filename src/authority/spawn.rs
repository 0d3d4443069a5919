//! Knows how to run the background work on tokio.
//! Must not know what the work is.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{Authority, Inner};

/// The task that does an authority's background work. Dropping it stops the task; so does the
/// last clone of the authority.
#[derive(Debug)]
#[must_use = "dropping it stops the background work"]
pub struct Maintenance(JoinHandle<()>);

impl Authority {
    /// Runs [`tick`](Self::tick) whenever it is due, until the returned value or the last clone
    /// of this authority is dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn spawn_maintenance(&self) -> Maintenance {
        let weak = Arc::downgrade(&self.0);
        Maintenance(tokio::spawn(run(weak)))
    }
}

async fn run(authority: Weak<Inner>) {
    loop {
        let Some(inner) = authority.upgrade() else { return };
        let store = Arc::clone(&inner.store);
        let wait = Authority(inner).tick().await.max(Duration::from_millis(1));
        // A hint from the store, or the time itself, whichever is first.
        let _elapsed = tokio::time::timeout(wait, store.changed()).await;
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.0.abort();
    }
}
