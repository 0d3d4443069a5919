//! Knows what two store objects on the same state promise each other.
//! Must not know whether they are in one process.

use std::{collections::HashSet, sync::Arc};

use super::{
    Suite, Violation,
    feed::walk,
    sample::{HOUR, MINUTE},
    session_races::rotate,
    sessions::{put, row},
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::store::{
    Cursor, DEFAULT_RETENTION, EndReason, Granted, InsertOutcome, Owner, Reach, RevocationRecord,
    RotateOutcome, Store, StoreError, Target,
};

const SEES: &str = "what one store object has acknowledged, every other sees";
const RETENTION: &str = "raise_retention: the highest value is kept for every store object";
const LINEAR: &str = "rotate_session: linearizable across store objects";
const FEED: &str = "read_revocations: a cursor misses nothing that another store object writes";

pub(super) async fn one_sees_what_the_other_wrote<S: Store>(
    suite: &Suite,
    one: &Arc<S>,
    two: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (session, key, now) = (sample.full_session()?, sample.full_api_key()?, sample.now);
    put(&**one, &session).await?;
    same(SEES, "a session", &row(&**two, SEES, &session).await?, &session)?;
    one.insert_api_key(&key).await.because(SEES)?;
    let found = two.find_api_key(&key.id).await.because(SEES)?;
    same(SEES, "an API key", &found, &Some(key))?;
    let ended = two.end_session(&session.id, EndReason::SignedOut, now).await;
    same(SEES, "ended by the other", &ended.because(SEES)?, &true)?;
    let state = row(&**one, SEES, &session).await?.state;
    same(SEES, "ended", &state.ended, &Some((now, EndReason::SignedOut)))?;
    let owner = Owner::Subject(session.subject.clone());
    let reason = EndReason::SubjectRevoked;
    one.revoke_owner(&owner, Reach::Everything, reason, now).await.because(SEES)?;
    let next = sample.session_of(&session.subject, &session.client)?;
    let outcome = two.insert_session(&next).await.because(SEES)?;
    same(SEES, "a birth at the mark", &outcome, &InsertOutcome::BornRevoked { not_before: now })
}

pub(super) async fn the_highest_retention_is_kept<S: Store>(
    _: &Suite,
    one: &Arc<S>,
    two: &Arc<S>,
) -> Result<(), Violation> {
    let long = DEFAULT_RETENTION + HOUR;
    one.raise_retention(long).await.because(RETENTION)?;
    let kept = two.raise_retention(MINUTE).await.because(RETENTION)?;
    same(RETENTION, "in force", &kept, &long)
}

pub(super) async fn rotation_is_linearizable_across_objects<S: Store>(
    suite: &Suite,
    one: &Arc<S>,
    two: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let session = sample.session()?;
    put(&**one, &session).await?;
    let mut jobs: Vec<Job<Result<RotateOutcome, StoreError>>> = Vec::new();
    for worker in 0..suite.contending() {
        let store = Arc::clone(if worker % 2 == 0 { one } else { two });
        let (rotation, now) = (sample.rotation(&session, 0), sample.now);
        jobs.push(Box::pin(async move { rotate(&*store, &rotation, now).await }));
    }
    let mut rotated = 0;
    for answer in suite.workers_ref().race(LINEAR, jobs).await? {
        match answer.because(LINEAR)? {
            RotateOutcome::Granted { how: Granted::Rotated { .. }, .. } => rotated += 1,
            RotateOutcome::Granted { how: Granted::Replayed, .. } => {}
            other => return Err(Violation::new(LINEAR, format!("a call got {other:?}"))),
        }
    }
    same(LINEAR, "rotations", &rotated, &1)
}

pub(super) async fn a_cursor_misses_nothing_the_other_writes<S: Store>(
    suite: &Suite,
    one: &Arc<S>,
    two: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut jobs: Vec<Job<Result<Read, Violation>>> = Vec::new();
    let mut written = HashSet::new();
    for worker in 0..6 {
        let targets: Vec<Target> = (0..20).map(|_| Target::Token(sample.token_id())).collect();
        written.extend(targets.iter().cloned());
        let store = Arc::clone(if worker % 2 == 0 { one } else { two });
        let now = sample.now;
        jobs.push(Box::pin(async move {
            for target in &targets {
                store.revoke(target, now).await.because(FEED)?;
            }
            Ok(Read::default())
        }));
    }
    for reader in [one, two] {
        let reader = Arc::clone(reader);
        jobs.push(Box::pin(async move {
            let mut read = Read::default();
            for _ in 0..40 {
                let (records, next) = walk(&*reader, FEED, read.cursor, 3).await?;
                read.records.extend(records);
                read.cursor = Some(next);
            }
            Ok(read)
        }));
    }
    for read in suite.workers_ref().race(FEED, jobs).await? {
        let mut read = read?;
        // A writer has no cursor; a reader goes on, at the other object, where it was.
        if read.cursor.is_some() {
            read.records.extend(walk(&**one, FEED, read.cursor, 7).await?.0);
            let found: HashSet<Target> =
                read.records.into_iter().map(|record| record.target).collect();
            ensure(FEED, written.is_subset(&found), "a record is missing")?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Read {
    records: Vec<RevocationRecord>,
    cursor: Option<Cursor>,
}
