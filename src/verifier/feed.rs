//! Knows how news of revocations arrives, and how old what we know may be.
//! Must not know tokens.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    clock::{Clock, Timestamp},
    store::{
        Cursor, RevocationFeed, RevocationRecord, RevocationSink, StoreError, StoreErrorKind,
        Target,
    },
};

use super::{api_key::ApiKeyCache, flight::Flight, index::RevocationIndex};

/// Records per read.
const PAGE: u32 = 1000;
/// "Never" among the monotonic times below.
const NEVER: u64 = u64::MAX;

/// Where news goes: the index, and the cache of API keys.
#[derive(Debug)]
pub(super) struct News {
    pub(super) index: Arc<RevocationIndex>,
    pub(super) cache: ApiKeyCache,
    /// Who else wants to know: an authority, of its clients.
    pub(super) listener: Option<Arc<dyn RevocationSink>>,
}

impl RevocationSink for News {
    fn record(&self, record: &RevocationRecord) {
        self.index.insert(record);
        match &record.target {
            Target::ApiKey(id) => self.cache.forget(id),
            // API keys of an owner may have ended with everything else.
            Target::Owner(_) => self.cache.forget_all(),
            _ => {}
        }
        if let Some(listener) = &self.listener {
            listener.record(record);
        }
    }
}

/// What follows a feed: the cursor, and how fresh it is.
#[derive(Debug)]
pub(super) struct Follower {
    feed: Arc<dyn RevocationFeed>,
    cursor: Mutex<Option<Cursor>>,
    /// Monotonic milliseconds at which the last complete poll began.
    fresh_from: AtomicU64,
    /// Monotonic milliseconds at which the last poll began, complete or not.
    tried_at: AtomicU64,
    flight: Flight,
    wall_at_start: Timestamp,
    monotonic_at_start: Duration,
    settings: FeedSettings,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FeedSettings {
    pub(super) poll_interval: Duration,
    pub(super) max_staleness: Duration,
    pub(super) allow_stale: bool,
}

impl Follower {
    pub(super) fn new(
        feed: Arc<dyn RevocationFeed>,
        settings: FeedSettings,
        clock: &dyn Clock,
    ) -> Self {
        Self {
            feed,
            cursor: Mutex::new(None),
            fresh_from: AtomicU64::new(NEVER),
            tried_at: AtomicU64::new(NEVER),
            flight: Flight::default(),
            wall_at_start: clock.now(),
            monotonic_at_start: clock.monotonic(),
            settings,
        }
    }

    #[cfg(feature = "tokio")]
    pub(super) fn feed(&self) -> Arc<dyn RevocationFeed> {
        Arc::clone(&self.feed)
    }

    /// Whether the last complete poll began recently enough to decide, or the host chose to
    /// decide without.
    pub(super) fn may_decide(&self, clock: &dyn Clock) -> bool {
        self.settings.allow_stale || self.is_fresh(clock)
    }

    /// Whether there is nothing to do and enough is known to decide, at this monotonic time: as
    /// nearly every request finds it.
    pub(super) fn is_settled_at(&self, monotonic: Duration) -> bool {
        let from = self.fresh_from.load(Ordering::Acquire);
        let tried_at = self.tried_at.load(Ordering::Acquire);
        if from == NEVER || tried_at == NEVER {
            return false;
        }
        let now = millis(monotonic);
        let since = |at: u64| Duration::from_millis(now.saturating_sub(at));
        since(tried_at) < self.settings.poll_interval
            && (self.settings.allow_stale || since(from) <= self.settings.max_staleness)
    }

    pub(super) fn is_fresh(&self, clock: &dyn Clock) -> bool {
        match self.fresh_from.load(Ordering::Acquire) {
            NEVER => false,
            from => age(clock, from) <= self.settings.max_staleness,
        }
    }

    fn was_loaded(&self) -> bool {
        self.fresh_from.load(Ordering::Acquire) != NEVER
    }

    /// The next poll is due now: the store has said that there is news.
    #[cfg(feature = "tokio")]
    pub(super) fn expect_news(&self) {
        self.tried_at.store(NEVER, Ordering::Release);
    }

    /// How long until the next poll is due.
    pub(super) fn due_in(&self, clock: &dyn Clock) -> Duration {
        match self.tried_at.load(Ordering::Acquire) {
            NEVER => Duration::ZERO,
            at => self.settings.poll_interval.saturating_sub(age(clock, at)),
        }
    }

    /// Polls if that is due and nobody else does. Once loaded, nobody waits for another's poll;
    /// before that everybody waits for the first one.
    pub(super) async fn refresh(
        &self,
        news: &News,
        clock: &dyn Clock,
    ) -> Result<(), Arc<StoreError>> {
        loop {
            let loaded = self.was_loaded();
            if !self.due_in(clock).is_zero() && (loaded || !self.flight.is_airborne()) {
                return Ok(());
            }
            if let Some(_landing) = self.flight.begin() {
                // Another may have landed between the look at the time and the take-off.
                if !self.due_in(clock).is_zero() {
                    return Ok(());
                }
                return self.poll(news, clock).await.map_err(Arc::new);
            }
            if loaded {
                return Ok(());
            }
            self.flight.wait().await;
        }
    }

    /// Polls now, due or not, unless what we know is fresh.
    pub(super) async fn load(&self, news: &News, clock: &dyn Clock) -> Result<(), Arc<StoreError>> {
        while !self.is_fresh(clock) {
            match self.flight.begin() {
                // Once is enough: a store so slow that its answer is stale on arrival will not
                // be faster the next time.
                Some(_landing) => return self.poll(news, clock).await.map_err(Arc::new),
                None => self.flight.wait().await,
            }
        }
        Ok(())
    }

    /// Reads the feed to its end, and forgets what has expired.
    async fn poll(&self, news: &News, clock: &dyn Clock) -> Result<(), StoreError> {
        let began = millis(clock.monotonic());
        self.tried_at.store(began, Ordering::Release);
        loop {
            let after = self.cursor().clone();
            let page = match self.feed.read_revocations(after.as_ref(), PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    // A place that the store no longer knows: read all again. What we have stays.
                    if error.kind() == StoreErrorKind::Corrupt {
                        *self.cursor() = None;
                    }
                    return Err(error);
                }
            };
            page.records.iter().for_each(|record| news.record(record));
            let stuck = !page.complete && after.as_ref() == Some(&page.cursor);
            *self.cursor() = Some(page.cursor);
            if page.complete {
                break;
            }
            if stuck {
                return Err(StoreError::new(StoreErrorKind::Corrupt, "feed"));
            }
        }
        self.fresh_from.store(began, Ordering::Release);
        news.index.expire(self.trusted_now(clock));
        Ok(())
    }

    /// The wall clock, but never further on than the monotonic clock says: a wall clock that is
    /// stepped forward and back must not make us forget.
    fn trusted_now(&self, clock: &dyn Clock) -> Timestamp {
        let elapsed = clock.monotonic().saturating_sub(self.monotonic_at_start);
        clock.now().min(self.wall_at_start + elapsed)
    }

    fn cursor(&self) -> MutexGuard<'_, Option<Cursor>> {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(NEVER - 1).min(NEVER - 1)
}

fn age(clock: &dyn Clock, from: u64) -> Duration {
    Duration::from_millis(millis(clock.monotonic()).saturating_sub(from))
}
