//! Knows that background work follows hints, not too many of them, and stops when it is dropped.
//! Must not know what a store's hint is.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::support::*;
use crate::{
    clock::SystemClock,
    store::{Cursor, FeedPage, MemoryStore, RevocationFeed, RevocationSink, StoreError},
    verifier::{Maintenance, Verifier},
};

/// A feed that always says that there is news.
#[derive(Debug, Default)]
struct Eager(MemoryStore, AtomicUsize);

#[async_trait]
impl RevocationFeed for Eager {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.read_revocations(after, limit).await
    }

    async fn changed(&self) {}

    fn subscribe(&self, _: Weak<dyn RevocationSink>) {}
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect(what);
}

#[tokio::test]
async fn a_hint_is_followed_by_a_poll_ten_times_a_second_at_most() {
    let day = Duration::from_secs(86_400);
    let feed = Arc::new(Eager::default());
    let verifier = Verifier::builder(ISSUER)
        .audience(AUDIENCE)
        .key(key().verifying_key())
        .clock(SystemClock::new())
        .poll_interval(day)
        .max_staleness(day)
        .revocations(Arc::<Eager>::clone(&feed))
        .build()
        .unwrap();
    let began = Instant::now();
    let _maintenance = verifier.spawn_maintenance();
    until("news is read without waiting a day", || feed.1.load(Ordering::SeqCst) >= 3).await;
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_dropped_stops() {
    let (owner, held) = (Arc::new(()), Arc::new(()));
    let inside = Arc::clone(&held);
    let maintenance = Maintenance::spawn(Arc::downgrade(&owner), move |_, _| {
        let _ = &inside;
        async { (Duration::from_secs(86_400), None) }
    });
    assert_eq!(Arc::strong_count(&held), 2);
    drop(maintenance);
    until("the task goes", || Arc::strong_count(&held) == 1).await;
}
