//! Knows how to run background work on tokio.
//! Must not know what the work is.

use std::{
    future::Future,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::Verifier;
use crate::store::RevocationFeed;

/// The task that does the background work of an authority or a verifier. Dropping it stops the
/// task; so does the last clone of what it works for.
///
/// ```
#[doc = an_authority!()]
/// use std::time::Duration;
///
/// let maintenance = authority.spawn_maintenance(); // keep it for as long as the service runs
/// let verifier = authority.verifier();
/// let caught_up = async {
///     while !verifier.is_fresh() {
///         tokio::task::yield_now().await;
///     }
/// };
/// tokio::time::timeout(Duration::from_secs(10), caught_up).await?;
/// drop(maintenance); // the work stops
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "dropping it stops the background work"]
pub struct Maintenance(JoinHandle<()>);

impl Verifier {
    /// Runs [`tick`](Self::tick) whenever it is due, until the returned value or the last clone
    /// of this verifier is dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn spawn_maintenance(&self) -> Maintenance {
        Maintenance::spawn(Arc::downgrade(&self.0), |inner, hinted| async move {
            let feed = inner.follower.as_ref().map(|follower| follower.feed());
            let verifier = Self(inner);
            if hinted {
                verifier.expect_news();
            }
            (verifier.tick().await, feed)
        })
    }
}

/// How far apart a poll and the next on a hint begin, at least: of a store that writes all the time a
/// verifier asks ten times a second, not at each write.
const BETWEEN_HINTS: Duration = Duration::from_millis(100);

impl Maintenance {
    /// Repeats `step`, which says how long to wait and whose hint ends the wait early; it is told
    /// whether one did. Between two steps nothing is held that would keep the owner alive.
    pub(crate) fn spawn<T, S, F>(owner: Weak<T>, step: S) -> Self
    where
        T: Send + Sync + 'static,
        S: Fn(Arc<T>, bool) -> F + Send + 'static,
        F: Future<Output = (Duration, Option<Arc<dyn RevocationFeed>>)> + Send,
    {
        Self(tokio::spawn(async move {
            let mut hinted = false;
            while let Some(strong) = owner.upgrade() {
                let began = Instant::now();
                let (wait, feed) = step(strong, hinted).await;
                let wait = wait.max(Duration::from_millis(1));
                hinted = match feed {
                    // The hint, or the time itself, whichever is first.
                    Some(feed) => timeout(wait, feed.changed()).await.is_ok(),
                    None => {
                        sleep(wait).await;
                        false
                    }
                };
                if hinted {
                    sleep_until(began + BETWEEN_HINTS).await;
                }
            }
        }))
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.0.abort();
    }
}
