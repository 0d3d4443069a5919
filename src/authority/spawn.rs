//! Knows which of an authority's work runs on tokio.
//! Must not know how; the verifier's `spawn` does.

use std::sync::Arc;

use super::Authority;
use crate::{store::RevocationFeed, verifier::Maintenance};

impl Authority {
    /// Runs [`tick`](Self::tick) whenever it is due, until the returned value or the last clone
    /// of this authority is dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn spawn_maintenance(&self) -> Maintenance {
        Maintenance::spawn(Arc::downgrade(&self.0), |inner, hinted| async move {
            let store = Arc::clone(&inner.store);
            let feed: Arc<dyn RevocationFeed> = store;
            if hinted {
                inner.verifier.expect_news();
            }
            (Self(inner).tick().await, Some(feed))
        })
    }
}
