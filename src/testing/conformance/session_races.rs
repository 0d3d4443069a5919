//! Knows what a store promises of calls on sessions that race.
//! Must not know in which order they take effect: only that there is one.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    Suite, Violation,
    feed::walk,
    sample::{SECOND, Sample, owners},
    sessions::{put, row},
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    clock::Timestamp,
    store::{
        EndReason, Granted, InsertOutcome, Reach, Refusal, RevocationStore, RotateOutcome,
        Rotation, SessionRecord, SessionStore, StoreError, StoreErrorKind, Target,
    },
};

const LINEAR: &str = "rotate_session: linearizable; one of many calls rotates, one successor";
const STRICT: &str = "rotate_session: linearizable when strict; one rotates, one is the reuse";
const RESENT: &str = "rotate_session: an attempt that races with itself has one outcome";
const ENDING: &str = "nothing is granted after the call that ended the session has returned";
const SLIP: &str = "no session slips past a revocation of its owner";

/// Calls until the store is not busy any more; sending the same attempt again is safe.
pub(super) async fn rotate<S: SessionStore>(
    store: &S,
    rotation: &Rotation,
    now: Timestamp,
) -> Result<RotateOutcome, StoreError> {
    for _ in 0..20 {
        match store.rotate_session(rotation, now).await {
            Err(error) if error.kind() == StoreErrorKind::Busy => {}
            answer => return answer,
        }
    }
    store.rotate_session(rotation, now).await
}

fn rotating<S: SessionStore>(
    store: &Arc<S>,
    rotation: Rotation,
    now: Timestamp,
) -> Job<Result<RotateOutcome, StoreError>> {
    let store = Arc::clone(store);
    Box::pin(async move { rotate(&*store, &rotation, now).await })
}

/// Many calls with the same current token, several sessions in the same instant.
pub(super) async fn rotation_is_linearizable<S: SessionStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let session = sample.session()?;
        put(&**store, &session).await?;
        sessions.push(session);
    }
    // One session gets most of the calls, the others share a few.
    let mut of = vec![0; suite.contending()];
    of.extend((1..sessions.len()).flat_map(|which| [which; 4]));
    let mut jobs = Vec::new();
    for (worker, which) in of.iter().enumerate() {
        if let Some(session) = sessions.get(*which) {
            let sealing_key = u8::try_from(worker % 250).unwrap_or(0);
            let rotation = Rotation { sealing_key, ..sample.rotation(session, 0) };
            jobs.push(rotating(store, rotation, sample.now));
        }
    }
    let answers = suite.workers_ref().race(LINEAR, jobs).await?;
    let mut rotated = vec![0; sessions.len()];
    let mut successors = HashSet::new();
    for (which, answer) in of.iter().zip(answers) {
        let RotateOutcome::Granted { how, session } = answer.because(LINEAR)? else {
            return Err(Violation::new(LINEAR, "a presentation within the window was refused"));
        };
        let rotates = matches!(how, Granted::Rotated { .. });
        ensure(LINEAR, rotates || how == Granted::Replayed, "an unexpected grant")?;
        if let Some(count) = rotated.get_mut(*which) {
            *count += u32::from(rotates);
        }
        successors.insert((*which, session.state.generation, session.state.sealing_key));
    }
    same(LINEAR, "rotations of each session", &rotated, &vec![1; sessions.len()])?;
    same(LINEAR, "distinct successors", &successors.len(), &sessions.len())?;
    for session in &sessions {
        let generation = row(&**store, LINEAR, session).await?.state.generation;
        same(LINEAR, "generation", &generation, &1)?;
    }
    Ok(())
}

pub(super) async fn strict_rotation_is_linearizable<S: SessionStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut session = sample.session()?;
    session.policy.strict = true;
    put(&**store, &session).await?;
    let jobs = (0..suite.contending())
        .map(|_| rotating(store, sample.rotation(&session, 0), sample.now))
        .collect();
    let (mut rotated, mut reused) = (0, 0);
    for answer in suite.workers_ref().race(STRICT, jobs).await? {
        match answer.because(STRICT)? {
            RotateOutcome::Granted { how: Granted::Rotated { .. }, .. } => rotated += 1,
            RotateOutcome::Reused(_) => reused += 1,
            RotateOutcome::Refused(Refusal::Ended(EndReason::Reused)) => {}
            other => return Err(Violation::new(STRICT, format!("a call got {other:?}"))),
        }
    }
    same(STRICT, "rotations and reuses", &(rotated, reused), &(1, 1))?;
    let ended = row(&**store, STRICT, &session).await?.state.ended;
    ensure(STRICT, ended.is_some(), "the session lives on")
}

pub(super) async fn an_attempt_racing_with_itself_has_one_outcome<S: SessionStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut session = sample.session()?;
    session.policy.strict = true;
    put(&**store, &session).await?;
    let rotation = sample.rotation(&session, 0);
    let jobs =
        (0..suite.contending()).map(|_| rotating(store, rotation.clone(), sample.now)).collect();
    let mut first = None;
    for answer in suite.workers_ref().race(RESENT, jobs).await? {
        let answer = answer.because(RESENT)?;
        let granted = matches!(answer, RotateOutcome::Granted { .. });
        ensure(RESENT, granted, "an honest call that was sent twice ended its session")?;
        same(RESENT, "outcome", &answer, first.get_or_insert_with(|| answer.clone()))?;
    }
    same(RESENT, "generation", &row(&**store, RESENT, &session).await?.state.generation, &1)
}

