//! Knows the role of a session store.
//! Must not know what a presented token means: `decide` does.

use std::ops::Bound::{Excluded, Unbounded};

use async_trait::async_trait;
use hallpass::{
    Timestamp,
    id::SessionId,
    store::{
        EndReason, InsertOutcome, Owner, Persistence, RotateOutcome, Rotation, SessionRecord,
        SessionState, SessionStore, StoreError, Target, decide,
    },
};

use crate::{
    row::{Change, Session},
    store::JournalStore,
    tables::owns,
};

#[async_trait]
impl SessionStore for JournalStore {
    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        let state = self.state()?;
        if let Some(not_before) = state.tables.revoked_until(&session.subject, &session.client)
            && session.id.born() <= not_before
        {
            return Ok(InsertOutcome::BornRevoked { not_before });
        }
        if state.tables.sessions.contains_key(&session.id) {
            return Ok(InsertOutcome::Conflict);
        }
        self.step(state, vec![Change::Session(Box::new(Session(session.clone())))], &[])?;
        Ok(InsertOutcome::Inserted)
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.state()?.tables.sessions.get(id).cloned())
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let state = self.state()?;
        let decision = decide(state.tables.sessions.get(&rotation.id), rotation, now);
        let (mut changes, mut news) = (Vec::new(), Vec::new());
        if let Some(write) = decision.write {
            if write.ended.is_some() {
                news.push(state.tables.record(Target::Session(rotation.id), now, now));
            }
            changes.push(Change::State(rotation.id, write));
        }
        self.step(state, changes, &news)?;
        Ok(decision.outcome)
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let state = self.state()?;
        let confirmed = state.tables.sessions.get(id).map(|row| row.state).filter(|known| {
            known.generation == generation && known.ended.is_none() && known.confirmed_at.is_none()
        });
        let change = confirmed
            .map(|known| Change::State(*id, SessionState { confirmed_at: Some(now), ..known }));
        self.step(state, change.into_iter().collect(), &[])
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let state = self.state()?;
        let Some(row) = state.tables.sessions.get(id) else { return Ok(false) };
        if let Some((ended_at, _)) = row.state.ended {
            // The call that ended it may not have told the sinks yet, and this caller will
            // believe that no token is accepted any more. They may hear of it twice.
            let record = state.tables.record(Target::Session(*id), ended_at, ended_at);
            drop(state);
            self.sinks.publish(&[record]);
            return Ok(false);
        }
        let was_live = row.is_live(now);
        let ended = SessionState { ended: Some((now, reason)), ..row.state };
        let record = state.tables.record(Target::Session(*id), now, now);
        self.step(state, vec![Change::State(*id, ended)], &[record])?;
        Ok(was_live)
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let state = self.state()?;
        // A store of more than a few thousand rows keeps an index by each kind of owner.
        let rest = state.tables.sessions.range((after.map_or(Unbounded, Excluded), Unbounded));
        let owned = |row: &&SessionRecord| owns(owner, &row.subject, &row.client);
        let live = rest.map(|(_, row)| row).filter(owned);
        let live = live.filter(|row| row.is_live(now));
        Ok(live.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let state = self.state()?;
        let due = state.tables.sessions.values().filter(|row| row.prune_after() <= now);
        let due = due.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let changes: Vec<Change> = due.map(|row| Change::ForgetSession(row.id)).collect();
        let pruned = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        self.step(state, changes, &[])?;
        Ok(pruned)
    }
}
