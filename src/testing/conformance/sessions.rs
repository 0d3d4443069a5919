//! Knows what a store promises of single calls on sessions.
//! Must not know calls that race.

use super::{
    Suite, Violation,
    sample::{DAY, HOUR, MINUTE, SECOND, owners, policy},
    violation::{Because, ensure, same},
};
use crate::{
    clock::Timestamp,
    store::{EndReason, InsertOutcome, Reach, RevocationStore, SessionRecord, SessionStore},
};

pub(super) const INSERT: &str = "insert_session: a new session is remembered as it was given";
const CONFLICT: &str = "insert_session: a known id is a conflict and changes nothing";
const BORN: &str = "insert_session: a birth at or before a revocation of the owner is refused";
const CONFIRM: &str =
    "confirm_session: only the current generation of a session that runs is confirmed, once";
const LIST: &str = "list_sessions: an owner's live sessions, oldest first, after a given one";
const PRUNE: &str = "prune_sessions: forgets at most `limit` rows, and only past their deadline";

/// Remembers a session that must be new.
pub(super) async fn put<S: SessionStore>(
    store: &S,
    session: &SessionRecord,
) -> Result<(), Violation> {
    let outcome = store.insert_session(session).await.because(INSERT)?;
    same(INSERT, "outcome", &outcome, &InsertOutcome::Inserted)
}

/// The row of a session that must be there.
pub(super) async fn row<S: SessionStore>(
    store: &S,
    rule: &'static str,
    session: &SessionRecord,
) -> Result<SessionRecord, Violation> {
    let found = store.find_session(&session.id).await.because(rule)?;
    found.ok_or_else(|| Violation::new(rule, format!("{:?} is not found", session.id)))
}

pub(super) async fn every_field_comes_back<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    ensure(INSERT, store.persistence() == store.persistence(), "persistence changes")?;
    for session in [sample.session()?, sample.full_session()?] {
        let unknown = store.find_session(&session.id).await.because(INSERT)?;
        same(INSERT, "before the insert", &unknown, &None)?;
        put(store, &session).await?;
        same(INSERT, "row", &row(store, INSERT, &session).await?, &session)?;
    }
    Ok(())
}

pub(super) async fn a_known_id_is_a_conflict<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let first = sample.session()?;
    put(store, &first).await?;
    let second = SessionRecord { id: first.id, ..sample.full_session()? };
    let outcome = store.insert_session(&second).await.because(CONFLICT)?;
    same(CONFLICT, "outcome", &outcome, &InsertOutcome::Conflict)?;
    same(CONFLICT, "row", &row(store, CONFLICT, &first).await?, &first)?;
    for owner in owners(&second.subject, &second.client) {
        let listed = store.list_sessions(&owner, None, 9, sample.now).await;
        same(CONFLICT, "sessions of the second's owners", &listed.because(CONFLICT)?, &Vec::new())?;
    }
    Ok(())
}

pub(super) async fn a_birth_before_a_revocation_is_refused<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for which in 0..3 {
        let (subject, client) = (sample.subject()?, sample.client()?);
        let now = sample.now;
        let Some(owner) = owners(&subject, &client).into_iter().nth(which) else { continue };
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, Reach::Sessions, reason, now).await.because(BORN)?;
        for born in [now - HOUR, now] {
            let mut session = sample.session_of(&subject, &client)?;
            session.id = sample.session_id(born);
            let outcome = store.insert_session(&session).await.because(BORN)?;
            let refused = InsertOutcome::BornRevoked { not_before: now };
            same(BORN, "outcome", &outcome, &refused)?;
            let found = store.find_session(&session.id).await.because(BORN)?;
            same(BORN, "row", &found, &None)?;
        }
        let mut later = sample.session_of(&subject, &client)?;
        later.id = sample.session_id(now + std::time::Duration::from_millis(1));
        put(store, &later).await?;
        // What the owner does not reach is not touched.
        let (other_subject, other_client) = (sample.subject()?, sample.client()?);
        let mut free = Vec::new();
        if which != 0 {
            free.push(sample.session_of(&subject, &other_client)?);
        }
        if which != 1 {
            free.push(sample.session_of(&other_subject, &client)?);
        }
        for session in free {
            put(store, &session).await?;
        }
    }
    Ok(())
}

