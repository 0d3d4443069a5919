//! Knows that a store answers and writes what `decide` says, and an attempt only once.
//! Must not know what `decide` should say; the tests of the decision do.

use super::{
    Suite, Violation,
    sample::{DAY, MINUTE, SECOND, Sample},
    sessions::{put, row},
    violation::{Because, ensure, same},
};
use crate::store::{
    Attempt, EndReason, Granted, RotateOutcome, Rotation, SessionRecord, SessionState,
    SessionStore, decide,
};

const DECIDE: &str = "rotate_session: the answer and the row are those of `decide`";
const RESEND: &str = "rotate_session: the same attempt sent again returns the first outcome";

/// Random rows and random presentations: the store must say and write what `decide` does.
pub(super) async fn every_answer_is_that_of_decide<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    for history in 0..suite.rounds() {
        let seed = suite.seed_of(history);
        let mut sample = Sample::new(seed, suite.base());
        one_decision(&mut sample, store).await.map_err(|violation| violation.seeded(seed))?;
    }
    Ok(())
}

async fn one_decision<S: SessionStore>(sample: &mut Sample, store: &S) -> Result<(), Violation> {
    let mut session = sample.session()?;
    let random = &mut sample.random;
    let attempts = [Attempt::from_bytes([1; 8]), Attempt::from_bytes([2; 8])];
    session.policy.strict = random.one_in(4);
    session.policy.rotation = !random.one_in(8);
    session.policy.client_proof = random.one_in(4);
    let generation = if session.policy.rotation { random.below(5) } else { 0 };
    let rotated = generation > 0 || random.one_in(2);
    session.state = SessionState {
        generation: u32::try_from(generation).unwrap_or(0),
        sealing_key: 3,
        attempt: random.pick(&attempts).copied().filter(|_| random.one_in(2)),
        rotated_at: rotated.then_some(sample.now),
        confirmed_at: random.one_in(2).then_some(sample.now),
        idle_expires_at: sample.now + if random.one_in(3) { MINUTE } else { DAY * 14 },
        ended: None,
    };
    put(store, &session).await?;
    if sample.random.one_in(8) {
        let ended = store.end_session(&session.id, EndReason::SignedOut, sample.now).await;
        ended.because(DECIDE)?;
    }
    for _ in 0..3 {
        let before = row(store, DECIDE, &session).await?;
        let random = &mut sample.random;
        let edges = [SECOND * 5, MINUTE, DAY, DAY * 14, DAY * 90];
        let edge = random.pick(&edges).copied().unwrap_or(SECOND);
        let edge = edge + random.time_below(SECOND / 200);
        let now = if random.one_in(3) { sample.now - edge } else { sample.now + edge };
        let rotation = Rotation {
            id: session.id,
            // From the grandparent of the row's token to a token ahead of it.
            presented: (before.state.generation + random.pick(&[2, 2, 1, 1, 0, 3]).unwrap_or(&2))
                .saturating_sub(2),
            client: (!random.one_in(3)).then(|| session.client.clone()),
            proof: None,
            sealing_key: 4,
            attempt: random.pick(&attempts).copied().unwrap_or(Attempt::from_bytes([3; 8])),
            fast_forward: random.one_in(8),
        };
        let expected = decide(Some(&before), &rotation, now);
        let outcome = store.rotate_session(&rotation, now).await.because(DECIDE)?;
        same(DECIDE, &format!("{rotation:?} at {now}"), &outcome, &expected.outcome)?;
        let state = expected.write.unwrap_or(before.state);
        let after = row(store, DECIDE, &session).await?;
        same(DECIDE, "row", &after, &SessionRecord { state, ..before })?;
    }
    let rotation = sample.rotation(&session, 0);
    let missing = Rotation { id: sample.session_id(sample.now), ..rotation };
    let outcome = store.rotate_session(&missing, sample.now).await.because(DECIDE)?;
    same(DECIDE, "no row", &outcome, &RotateOutcome::StateRollback { row: None })
}

pub(super) async fn a_resent_attempt_gets_its_first_outcome<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut session = sample.session()?;
    session.policy.strict = true;
    put(store, &session).await?;
    let rotation = sample.rotation(&session, 0);
    let first = store.rotate_session(&rotation, sample.now).await.because(RESEND)?;
    let how = Granted::Rotated { skew: None };
    let rotated = matches!(&first, RotateOutcome::Granted { how: said, .. } if *said == how);
    ensure(RESEND, rotated, "the first refresh did not rotate")?;
    let again = store.rotate_session(&rotation, sample.now + SECOND).await.because(RESEND)?;
    same(RESEND, "second answer", &again, &first)?;
    // A theft noticed, its answer lost, and sent again.
    let theft = sample.rotation(&session, 0);
    let first = store.rotate_session(&theft, sample.now + SECOND).await.because(RESEND)?;
    ensure(RESEND, matches!(first, RotateOutcome::Reused(_)), "an old token was not a reuse")?;
    let again = store.rotate_session(&theft, sample.now + SECOND).await.because(RESEND)?;
    same(RESEND, "second answer of a reuse", &again, &first)
}
