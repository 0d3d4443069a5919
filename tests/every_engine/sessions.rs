//! Knows what sessions hold on any engine: many racers, a clock that steps back.
//! Must not know the engine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hallpass::{
    Timestamp,
    store::{
        Attempt, EndReason, Granted, InsertOutcome, Refusal, RotateOutcome, Rotation,
        SessionRecord, SessionStore,
    },
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A presentation as an attempt of its own.
pub(crate) fn present(row: &SessionRecord, presented: u32) -> Rotation {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let mark = (u64::from(std::process::id()) << 32) | NUMBER.fetch_add(1, Ordering::Relaxed);
    Rotation {
        id: row.id,
        presented,
        client: Some(row.client.clone()),
        proof: None,
        sealing_key: 1,
        attempt: Attempt::from_bytes(mark.to_be_bytes()),
        fast_forward: false,
    }
}

pub(crate) async fn put<S: SessionStore>(store: &S, row: &SessionRecord) {
    assert_eq!(store.insert_session(row).await.unwrap(), InsertOutcome::Inserted);
}

/// Invariants 3 and 47: two instances with 100 workers each race on one session.
pub(crate) async fn of_two_hundred_racers_one_rotates<S: SessionStore>(
    stores: [Arc<S>; 2],
    row: SessionRecord,
    start: Timestamp,
) {
    put(&stores[0], &row).await;
    for generation in 0..5 {
        let now = start + MINUTE * 2 * generation;
        let tasks = (0..200_usize).map(|worker| {
            let (store, rotation) = (Arc::clone(&stores[worker % 2]), present(&row, generation));
            tokio::spawn(async move { store.rotate_session(&rotation, now).await.unwrap() })
        });
        let (mut rotated, mut replayed) = (0, 0);
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                RotateOutcome::Granted { how, session } => {
                    assert_eq!(session.state.generation, generation + 1);
                    match how {
                        Granted::Rotated { .. } => rotated += 1,
                        Granted::Replayed => replayed += 1,
                        other => panic!("{other:?}"),
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((rotated, replayed), (1, 199));
        let found = stores[1].find_session(&row.id).await.unwrap().unwrap();
        assert_eq!(found.state.generation, generation + 1, "invariant 51: as it was acknowledged");
    }
}

/// Invariant 38: a clock that is set back reopens no window and ends nothing.
pub(crate) async fn a_clock_that_steps_back_reopens_nothing<S: SessionStore>(
    store: &S,
    row: SessionRecord,
    now: Timestamp,
) {
    put(store, &row).await;
    let ahead = now + MINUTE * 60;
    let first = store.rotate_session(&present(&row, 0), ahead).await.unwrap();
    assert!(matches!(first, RotateOutcome::Granted { .. }), "{first:?}");
    let parent = store.rotate_session(&present(&row, 0), now).await.unwrap();
    assert_eq!(parent, RotateOutcome::Refused(Refusal::ClockSkew { ahead: MINUTE * 60 }));
    let current = store.rotate_session(&present(&row, 1), now).await.unwrap();
    let RotateOutcome::Granted { how, session } = current else { panic!("{current:?}") };
    assert_eq!(how, Granted::Rotated { skew: Some(MINUTE * 60) });
    assert_eq!((session.state.generation, session.state.rotated_at), (2, Some(now)));
    // What ended at a later time stays ended at an earlier one.
    assert!(store.end_session(&row.id, EndReason::SignedOut, ahead).await.unwrap());
    let after = store.rotate_session(&present(&row, 2), now).await.unwrap();
    assert_eq!(after, RotateOutcome::Refused(Refusal::Ended(EndReason::SignedOut)));
}