pub(super) async fn confirmation_is_for_the_current_generation<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let session = sample.session()?;
    let unknown = store.confirm_session(&session.id, 0, sample.now).await;
    unknown.because(CONFIRM)?;
    put(store, &session).await?;
    let now = sample.now;
    let rotation = sample.rotation(&session, 0);
    store.rotate_session(&rotation, now).await.because(CONFIRM)?;
    for (generation, expected) in [(0, None), (2, None), (1, Some(now + SECOND))] {
        store.confirm_session(&session.id, generation, now + SECOND).await.because(CONFIRM)?;
        let confirmed_at = row(store, CONFIRM, &session).await?.state.confirmed_at;
        same(CONFIRM, "confirmed_at", &confirmed_at, &expected)?;
    }
    store.confirm_session(&session.id, 1, now + MINUTE).await.because(CONFIRM)?;
    let before = row(store, CONFIRM, &session).await?;
    same(CONFIRM, "the second time", &before.state.confirmed_at, &Some(now + SECOND))?;
    let ended = sample.session()?;
    put(store, &ended).await?;
    store.end_session(&ended.id, EndReason::SignedOut, now).await.because(CONFIRM)?;
    store.confirm_session(&ended.id, 0, now).await.because(CONFIRM)?;
    let confirmed_at = row(store, CONFIRM, &ended).await?.state.confirmed_at;
    same(CONFIRM, "confirmed_at of an ended session", &confirmed_at, &None)
}

pub(super) async fn lists_are_ordered_and_paged<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    let (other_subject, other_client) = (sample.subject()?, sample.client()?);
    let mut live = Vec::new();
    for step in [5_u32, 1, 4, 1, 3, 2, 9] {
        for who in [(&subject, &client), (&subject, &other_client), (&other_subject, &client)] {
            let mut session = sample.session_of(who.0, who.1)?;
            session.id = sample.session_id(now - SECOND * step);
            put(store, &session).await?;
            live.push(session);
        }
    }
    live.sort_by_key(|session| session.id);
    let mut idle = sample.session_of(&subject, &client)?;
    idle.state.idle_expires_at = now;
    put(store, &idle).await?;
    let ended = sample.session_of(&subject, &client)?;
    put(store, &ended).await?;
    store.end_session(&ended.id, EndReason::SignedOut, now).await.because(LIST)?;

    for owner in owners(&subject, &client) {
        let mut owned = live.clone();
        owned.retain(|row| owners(&row.subject, &row.client).contains(&owner));
        let all = store.list_sessions(&owner, None, 100, now).await.because(LIST)?;
        same(LIST, "all", &all, &owned)?;
        let mut walked: Vec<SessionRecord> = Vec::new();
        for _ in 0..owned.len() {
            let after = walked.last().map(|session| session.id);
            let page = store.list_sessions(&owner, after.as_ref(), 3, now).await.because(LIST)?;
            ensure(LIST, page.len() <= 3, "a page is longer than its limit")?;
            walked.extend(page);
        }
        same(LIST, "in pages of three", &walked, &owned)?;
        let late = store.list_sessions(&owner, None, 100, now + DAY * 90).await.because(LIST)?;
        same(LIST, "past every deadline", &late, &Vec::new())?;
    }
    Ok(())
}

pub(super) async fn prune_is_bounded_and_waits_for_the_deadline<S: SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let mut old = Vec::new();
    for which in 0..7 {
        let mut session = sample.session()?;
        session.absolute_expires_at = sample.now + HOUR;
        session.state.idle_expires_at = sample.now + MINUTE;
        put(store, &session).await?;
        if which < 3 {
            let reason = EndReason::SignedOut;
            store.end_session(&session.id, reason, sample.now).await.because(PRUNE)?;
        }
        old.push(session);
    }
    let young = sample.session()?;
    put(store, &young).await?;
    let due: Timestamp = sample.now + HOUR + policy().max_skew;
    let early = store.prune_sessions(due - SECOND / 1000, 100).await.because(PRUNE)?;
    same(PRUNE, "pruned one millisecond early", &early, &0)?;
    for session in &old {
        row(store, PRUNE, session).await?;
    }
    let mut pruned = 0;
    for _ in 0..20 {
        let step = store.prune_sessions(due, 3).await.because(PRUNE)?;
        ensure(PRUNE, step <= 3, "more than `limit` rows went")?;
        pruned += step;
    }
    same(PRUNE, "pruned in steps", &pruned, &7)?;
    for session in &old {
        let found = store.find_session(&session.id).await.because(PRUNE)?;
        same(PRUNE, "a pruned row", &found, &None)?;
    }
    same(PRUNE, "a young row", &row(store, PRUNE, &young).await?, &young)
}
