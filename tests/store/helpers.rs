//! Knows that the stores in front of another store fail and count as they say.
//! Must not know a real engine.

use hallpass::{
    store::{Granted, MemoryStore, RotateOutcome, SessionStore, StoreErrorKind, decide},
    testing::{CountingStore, FailingStore, Fault, StoreMethod, conformance::block_on},
};

use crate::support::{at, rotation, row};

#[test]
fn invariant_20_a_lost_answer_is_fetched_with_the_same_attempt() {
    let store = CountingStore::new(FailingStore::new(MemoryStore::new()));
    block_on(store.insert_session(&row())).unwrap();
    let failing = store.inner();
    let now = at(60_000);
    let first = rotation(5);

    failing.fail_next_of(StoreMethod::RotateSession, 1, Fault::After(StoreErrorKind::Unavailable));
    let lost = block_on(store.rotate_session(&first, now)).unwrap_err();
    assert_eq!((lost.kind(), lost.engine()), (StoreErrorKind::Unavailable, "failing"));
    let again = block_on(store.rotate_session(&first, now)).unwrap();
    assert_eq!(again, decide(Some(&row()), &first, now).outcome);

    // Without the attempt, the client's retry with the old token gets the same successor.
    let retry = rotation(5);
    let retry = hallpass::store::Rotation {
        attempt: hallpass::store::Attempt::from_bytes([5; 8]),
        ..retry
    };
    let replayed = block_on(store.rotate_session(&retry, now)).unwrap();
    let RotateOutcome::Granted { how: Granted::Replayed, session } = replayed else {
        panic!("{replayed:?}");
    };
    assert_eq!(session.state.generation, 6);
    assert_eq!(store.calls(StoreMethod::RotateSession), 3);
    assert_eq!(store.total(), 4);
    store.reset();
    assert_eq!(store.total(), 0);
}

#[test]
fn a_call_that_fails_before_leaves_no_trace() {
    let store = FailingStore::new(MemoryStore::new());
    store.fail_next(1, Fault::Before(StoreErrorKind::Busy));
    assert_eq!(block_on(store.insert_session(&row())).unwrap_err().kind(), StoreErrorKind::Busy);
    assert_eq!(block_on(store.find_session(&row().id)).unwrap(), None);
}

#[test]
fn orders_are_for_a_method_or_for_all_until_healed() {
    let store = FailingStore::new(MemoryStore::new());
    block_on(store.insert_session(&row())).unwrap();
    store.fail_method(StoreMethod::FindSession, Fault::Before(StoreErrorKind::Full));
    for _ in 0..3 {
        assert!(block_on(store.find_session(&row().id)).is_err());
        assert!(block_on(store.prune_sessions(at(0), 1)).is_ok());
    }
    store.heal();
    assert!(block_on(store.find_session(&row().id)).is_ok());
    store.fail_all(Fault::After(StoreErrorKind::Unavailable));
    assert!(block_on(store.prune_sessions(at(0), 1)).is_err());
    assert_eq!(StoreMethod::PruneSessions.as_str(), "prune_sessions");
}
