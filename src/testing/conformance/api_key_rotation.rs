//! Knows what a store promises of replacing an API key.
//! Must not know calls that race.

use super::{
    Suite, Violation,
    api_keys::{put, records_of, row},
    sample::{DAY, HOUR, MINUTE},
    violation::{Because, ensure, same},
};
use crate::store::{ApiKeyRecord, ApiKeyStore, EndReason, RevocationStore, RotateApiKeyOutcome};

const ROTATE: &str = "rotate_api_key: replaces a live key once, and lets the old one overlap";
const TAKEN: &str = "rotate_api_key: a successor never overwrites a key that is there";

pub(super) async fn a_rotation_overlaps_and_happens_once<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    // The overlap ends when it was asked to, or with the key's own expiry if that is first.
    for (expires_at, overlap, until) in [
        (None, HOUR, now + HOUR),
        (Some(now + DAY), HOUR, now + HOUR),
        (Some(now + MINUTE), HOUR, now + MINUTE),
    ] {
        let old = ApiKeyRecord { expires_at, ..sample.api_key()? };
        put(store, &old).await?;
        let new = sample.api_key_of(&old.subject, &old.client)?;
        let other = sample.api_key_of(&old.subject, &old.client)?;
        let again = RotateApiKeyOutcome::AlreadyReplaced { by: new.id };
        let steps = [
            (&new, RotateApiKeyOutcome::Rotated),
            (&new, RotateApiKeyOutcome::Rotated),
            (&other, again),
        ];
        for (successor, expected) in steps {
            let outcome = store.rotate_api_key(&old.id, successor, now + overlap, now).await;
            same(ROTATE, "outcome", &outcome.because(ROTATE)?, &expected)?;
            let replaced =
                ApiKeyRecord { expires_at: Some(until), replaced_by: Some(new.id), ..old.clone() };
            same(ROTATE, "the old key", &row(store, ROTATE, &old).await?, &replaced)?;
            same(ROTATE, "the new key", &row(store, ROTATE, &new).await?, &new)?;
        }
        let none = store.find_api_key(&other.id).await.because(ROTATE)?;
        same(ROTATE, "the key that lost", &none, &None)?;
        ensure(ROTATE, records_of(store, ROTATE, &old).await? >= 1, "no record")?;
    }
    let ended = sample.api_key()?;
    put(store, &ended).await?;
    store.end_api_key(&ended.id, EndReason::Administrative, now).await.because(ROTATE)?;
    let expired = ApiKeyRecord { expires_at: Some(now), ..sample.api_key()? };
    put(store, &expired).await?;
    for dead in [ended, expired, sample.api_key()?] {
        let successor = sample.api_key_of(&dead.subject, &dead.client)?;
        let outcome = store.rotate_api_key(&dead.id, &successor, now + HOUR, now).await;
        let outcome = outcome.because(ROTATE)?;
        same(ROTATE, "of a dead key", &outcome, &RotateApiKeyOutcome::NotLive)?;
        let none = store.find_api_key(&successor.id).await.because(ROTATE)?;
        same(ROTATE, "the successor of a dead key", &none, &None)?;
    }
    Ok(())
}

pub(super) async fn a_taken_successor_is_not_overwritten<S: ApiKeyStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let (old, taken) = (sample.api_key()?, sample.api_key()?);
    put(store, &old).await?;
    put(store, &taken).await?;
    store.end_api_key(&taken.id, EndReason::Administrative, now).await.because(TAKEN)?;
    let ended = row(store, TAKEN, &taken).await?;
    for id in [taken.id, old.id] {
        let successor = ApiKeyRecord { id, ..sample.api_key_of(&old.subject, &old.client)? };
        // The caller broke the rule that ids are new; whatever it hears, nothing is lost.
        let answer = store.rotate_api_key(&old.id, &successor, now + HOUR, now).await;
        let rotated = matches!(answer, Ok(RotateApiKeyOutcome::Rotated));
        ensure(TAKEN, !rotated, "a rotation to a known id was carried out")?;
        same(TAKEN, "the taken key", &row(store, TAKEN, &taken).await?, &ended)?;
        same(TAKEN, "the old key", &row(store, TAKEN, &old).await?, &old)?;
    }
    Ok(())
}
