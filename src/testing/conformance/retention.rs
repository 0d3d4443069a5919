//! Knows how long a store keeps revocation records and the marks behind them.
//! Must not know what the records are for.

use super::{
    Suite, Violation,
    feed::walk,
    sample::{DAY, HOUR, MINUTE, SECOND, owners},
    violation::{Because, ensure, same},
};
use crate::store::{
    DEFAULT_RETENTION, EndReason, InsertOutcome, Reach, RevocationStore, Store, Target,
};

const KEPT: &str = "raise_retention: the highest value is kept, and every record lives that long";
const PRUNE: &str = "prune_revocations: removes at most `limit` records, and only expired ones";
const MARK: &str = "a revocation of an owner holds until its record expires, pruned or not";

pub(super) async fn the_highest_is_kept_and_given<S: RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let first = Target::Token(sample.token_id());
    store.revoke(&first, sample.now).await.because(KEPT)?;
    let records = walk(store, KEPT, None, 10).await?.0;
    let lives = records.iter().all(|record| record.expires_at >= sample.now + DEFAULT_RETENTION);
    ensure(KEPT, records.len() == 1 && lives, "before any call the default is not in force")?;
    let long = DEFAULT_RETENTION + HOUR;
    for (told, expected) in [(long, long), (HOUR, long), (long + HOUR, long + HOUR)] {
        let kept = store.raise_retention(told).await.because(KEPT)?;
        same(KEPT, "in force", &kept, &expected)?;
        let target = Target::Token(sample.token_id());
        store.revoke(&target, sample.now).await.because(KEPT)?;
        let records = walk(store, KEPT, None, 10).await?.0;
        let record = records.iter().find(|record| record.target == target);
        let lives = record.is_some_and(|record| record.expires_at >= sample.now + expected);
        ensure(KEPT, lives, "a record is missing or does not live that long")?;
    }
    Ok(())
}

pub(super) async fn prune_is_bounded_and_waits_for_expiry<S: RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let retention = store.raise_retention(DAY * 2).await.because(PRUNE)?;
    for step in 0..7 {
        let target = Target::Token(sample.token_id());
        store.revoke(&target, sample.now + SECOND * step).await.because(PRUNE)?;
    }
    let (records, cursor) = walk(store, PRUNE, None, 10).await?;
    same(PRUNE, "records", &records.len(), &7)?;
    let early = sample.now + retention - SECOND / 1000;
    same(PRUNE, "early", &store.prune_revocations(early, 100).await.because(PRUNE)?, &0)?;
    // Five of the seven, two at a time; an engine may keep records longer, never shorter.
    let due = sample.now + retention + SECOND * 4;
    let mut removed = 0;
    for _ in 0..10 {
        let step = store.prune_revocations(due, 2).await.because(PRUNE)?;
        ensure(PRUNE, step <= 2, "more than `limit` records went")?;
        removed += step;
    }
    ensure(PRUNE, removed <= 5, "records went that had not expired")?;
    let left = walk(store, PRUNE, None, 2).await?.0;
    let live = records.iter().filter(|record| record.expires_at > due);
    for record in live {
        ensure(PRUNE, left.contains(record), "a live record is gone")?;
    }
    let last = Target::Token(sample.token_id());
    store.revoke(&last, due).await.because(PRUNE)?;
    let after = walk(store, PRUNE, Some(cursor), 2).await?.0;
    let found = after.iter().any(|record| record.target == last);
    ensure(PRUNE, found, "a cursor from before the prune misses what came after")
}

pub(super) async fn a_mark_outlives_prune_until_its_record_expires<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    for owner in owners(&subject, &client) {
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, Reach::Everything, reason, now).await.because(MARK)?;
    }
    for later in [MINUTE, HOUR, DEFAULT_RETENTION - SECOND] {
        store.prune_revocations(now + later, 100).await.because(MARK)?;
        let session = sample.session_of(&subject, &client)?;
        let outcome = store.insert_session(&session).await.because(MARK)?;
        let refused = InsertOutcome::BornRevoked { not_before: now };
        same(MARK, "a session born then", &outcome, &refused)?;
        let key = sample.api_key_of(&subject, &client)?;
        let outcome = store.insert_api_key(&key).await.because(MARK)?;
        same(MARK, "an API key born then", &outcome, &refused)?;
    }
    Ok(())
}
