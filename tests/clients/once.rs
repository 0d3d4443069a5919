//! Values that work once, on all instances.

use std::sync::Arc;

use hallpass::{
    MemoryStore,
    store::StoreErrorKind,
    testing::{FailingStore, Fault, StoreMethod, TestAuthority},
};

use super::support::{SECOND, clock, on};

const SOON: hallpass::clock::Timestamp = TestAuthority::STARTS_AT;

/// INVARIANTS 47.
#[tokio::test(flavor = "multi_thread")]
async fn inv_47_of_many_one_is_first() {
    let (store, clock) = (Arc::new(MemoryStore::new()), clock());
    let instances = [on(Arc::clone(&store), clock.clone()), on(store, clock)];
    let ends = SOON + 60 * SECOND;
    let tasks = (0..20).map(|worker| {
        let auth = instances[worker % 2].authority().clone();
        tokio::spawn(async move { auth.consume_once(b"jti\0partner\0one", ends).await.unwrap() })
    });
    let mut first = 0;
    for task in tasks.collect::<Vec<_>>() {
        first += usize::from(task.await.unwrap());
    }
    assert_eq!(first, 1);
    assert!(instances[0].consume_once(b"jti\0partner\0two", ends).await.unwrap());
}

#[tokio::test]
async fn a_value_is_used_until_no_clock_accepts_it_any_more() {
    let auth = super::support::memory();
    let ends = SOON + 60 * SECOND;
    assert!(!auth.consume_once(b"late", SOON).await.unwrap(), "its time has come");
    assert!(auth.consume_once(b"one", ends).await.unwrap());
    // Another instance's clock may be five seconds ahead when it forgets.
    auth.clock().advance(64 * SECOND);
    auth.prune(1_000).await.unwrap();
    auth.clock().set(ends - SECOND);
    assert!(!auth.consume_once(b"one", ends).await.unwrap());
}

#[tokio::test]
async fn what_is_uncertain_counts_as_used() {
    let auth = on(Arc::new(FailingStore::new(MemoryStore::new())), clock());
    let ends = SOON + 60 * SECOND;
    auth.store().fail_method(StoreMethod::ConsumeOnce, Fault::After(StoreErrorKind::Unavailable));
    let error = auth.consume_once(b"one", ends).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    auth.store().heal();
    assert!(!auth.consume_once(b"one", ends).await.unwrap());
    let error = TestAuthority::new().consume_once(b"one", ends).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
}
