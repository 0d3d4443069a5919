//! Knows what a store promises of its feed: nothing is missed, however reads and writes mix.
//! Must not know how an engine numbers its records.

use std::{collections::HashSet, sync::Arc};

use super::{
    Suite, Violation,
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    id::TokenId,
    store::{
        Cursor, RevocationFeed, RevocationRecord, RevocationStore, StoreError, StoreErrorKind,
        Target,
    },
};

const WALK: &str = "read_revocations: a walk reaches the end, and misses no record";
const RESUME: &str = "read_revocations: what is written after a page is reached from its cursor";
const RACE: &str = "read_revocations: nothing is missed while others write";

/// Reads on to the end of the feed; gives the records and the place it reached.
pub(super) async fn walk<S: RevocationFeed>(
    store: &S,
    rule: &'static str,
    mut after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<RevocationRecord>, Cursor), Violation> {
    let mut records = Vec::new();
    for _ in 0..100_000_u32 {
        let page = store.read_revocations(after.as_ref(), limit).await.because(rule)?;
        records.extend(page.records);
        // A cursor is kept as bytes between processes.
        let cursor = Cursor::from_bytes(page.cursor.as_bytes());
        if page.complete {
            return Ok((records, cursor));
        }
        after = Some(cursor);
    }
    Err(Violation::new(rule, "the walk does not end"))
}

fn tokens(records: &[RevocationRecord]) -> HashSet<TokenId> {
    let token = |record: &RevocationRecord| match record.target {
        Target::Token(id) => Some(id),
        _ => None,
    };
    records.iter().filter_map(token).collect()
}

pub(super) async fn a_walk_reaches_everything<S: RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let empty = store.read_revocations(None, 10).await.because(WALK)?;
    ensure(WALK, empty.records.is_empty() && empty.complete, "a fresh store has records")?;
    let mut written = HashSet::new();
    for _ in 0..40 {
        let id = sample.token_id();
        store.revoke(&Target::Token(id), sample.now).await.because(WALK)?;
        written.insert(id);
    }
    for limit in [1, 7, 39, 40, 41, u32::MAX] {
        let (records, _) = walk(store, WALK, None, limit).await?;
        same(WALK, "tokens of the walk", &tokens(&records), &written)?;
    }
    let (records, _) = walk(store, WALK, Some(empty.cursor), 7).await?;
    same(WALK, "tokens after the first cursor", &tokens(&records), &written)
}

pub(super) async fn a_cursor_goes_on_where_it_was<S: RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut cursor = None;
    for batch in [3_usize, 0, 1, 12, 2] {
        let mut written = HashSet::new();
        for _ in 0..batch {
            let id = sample.token_id();
            store.revoke(&Target::Token(id), sample.now).await.because(RESUME)?;
            written.insert(id);
        }
        let (records, next) = walk(store, RESUME, cursor, 5).await?;
        let read = tokens(&records);
        // A record may come twice; the new ones may not be missing.
        let missing = written.difference(&read).count();
        same(RESUME, "missing", &missing, &0)?;
        cursor = Some(next);
    }
    Ok(())
}

/// Calls until the store is not busy; writing a record twice is safe.
async fn revoke<S: RevocationStore>(
    store: &S,
    target: &Target,
    now: crate::clock::Timestamp,
) -> Result<(), StoreError> {
    for _ in 0..20 {
        match store.revoke(target, now).await {
            Err(error) if error.kind() == StoreErrorKind::Busy => {}
            answer => return answer,
        }
    }
    store.revoke(target, now).await
}

enum Took {
    Wrote(Vec<TokenId>),
    Read(Vec<RevocationRecord>, Option<Cursor>),
}

/// Writers and a reader with small pages at the same time; the reader then finishes its walk.
pub(super) async fn nothing_is_missed_while_others_write<S: RevocationStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut jobs: Vec<Job<Result<Took, Violation>>> = Vec::new();
    for _ in 0..8 {
        let ids: Vec<TokenId> = (0..25).map(|_| sample.token_id()).collect();
        let (store, now) = (Arc::clone(store), sample.now);
        jobs.push(Box::pin(async move {
            for id in &ids {
                revoke(&*store, &Target::Token(*id), now).await.because(RACE)?;
            }
            Ok(Took::Wrote(ids))
        }));
    }
    for limit in [1, 3, 50] {
        let store = Arc::clone(store);
        jobs.push(Box::pin(async move {
            let (mut records, mut cursor) = (Vec::new(), None);
            for _ in 0..60 {
                let page = store.read_revocations(cursor.as_ref(), limit).await.because(RACE)?;
                records.extend(page.records);
                cursor = Some(page.cursor);
            }
            Ok(Took::Read(records, cursor))
        }));
    }
    let (mut written, mut readers) = (HashSet::new(), Vec::new());
    for took in suite.workers_ref().race(RACE, jobs).await? {
        match took? {
            Took::Wrote(ids) => written.extend(ids),
            Took::Read(records, cursor) => readers.push((records, cursor)),
        }
    }
    for (mut records, cursor) in readers {
        records.extend(walk(&**store, RACE, cursor, 5).await?.0);
        let missing = written.difference(&tokens(&records)).count();
        same(RACE, "missing", &missing, &0)?;
    }
    Ok(())
}
