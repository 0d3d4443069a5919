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
    id::SessionId,
    store::{
        Attempt, EndReason, Granted, InsertOutcome, Owner, Refusal, RotateOutcome, Rotation,
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

/// Invariant 59: many nodes prune at once, in small steps. Every row whose time has come goes once,
/// and no other goes.
pub(crate) async fn many_prune_at_once<S: SessionStore>(
    stores: [Arc<S>; 2],
    like: SessionRecord,
    now: Timestamp,
) {
    const OLD: u16 = 300;
    const STEP: u32 = 7;
    let row = |number: u16, born: Timestamp| {
        let mut rest = [0; 12];
        rest[..2].copy_from_slice(&number.to_be_bytes());
        let mut row = SessionRecord { id: SessionId::from_parts(born, rest), ..like.clone() };
        row.absolute_expires_at = born + MINUTE * 60;
        row.state.idle_expires_at = row.absolute_expires_at;
        row
    };
    for number in 0..OLD {
        put(&*stores[0], &row(number, now - MINUTE * 90)).await;
    }
    let young = row(OLD, now - MINUTE * 60);
    put(&*stores[0], &young).await;
    let tasks = (0..8).map(|node| {
        let store = Arc::clone(&stores[node % 2]);
        tokio::spawn(async move {
            let mut pruned = 0;
            loop {
                let step = store.prune_sessions(now, STEP).await.unwrap();
                assert!(step <= STEP);
                pruned += step;
                if step == 0 && store.prune_sessions(now, STEP).await.unwrap() == 0 {
                    return pruned;
                }
            }
        })
    });
    let mut pruned = 0;
    for task in tasks.collect::<Vec<_>>() {
        pruned += task.await.unwrap();
    }
    // A node may see nothing to do while others hold the last rows.
    pruned += stores[0].prune_sessions(now, u32::from(OLD)).await.unwrap();
    assert_eq!(pruned, u32::from(OLD));
    assert_eq!(stores[1].find_session(&young.id).await.unwrap(), Some(young));
    let owner = Owner::Client(like.client);
    assert_eq!(stores[1].list_sessions(&owner, None, 10, now).await.unwrap(), []);
}
