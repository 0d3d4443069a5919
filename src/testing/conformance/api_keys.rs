//! Knows what a store promises of single calls on API keys.
//! Must not know calls that race.

use super::{
    Suite, Violation,
    feed::walk,
    sample::{HOUR, MINUTE, SECOND, owners},
    violation::{Because, ensure, same},
};
use crate::store::{
    ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, InsertOutcome, Reach, RevocationStore,
    RotateApiKeyOutcome, Target,
};

const INSERT: &str = "insert_api_key: a new key is remembered as given; a known id is a conflict";
const BORN: &str = "insert_api_key, rotate_api_key: a birth at or before a revocation is refused";
const LIST: &str = "list_api_keys: a subject's live keys, oldest first, after a given one";
const UPDATE: &str = "update_api_key: changes a live key, with its record, and returns it";
const END: &str = "end_api_key: ends a key for good, and says whether it was live";
const TOUCH: &str = "touch_api_key: notes a use at most once a step, without a record";
const PRUNE: &str = "prune_api_keys: forgets at most `limit` keys, and only those that stopped";

pub(super) async fn put<S: ApiKeyStore>(store: &S, key: &ApiKeyRecord) -> Result<(), Violation> {
    let outcome = store.insert_api_key(key).await.because(INSERT)?;
    same(INSERT, "outcome", &outcome, &InsertOutcome::Inserted)
}

pub(super) async fn row<S: ApiKeyStore>(
    store: &S,
    rule: &'static str,
    key: &ApiKeyRecord,
) -> Result<ApiKeyRecord, Violation> {
    let found = store.find_api_key(&key.id).await.because(rule)?;
    found.ok_or_else(|| Violation::new(rule, format!("{:?} is not found", key.id)))
}

pub(super) async fn records_of<S: RevocationStore>(
    store: &S,
    rule: &'static str,
    key: &ApiKeyRecord,
) -> Result<usize, Violation> {
    let records = walk(store, rule, None, 100).await?.0;
    Ok(records.iter().filter(|record| record.target == Target::ApiKey(key.id)).count())
}

pub(super) async fn every_field_comes_back<S: ApiKeyStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for key in [sample.api_key()?, sample.full_api_key()?] {
        same(INSERT, "before", &store.find_api_key(&key.id).await.because(INSERT)?, &None)?;
        put(store, &key).await?;
        same(INSERT, "row", &row(store, INSERT, &key).await?, &key)?;
        let second = ApiKeyRecord { id: key.id, ..sample.api_key()? };
        let outcome = store.insert_api_key(&second).await.because(INSERT)?;
        same(INSERT, "second outcome", &outcome, &InsertOutcome::Conflict)?;
        same(INSERT, "row after a conflict", &row(store, INSERT, &key).await?, &key)?;
    }
    Ok(())
}

pub(super) async fn a_birth_before_a_revocation_is_refused<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    for which in 0..3 {
        let (subject, client) = (sample.subject()?, sample.client()?);
        let Some(owner) = owners(&subject, &client).into_iter().nth(which) else { continue };
        let old = sample.api_key_of(&subject, &client)?;
        put(store, &old).await?;
        // The sessions end and the keys stay; the mark holds for both.
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, Reach::Sessions, reason, now).await.because(BORN)?;
        same(BORN, "a key that stays", &row(store, BORN, &old).await?, &old)?;
        let mut key = sample.api_key_of(&subject, &client)?;
        let refused = InsertOutcome::BornRevoked { not_before: now };
        let outcome = store.insert_api_key(&key).await.because(BORN)?;
        same(BORN, "insert", &outcome, &refused)?;
        let refused = RotateApiKeyOutcome::BornRevoked { not_before: now };
        let outcome = store.rotate_api_key(&old.id, &key, now + HOUR, now).await.because(BORN)?;
        same(BORN, "rotate", &outcome, &refused)?;
        same(BORN, "the old key", &row(store, BORN, &old).await?, &old)?;
        same(BORN, "no key", &store.find_api_key(&key.id).await.because(BORN)?, &None)?;
        key.id = sample.api_key_id(now + SECOND / 1000);
        let outcome = store.rotate_api_key(&old.id, &key, now + HOUR, now).await.because(BORN)?;
        same(BORN, "rotate, born later", &outcome, &RotateApiKeyOutcome::Rotated)?;
    }
    Ok(())
}

pub(super) async fn lists_are_ordered_and_paged<S: ApiKeyStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    let mut live = Vec::new();
    for step in [5_u32, 1, 4, 1, 3, 2, 9] {
        let mut key = sample.api_key_of(&subject, &client)?;
        key.id = sample.api_key_id(now - SECOND * step);
        put(store, &key).await?;
        live.push(key);
    }
    live.sort_by_key(|key| key.id);
    put(store, &sample.api_key()?).await?;
    let mut expired = sample.api_key_of(&subject, &client)?;
    expired.expires_at = Some(now);
    put(store, &expired).await?;
    let ended = sample.api_key_of(&subject, &client)?;
    put(store, &ended).await?;
    store.end_api_key(&ended.id, EndReason::Administrative, now).await.because(LIST)?;
    let all = store.list_api_keys(&subject, None, 100, now).await.because(LIST)?;
    same(LIST, "all", &all, &live)?;
    let mut walked: Vec<ApiKeyRecord> = Vec::new();
    for _ in 0..live.len() {
        let after = walked.last().map(|key| key.id);
        let page = store.list_api_keys(&subject, after.as_ref(), 3, now).await.because(LIST)?;
        ensure(LIST, page.len() <= 3, "a page is longer than its limit")?;
        walked.extend(page);
    }
    same(LIST, "in pages of three", &walked, &live)
}

