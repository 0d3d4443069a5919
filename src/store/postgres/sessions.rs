//! Knows the session statements.
//! Must not know what a presented token means.

use async_trait::async_trait;

use super::{
    Inner, PostgresStore,
    error::Error,
    revocations::owner_columns,
    rows::{self, instant, millis, params, session_values},
    run::{Params, Repeatable},
};
use crate::{
    clock::Timestamp,
    id::SessionId,
    store::{
        EndReason, InsertOutcome, Owner, Persistence, RevocationRecord, RotateOutcome, Rotation,
        SessionRecord, SessionStore, StoreError, Target,
    },
};

impl Inner {
    /// Sends an insert and reads what became of it. Not repeated when its answer is lost: it
    /// would meet itself as a conflict.
    pub(super) async fn insert(
        &self,
        statement: &str,
        params: Params<'_>,
    ) -> Result<InsertOutcome, Error> {
        self.may_write()?;
        let rows = self.query(statement, params, Repeatable::No).await?;
        let row = rows.first().ok_or(Error::Answer("no row for an insert"))?;
        let revoked: Option<i64> = row.try_get(1)?;
        match (row.try_get(0)?, revoked) {
            (true, _) => Ok(InsertOutcome::Inserted),
            (false, None) => Ok(InsertOutcome::Conflict),
            (false, Some(at)) => {
                Ok(InsertOutcome::BornRevoked { not_before: instant("not_before", at)? })
            }
        }
    }

    /// Sends a statement that ends one record; says whether it was live.
    pub(super) async fn end(
        &self,
        statement: &str,
        id: &[u8],
        target: Target,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.may_write()?;
        let (reason, at) = (reason.as_str(), millis(now));
        let rows = self.query(statement, &[&id, &reason, &at], Repeatable::No).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        // Also where another call has ended it, which may not have told the sinks yet.
        let not_before = instant("ended_at", row.try_get(1)?)?;
        let expires_at = instant("expires_at", row.try_get(2)?)?;
        self.publish(&[RevocationRecord { target, not_before, expires_at }]);
        Ok(row.try_get(0)?)
    }

    /// Sends a statement that forgets what is due, and says how much that was.
    pub(super) async fn prune(
        &self,
        statement: &str,
        due: Timestamp,
        limit: u32,
    ) -> Result<u32, Error> {
        self.may_write()?;
        let (due, limit) = (millis(due), i64::from(limit));
        let rows = self.query(statement, &[&due, &limit], Repeatable::No).await?;
        let gone: i64 = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => 0,
        };
        Ok(u32::try_from(gone).unwrap_or(u32::MAX))
    }
}

#[async_trait]
impl SessionStore for PostgresStore {
    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        let values = session_values(session)?;
        let sql = &self.inner.statements.insert_session;
        Ok(self.inner.insert(sql, &params(&values)).await?)
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let id = id.as_bytes().as_slice();
        let sql = &self.inner.statements.find_session;
        let rows = self.inner.query(sql, &[&id], Repeatable::Yes).await?;
        Ok(rows.first().map(|row| rows::session(row, 0)).transpose()?)
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        self.inner.may_write()?;
        self.inner.rotate(rotation, now).await
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.inner.may_write()?;
        let (id, generation, at) = (id.as_bytes().as_slice(), i64::from(generation), millis(now));
        let sql = &self.inner.statements.confirm_session;
        self.inner.query(sql, &[&id, &generation, &at], Repeatable::Yes).await?;
        Ok(())
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = &self.inner.statements.end_session;
        Ok(self.inner.end(sql, id.as_bytes(), Target::Session(*id), reason, now).await?)
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let after = after.map_or(&[][..], |id| id.as_bytes());
        let (_, subject, client) = owner_columns(owner);
        let (limit, at) = (i64::from(limit), millis(now));
        let statements = &self.inner.statements;
        let sql = match owner {
            Owner::Subject(_) => &statements.list_sessions_of_subject,
            Owner::Client(_) => &statements.list_sessions_of_client,
            Owner::SubjectAtClient(..) => &statements.list_sessions_of_subject_at_client,
        };
        let page: Params<'_> = &[&subject, &client, &after, &limit, &at];
        let rows = self.inner.query(sql, page, Repeatable::Yes).await?;
        Ok(rows.iter().map(|row| rows::session(row, 0)).collect::<Result<_, _>>()?)
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.inner.prune(&self.inner.statements.prune_sessions, now, limit).await?)
    }
}