/// Refreshes race with each way to end a session.
pub(super) async fn nothing_is_granted_after_an_end<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for round in 0..suite.races() {
        let session = sample.session()?;
        put(&**store, &session).await?;
        let over = Arc::new(AtomicBool::new(false));
        let mut jobs: Vec<Job<Result<(), Violation>>> = Vec::new();
        for _ in 0..8 {
            let rotation = sample.rotation(&session, 0);
            jobs.push(refreshing(store, &over, rotation, sample.now));
        }
        jobs.push(ending(store, &over, &session, round, sample.now));
        for job in suite.workers_ref().race(ENDING, jobs).await? {
            job?;
        }
        let state = row(&**store, ENDING, &session).await?.state;
        ensure(ENDING, state.ended.is_some(), "a refresh revived the session")?;
        ensure(ENDING, state.generation <= 1, "more than one refresh rotated")?;
        let late = sample.rotation(&session, state.generation);
        let late = rotate(&**store, &late, sample.now).await.because(ENDING)?;
        ensure(ENDING, matches!(late, RotateOutcome::Refused(_)), "granted after its end")?;
    }
    Ok(())
}

fn refreshing<S: SessionStore>(
    store: &Arc<S>,
    over: &Arc<AtomicBool>,
    first: Rotation,
    now: Timestamp,
) -> Job<Result<(), Violation>> {
    let (store, over) = (Arc::clone(store), Arc::clone(over));
    Box::pin(async move {
        for turn in 0..4 {
            let was_over = over.load(Ordering::SeqCst);
            let mut rotation = first.clone();
            let [.., last] = &mut rotation.attempt.0;
            *last = turn;
            let outcome = rotate(&*store, &rotation, now).await.because(ENDING)?;
            let granted = matches!(outcome, RotateOutcome::Granted { .. });
            ensure(ENDING, !(was_over && granted), "granted after the end had returned")?;
        }
        Ok(())
    })
}

fn ending<S: SessionStore + RevocationStore>(
    store: &Arc<S>,
    over: &Arc<AtomicBool>,
    session: &SessionRecord,
    round: u32,
    now: Timestamp,
) -> Job<Result<(), Violation>> {
    let (store, over, session) = (Arc::clone(store), Arc::clone(over), session.clone());
    Box::pin(async move {
        let owners = owners(&session.subject, &session.client);
        match owners.get(usize::try_from(round % 4).unwrap_or(0)) {
            Some(owner) => {
                let reason = EndReason::Administrative;
                let ended = store.revoke_owner(owner, Reach::Sessions, reason, now).await;
                ended.because(ENDING)?;
            }
            None => {
                let ended = store.end_session(&session.id, EndReason::SignedOut, now).await;
                ended.because(ENDING)?;
            }
        }
        over.store(true, Ordering::SeqCst);
        Ok(())
    })
}

/// New sessions race with a revocation of their owner: each is ended, or refused, or born after.
pub(super) async fn no_session_slips_past_a_revocation<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for round in 0..suite.races() {
        let (subject, client) = (sample.subject()?, sample.client()?);
        let owner = owners(&subject, &client)
            .into_iter()
            .cycle()
            .nth(usize::try_from(round % 3).unwrap_or(0));
        let Some(owner) = owner else { continue };
        let mut born: Vec<SessionRecord> = Vec::new();
        let mut jobs: Vec<Job<Result<Option<InsertOutcome>, StoreError>>> = Vec::new();
        for step in 0..8 {
            let mut session = sample.session_of(&subject, &client)?;
            // Some clocks are ahead of the revoker's.
            session.id = born_near(&mut sample, step);
            let (store, inserted) = (Arc::clone(store), session.clone());
            jobs.push(Box::pin(async move { store.insert_session(&inserted).await.map(Some) }));
            born.push(session);
        }
        let (revoker, revoked, now) = (Arc::clone(store), owner.clone(), sample.now);
        jobs.push(Box::pin(async move {
            let reason = EndReason::Administrative;
            revoker.revoke_owner(&revoked, Reach::Sessions, reason, now).await.map(|_| None)
        }));
        let outcomes = suite.workers_ref().race(SLIP, jobs).await?;
        let records = walk(&**store, SLIP, None, 100).await?.0;
        let target = Target::Owner(owner);
        let marks = records.iter().filter(|record| record.target == target);
        let Some(not_before) = marks.map(|record| record.not_before).max() else {
            return Err(Violation::new(SLIP, "the revocation left no record"));
        };
        for (session, outcome) in born.iter().zip(outcomes) {
            if outcome.because(SLIP)? != Some(InsertOutcome::Inserted) {
                continue;
            }
            let ended = row(&**store, SLIP, session).await?.state.ended.is_some();
            let covered = session.id.born() <= not_before;
            same(SLIP, "ended, as its birth is covered", &ended, &covered)?;
        }
    }
    Ok(())
}

fn born_near(sample: &mut Sample, step: u32) -> crate::id::SessionId {
    let born = if step.is_multiple_of(2) { sample.now } else { sample.now + SECOND * step };
    sample.session_id(born)
}