pub(super) async fn a_change_is_the_answer_of_the_next_look<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let mut key = sample.api_key()?;
    put(store, &key).await?;
    let nothing = ApiKeyChange::default();
    let change = |name: &str| ApiKeyChange { name: Some(name.to_owned()), ..nothing.clone() };
    let scope = sample.scope("invoice:7:read")?;
    let changes = [
        change("renamed"),
        ApiKeyChange { scope: Some(scope), ..nothing.clone() },
        ApiKeyChange { expires_at: Some(None), ..nothing.clone() },
        ApiKeyChange { expires_at: Some(Some(now + HOUR)), ..nothing.clone() },
    ];
    for (written, change) in (1..).zip(changes) {
        if let Some(name) = &change.name {
            key.name.clone_from(name);
        }
        if let Some(scope) = &change.scope {
            key.scope = scope.clone();
        }
        key.expires_at = change.expires_at.unwrap_or(key.expires_at);
        let changed = store.update_api_key(&key.id, &change, now).await.because(UPDATE)?;
        same(UPDATE, "answer", &changed, &Some(key.clone()))?;
        same(UPDATE, "row", &row(store, UPDATE, &key).await?, &key)?;
        let records = records_of(store, UPDATE, &key).await?;
        ensure(UPDATE, records >= written, "a change wrote no record")?;
    }
    let late = store.update_api_key(&key.id, &change("late"), now + HOUR).await;
    same(UPDATE, "an expired key", &late.because(UPDATE)?, &None)?;
    store.end_api_key(&key.id, EndReason::Administrative, now).await.because(UPDATE)?;
    let ended = store.update_api_key(&key.id, &change("late"), now).await.because(UPDATE)?;
    same(UPDATE, "an ended key", &ended, &None)?;
    let unknown = sample.api_key_id(now);
    let none = store.update_api_key(&unknown, &change("x"), now).await.because(UPDATE)?;
    same(UPDATE, "an unknown key", &none, &None)?;
    same(UPDATE, "the name", &row(store, UPDATE, &key).await?.name, &key.name)
}

pub(super) async fn an_end_is_for_good<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let key = sample.api_key()?;
    let unknown = store.end_api_key(&key.id, EndReason::Administrative, now).await;
    same(END, "an unknown key", &unknown.because(END)?, &false)?;
    put(store, &key).await?;
    let live = store.end_api_key(&key.id, EndReason::Administrative, now).await.because(END)?;
    same(END, "a live key", &live, &true)?;
    let ended = row(store, END, &key).await?;
    same(END, "ended", &ended.ended, &Some((now, EndReason::Administrative)))?;
    ensure(END, records_of(store, END, &key).await? >= 1, "no record")?;
    let again = store.end_api_key(&key.id, EndReason::SignedOut, now + SECOND).await;
    same(END, "an ended key", &again.because(END)?, &false)?;
    let outcome = store.insert_api_key(&key).await.because(END)?;
    same(END, "remembered again", &outcome, &InsertOutcome::Conflict)?;
    for owner in owners(&key.subject, &key.client) {
        let reason = EndReason::ClientRevoked;
        let counts = store.revoke_owner(&owner, Reach::Everything, reason, now).await;
        same(END, "ended by the owner", &counts.because(END)?.api_keys, &0)?;
    }
    same(END, "row", &row(store, END, &key).await?, &ended)
}

pub(super) async fn a_touch_is_written_once_a_step<S: ApiKeyStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let key = sample.api_key()?;
    store.touch_api_key(&key.id, now, MINUTE).await.because(TOUCH)?;
    put(store, &key).await?;
    let mut noted = None;
    for after in [0, 1, 59, 60, 61, 119, 120, 60] {
        let used = now + SECOND * after;
        store.touch_api_key(&key.id, used, MINUTE).await.because(TOUCH)?;
        let said = row(store, TOUCH, &key).await?.last_used_at;
        if noted.is_none_or(|at| at + MINUTE <= used) && said == Some(used) {
            noted = said;
        }
        // The note may be lost, but it is never one that the step forbids.
        same(TOUCH, "last_used_at", &said, &noted)?;
    }
    same(TOUCH, "records", &records_of(store, TOUCH, &key).await?, &0)
}

pub(super) async fn prune_is_bounded_and_takes_what_stopped<S: ApiKeyStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let mut gone = Vec::new();
    for which in 0..7 {
        let mut key = sample.api_key()?;
        let expires_at = if which < 4 { Some(now + HOUR) } else { None };
        key.expires_at = expires_at;
        put(store, &key).await?;
        if expires_at.is_none() {
            let ended = store.end_api_key(&key.id, EndReason::Administrative, now + HOUR).await;
            ended.because(PRUNE)?;
        }
        gone.push(key);
    }
    let young = ApiKeyRecord { expires_at: None, ..sample.api_key()? };
    put(store, &young).await?;
    let early = store.prune_api_keys(now + HOUR - SECOND / 1000, 100).await.because(PRUNE)?;
    same(PRUNE, "one millisecond early", &early, &0)?;
    let mut pruned = 0;
    for _ in 0..20 {
        let step = store.prune_api_keys(now + HOUR, 3).await.because(PRUNE)?;
        ensure(PRUNE, step <= 3, "more than `limit` keys went")?;
        pruned += step;
    }
    same(PRUNE, "in steps", &pruned, &7)?;
    for key in &gone {
        same(PRUNE, "row", &store.find_api_key(&key.id).await.because(PRUNE)?, &None)?;
    }
    same(PRUNE, "a young key", &row(store, PRUNE, &young).await?, &young)
}
