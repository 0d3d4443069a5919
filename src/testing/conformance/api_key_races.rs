//! Knows what a store promises of calls on API keys that race.
//! Must not know in which order they take effect: only that there is one.

use std::sync::Arc;

use super::{
    Suite, Violation,
    api_keys::{put, row},
    sample::HOUR,
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    clock::Timestamp,
    id::ApiKeyId,
    store::{
        ApiKeyRecord, ApiKeyStore, EndReason, Owner, Reach, RevocationStore, RotateApiKeyOutcome,
        StoreError, StoreErrorKind,
    },
};

const LINEAR: &str = "rotate_api_key: linearizable; of many callers one wins";
const ENDING: &str = "no API key or successor lives on after its owner's access was ended";

/// Calls until the store is not busy; the successor marks the attempt.
async fn rotate<S: ApiKeyStore>(
    store: &S,
    id: &ApiKeyId,
    successor: &ApiKeyRecord,
    now: Timestamp,
) -> Result<RotateApiKeyOutcome, StoreError> {
    for _ in 0..20 {
        match store.rotate_api_key(id, successor, now + HOUR, now).await {
            Err(error) if error.kind() == StoreErrorKind::Busy => {}
            answer => return answer,
        }
    }
    store.rotate_api_key(id, successor, now + HOUR, now).await
}

pub(super) async fn rotation_is_linearizable<S: ApiKeyStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let key = sample.api_key()?;
    put(&**store, &key).await?;
    let mut successors = Vec::new();
    let mut jobs: Vec<Job<Result<RotateApiKeyOutcome, StoreError>>> = Vec::new();
    for _ in 0..suite.contending() {
        let successor = sample.api_key_of(&key.subject, &key.client)?;
        let (store, id, now) = (Arc::clone(store), key.id, sample.now);
        successors.push(successor.id);
        jobs.push(Box::pin(async move { rotate(&*store, &id, &successor, now).await }));
    }
    let outcomes = suite.workers_ref().race(LINEAR, jobs).await?;
    let by = row(&**store, LINEAR, &key).await?.replaced_by;
    let mut won = 0;
    for (successor, outcome) in successors.iter().zip(outcomes) {
        let winner = by == Some(*successor);
        won += u32::from(winner);
        let expected = match by {
            Some(by) if !winner => RotateApiKeyOutcome::AlreadyReplaced { by },
            _ => RotateApiKeyOutcome::Rotated,
        };
        same(LINEAR, "outcome", &outcome.because(LINEAR)?, &expected)?;
        let found = store.find_api_key(successor).await.because(LINEAR)?;
        same(LINEAR, "is remembered", &found.is_some(), &winner)?;
    }
    same(LINEAR, "winners", &won, &1)
}

pub(super) async fn nothing_is_live_after_an_end<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for _ in 0..suite.races() {
        let key = sample.api_key()?;
        put(&**store, &key).await?;
        let mut jobs: Vec<Job<Result<(), StoreError>>> = Vec::new();
        let now = sample.now;
        for step in 0..6 {
            let successor = sample.api_key_of(&key.subject, &key.client)?;
            let (store, id) = (Arc::clone(store), key.id);
            jobs.push(Box::pin(async move {
                if step % 2 == 0 {
                    rotate(&*store, &id, &successor, now).await.map(drop)
                } else {
                    store.insert_api_key(&successor).await.map(drop)
                }
            }));
        }
        let (revoker, owner) = (Arc::clone(store), Owner::Subject(key.subject.clone()));
        jobs.push(Box::pin(async move {
            let reason = EndReason::SubjectRevoked;
            revoker.revoke_owner(&owner, Reach::Everything, reason, now).await.map(drop)
        }));
        for job in suite.workers_ref().race(ENDING, jobs).await? {
            job.because(ENDING)?;
        }
        let left = store.list_api_keys(&key.subject, None, 100, now).await.because(ENDING)?;
        ensure(ENDING, left.is_empty(), "a key is live")?;
    }
    Ok(())
}
