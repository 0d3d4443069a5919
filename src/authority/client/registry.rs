//! Knows which clients are known here: those that are configured, and those that were read from
//! the store a moment ago.
//! Must not know what they are asked for, nor read the store.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::Client;
use crate::{
    id::ClientId,
    store::{HashedSecret, RevocationRecord, RevocationSink, Target},
};

/// How many registered clients are kept. With more in use at a time, some are read again.
const MOST_KEPT: usize = 16_384;
/// How long a client is believed without reading it again, should the store have lost a record.
const LONGEST_KEPT: Duration = Duration::from_secs(10 * 60);

/// A client with what it is known by.
#[derive(Debug, Clone)]
pub(in crate::authority) struct Known {
    pub(in crate::authority) client: Arc<Client>,
    pub(in crate::authority) secrets: Arc<[HashedSecret]>,
    pub(in crate::authority) disabled: bool,
}

/// The clients of an authority. Configured ones never change; registered ones are forgotten when
/// a record of the feed says that they have.
#[derive(Debug)]
pub(in crate::authority) struct Registry {
    configured: HashMap<ClientId, Known>,
    kept: Arc<Kept>,
}

impl Registry {
    /// `retention` is how long records of changes live in the feed.
    pub(in crate::authority) fn new(configured: HashMap<ClientId, Known>, kept: Arc<Kept>) -> Self {
        Self { configured, kept }
    }

    pub(in crate::authority) fn configured(&self, id: &ClientId) -> Option<&Known> {
        self.configured.get(id)
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Whether this is a client's id, as far as is known without asking the store.
    #[cfg(feature = "oauth")]
    pub(in crate::authority) fn knows(&self, id: &ClientId) -> bool {
        self.configured.contains_key(id) || self.kept.entries().contains_key(id)
    }
}

/// Registered clients as they were read from the store. Bounded in entries and in age; ids that
/// are no client's are not among them.
#[derive(Debug)]
pub(in crate::authority) struct Kept {
    entries: Mutex<HashMap<ClientId, Entry>>,
    /// Counts what was forgotten, so that an answer that was on its way is not kept.
    epoch: AtomicU64,
    longest: Duration,
}

#[derive(Debug)]
struct Entry {
    known: Known,
    /// Monotonic time at which the store was asked.
    began: Duration,
}

impl Kept {
    /// `retention` is how long records live in the feed: an entry that is younger has missed
    /// none, however long the feed could not be read.
    pub(in crate::authority) fn new(retention: Duration) -> Self {
        let longest = LONGEST_KEPT.min(retention);
        Self { entries: Mutex::default(), epoch: AtomicU64::new(0), longest }
    }

    /// The client as it was read, if that is not too long ago at the monotonic instant `now`. The
    /// caller knows that the feed is fresh.
    pub(super) fn find(&self, id: &ClientId, now: Duration) -> Option<Known> {
        let entries = self.entries();
        let entry = entries.get(id)?;
        (now.saturating_sub(entry.began) < self.longest).then(|| entry.known.clone())
    }

    /// To be read before the store is asked.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Keeps what the store answered, unless a record arrived meanwhile that may have made it old.
    pub(super) fn keep(&self, id: &ClientId, known: Known, epoch: u64, began: Duration) {
        let mut entries = self.entries();
        // Under the lock under which forgetting counts.
        if self.epoch() != epoch {
            return;
        }
        if entries.len() >= MOST_KEPT
            && !entries.contains_key(id)
            && let Some(any) = entries.keys().next().cloned()
        {
            entries.remove(&any);
        }
        entries.insert(id.clone(), Entry { known, began });
    }

    pub(super) fn forget(&self, id: &ClientId) {
        let mut entries = self.entries();
        self.epoch.fetch_add(1, Ordering::AcqRel);
        entries.remove(id);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<ClientId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationSink for Kept {
    fn record(&self, record: &RevocationRecord) {
        if let Target::Client(id) = &record.target {
            self.forget(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    const SECOND: Duration = Duration::from_secs(1);

    fn id(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    fn known(text: &str) -> Known {
        let client = Arc::new(Client::public(text));
        Known { client, secrets: Arc::default(), disabled: false }
    }

    fn changed(text: &str) -> RevocationRecord {
        let (not_before, expires_at) = (Timestamp::EPOCH, Timestamp::MAX);
        RevocationRecord { target: Target::Client(id(text)), not_before, expires_at }
    }

    #[test]
    fn a_record_forgets_its_client_and_what_was_on_its_way() {
        let kept = Kept::new(SECOND * 3600);
        let epoch = kept.epoch();
        kept.keep(&id("a"), known("a"), epoch, SECOND);
        kept.keep(&id("b"), known("b"), epoch, SECOND);
        kept.record(&changed("a"));
        assert!(kept.find(&id("a"), SECOND).is_none());
        assert!(kept.find(&id("b"), SECOND).is_some());
        kept.keep(&id("a"), known("a"), epoch, SECOND);
        assert!(kept.find(&id("a"), SECOND).is_none(), "read before the record came");
    }

    #[test]
    fn an_entry_ages_and_never_outlives_a_record_it_may_have_missed() {
        for (retention, longest) in [(24 * 3600, 600), (90, 90)] {
            let kept = Kept::new(SECOND * retention);
            kept.keep(&id("a"), known("a"), 0, SECOND);
            assert!(kept.find(&id("a"), SECOND * longest).is_some());
            assert!(kept.find(&id("a"), SECOND * (longest + 1)).is_none());
        }
    }

    #[test]
    fn memory_is_bounded() {
        let kept = Kept::new(SECOND * 3600);
        for number in 0..MOST_KEPT + 100 {
            kept.keep(&id(&number.to_string()), known("a"), 0, SECOND);
        }
        assert_eq!(kept.entries().len(), MOST_KEPT);
        assert!(kept.find(&id(&(MOST_KEPT + 99).to_string()), SECOND).is_some());
    }
}
