//! Knows what an engine behind a network holds when an answer is lost on the way (invariant 20).
//! Must not know the engine.

use std::time::{Duration, Instant};

use hallpass::{
    Timestamp,
    store::{
        EndReason, Granted, Refusal, RotateOutcome, Rotation, SessionRecord, SessionStore,
        StoreErrorKind,
    },
};

use crate::every_engine_sessions::{MINUTE, present, put};

/// Invariant 20: where the answer is lost on the way, sending the same attempt again gives it, in
/// strict mode too; another attempt is reuse there. `cut` lets requests through and loses answers;
/// `heal` ends that. The call that loses its answer fails, and has happened.
pub(crate) async fn a_lost_answer_is_given_again<S: SessionStore>(
    store: &S,
    mut row: SessionRecord,
    now: Timestamp,
    cut: impl Fn(bool),
) {
    row.policy.strict = true;
    put(store, &row).await;
    let lost = present(&row, 0);
    cut(true);
    let error = store.rotate_session(&lost, now).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    cut(false);
    let found = loop {
        if let Ok(found) = store.find_session(&row.id).await {
            break found.unwrap();
        }
    };
    assert_eq!((found.state.generation, found.state.attempt), (1, Some(lost.attempt)));
    for later in [Duration::ZERO, MINUTE * 30] {
        let again = answered(store, &lost, now + later).await;
        let RotateOutcome::Granted { how, session } = again else { panic!("{again:?}") };
        assert_eq!(how, Granted::Rotated { skew: None }, "the first outcome");
        assert_eq!(session.state, found.state, "and nothing was written");
    }
    // A reuse whose answer is lost has ended the session, and says so again.
    let reuse = present(&row, 0);
    cut(true);
    assert!(store.rotate_session(&reuse, now).await.is_err());
    cut(false);
    let again = answered(store, &reuse, now).await;
    assert!(matches!(again, RotateOutcome::Reused(_)), "{again:?}");
    let next = store.rotate_session(&present(&row, 1), now).await.unwrap();
    assert_eq!(next, RotateOutcome::Refused(Refusal::Ended(EndReason::Reused)));
}

/// Sends an attempt again until the store has found its way back.
async fn answered<S: SessionStore>(store: &S, sent: &Rotation, now: Timestamp) -> RotateOutcome {
    let began = Instant::now();
    loop {
        match store.rotate_session(sent, now).await {
            Ok(outcome) => return outcome,
            Err(error) => assert!(began.elapsed() < MINUTE / 2, "no recovery: {error:?}"),
        }
    }
}
