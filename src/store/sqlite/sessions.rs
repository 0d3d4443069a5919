//! Knows the session rows of the SQLite store.
//! Must not know what a presented token means: `decide` does.

use async_trait::async_trait;
use rusqlite::params;

use super::{
    super::{
        StoreError,
        ended::EndReason,
        judge::{Verdict, judge},
        outcome::RotateOutcome,
        presented::{Attempt, Rotation},
        revocation::{Owner, Target},
        session::{SessionRecord, SessionState},
        session_store::{InsertOutcome, Persistence, SessionStore},
    },
    SqliteStore,
    error::Error,
    feed::append,
    owners::{self, Name},
    row::{self, Columns, at},
    statement,
    step::Step,
    unread::Unread,
};
use crate::{clock::Timestamp, id::SessionId};

#[async_trait]
impl SessionStore for SqliteStore {
    fn persistence(&self) -> Persistence {
        if self.durable { Persistence::Durable } else { Persistence::Process }
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        let session = session.clone();
        self.write(move |step| insert(step, &session)).await
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let id = *id;
        self.read(move |step| find(step, &id)).await
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let rotation = rotation.clone();
        let (verdict, row) = self.write(move |step| rotate(step, &rotation, now)).await?;
        Ok(verdict.outcome(row, |row| row.read())?)
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = *id;
        self.write(move |step| {
            let confirmed = params![id.as_bytes(), generation, at(now)];
            step.execute(statement::CONFIRM_SESSION, confirmed)?;
            Ok(())
        })
        .await
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = *id;
        self.write(move |step| end(step, &id, reason, now)).await
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let (owner, after) = (owner.clone(), after.copied());
        self.read(move |step| {
            let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            let Name { subject, client, .. } = Name::of(&owner);
            let page = params![subject, client, after, at(now), limit];
            step.list(owners::list(&owner), page, row::session)
        })
        .await
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |step| prune(step, statement::PRUNE_SESSIONS, now, limit)).await
    }
}

fn insert(step: &Step<'_>, session: &SessionRecord) -> Result<InsertOutcome, Error> {
    if let Some(not_before) = owners::not_before(step, &session.subject, &session.client)?
        && session.id.born() <= not_before
    {
        return Ok(InsertOutcome::BornRevoked { not_before });
    }
    let inserted = row::insert_session(step, session)?;
    Ok(if inserted { InsertOutcome::Inserted } else { InsertOutcome::Conflict })
}

fn find(step: &Step<'_>, id: &SessionId) -> Result<Option<SessionRecord>, Error> {
    step.find(statement::FIND_SESSION, [id.as_bytes()], row::session)
}

/// Ends a session that has not ended; says whether it was live.
pub(super) fn end(
    step: &Step<'_>,
    id: &SessionId,
    reason: EndReason,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = params![id.as_bytes(), at(now), reason.as_str()];
    let read = |row: &rusqlite::Row<'_>| Ok(Columns::of(row).integer()? != 0);
    let was_live = step.find(statement::END_SESSION, ended, read)?;
    if was_live.is_some() {
        append(step, Target::Session(*id), now, now)?;
    }
    Ok(was_live.unwrap_or(false))
}

/// Reads, decides and writes within the one transaction that may write: linearizable, over all
/// processes. The row's texts are left to the caller; one that cannot be read then is as an answer
/// that was lost.
fn rotate(
    step: &Step<'_>,
    rotation: &Rotation,
    now: Timestamp,
) -> Result<(Verdict, Option<Box<Unread>>), Error> {
    let id = [rotation.id.as_bytes()];
    let read = |row: &rusqlite::Row<'_>| Unread::of(&mut Columns::of(row)).map(Box::new);
    let row = step.find(statement::FIND_SESSION, id, read)?;
    let verdict = judge(row.as_deref().map(Unread::facts).as_ref(), rotation, now);
    if let Some(state) = &verdict.write {
        write_state(step, &rotation.id, state)?;
        if state.ended.is_some() {
            append(step, Target::Session(rotation.id), now, now)?;
        }
    }
    Ok((verdict, row))
}

/// Writes what a decision changes, and no column of an index unless the session ends.
fn write_state(step: &Step<'_>, id: &SessionId, state: &SessionState) -> Result<(), Error> {
    let attempt = state.attempt.as_ref().map(Attempt::as_bytes);
    if let Some((ended_at, reason)) = state.ended {
        let ended = params![id.as_bytes(), attempt, at(ended_at), reason.as_str()];
        step.execute(statement::END_SESSION_BY_ROTATION, ended)?;
        return Ok(());
    }
    let advanced = params![
        id.as_bytes(),
        state.generation,
        state.sealing_key,
        attempt,
        state.rotated_at.map(at),
        state.confirmed_at.map(at),
        at(state.idle_expires_at),
    ];
    step.execute(statement::ADVANCE_SESSION, advanced)?;
    Ok(())
}

/// Forgets up to `limit` of the rows whose time has come, the oldest first: every call goes on
/// where the last one stopped.
pub(super) fn prune(
    step: &Step<'_>,
    sql: statement::Sql,
    before: Timestamp,
    limit: u32,
) -> Result<u32, Error> {
    let gone = step.execute_beyond_limit(sql, params![at(before), limit])?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
