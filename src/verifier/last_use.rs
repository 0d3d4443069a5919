//! Knows which API keys were used lately, and writes that down off the request path.
//! Must not know whether a key is good.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    clock::{Clock, Timestamp},
    event,
    id::ApiKeyId,
    store::ApiKeyStore,
};

/// How often the use of one key is written down, at most.
const STEP: Duration = Duration::from_secs(5 * 60);
/// How many keys are remembered. Above that the news of a use is dropped.
const MOST: usize = 16_384;

/// Which keys were used, and when each was last noted.
#[derive(Debug, Default)]
pub(super) struct LastUse(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// Monotonic time at which the key was noted.
    noted: HashMap<ApiKeyId, Duration>,
    waiting: Vec<(ApiKeyId, Timestamp)>,
}

impl LastUse {
    /// Notes a use, if the last note of this key is old enough.
    pub(super) fn note(&self, id: ApiKeyId, clock: &dyn Clock) {
        let now = clock.monotonic();
        let is_recent = |noted: &Duration| now.saturating_sub(*noted) < STEP;
        let mut notes = self.notes();
        if notes.noted.get(&id).is_some_and(is_recent) {
            return;
        }
        if notes.noted.len() >= MOST {
            notes.noted.retain(|_, noted| is_recent(noted));
        }
        if notes.noted.len() < MOST && notes.waiting.len() < MOST {
            notes.noted.insert(id, now);
            notes.waiting.push((id, clock.now()));
        }
    }

    /// Writes what was noted. What the store does not take is lost: it is a courtesy.
    pub(super) async fn write(&self, store: &dyn ApiKeyStore) {
        let waiting = std::mem::take(&mut self.notes().waiting);
        for (id, used_at) in waiting {
            if let Err(error) = store.touch_api_key(&id, used_at, STEP).await {
                return event::store_failed("touch_api_key", &error);
            }
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
