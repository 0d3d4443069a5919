//! Knows the session rows of the memory store.
//! Must not know what a presented token means: `decide` does.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{
    super::{
        StoreError,
        decide::decide,
        ended::EndReason,
        outcome::RotateOutcome,
        presented::Rotation,
        revocation::{Owner, RevocationRecord, Target},
        session::SessionRecord,
        session_store::{InsertOutcome, Persistence, SessionStore},
    },
    MemoryStore,
    feed::Feed,
    lock,
    owners::Owned,
    read,
};
use crate::{clock::Timestamp, id::SessionId};

const SHARDS: usize = 16;

type Shard = Mutex<HashMap<SessionId, SessionRecord>>;

#[derive(Debug, Default)]
pub(super) struct Sessions {
    shards: [Shard; SHARDS],
    index: Mutex<Index>,
}

/// What a table would have as its secondary indices.
#[derive(Debug, Default)]
struct Index {
    owned: Owned<SessionId>,
    by_deadline: BTreeSet<(Timestamp, SessionId)>,
}

impl Sessions {
    fn shard(&self, id: &SessionId) -> &Shard {
        // The last byte of an id is hash or randomness, so shards fill evenly.
        let [.., last] = id.as_bytes();
        let [first, ..] = &self.shards;
        self.shards.get(usize::from(*last) % SHARDS).unwrap_or(first)
    }

    /// Adds a row; says whether its id was free.
    pub(super) fn insert(&self, session: &SessionRecord) -> bool {
        match lock(self.shard(&session.id)).entry(session.id) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(free) => free.insert(session.clone()),
        };
        let mut index = lock(&self.index);
        index.owned.insert(session.id, &session.subject, &session.client);
        index.by_deadline.insert((session.prune_after(), session.id));
        true
    }

    /// Ends one session, with its record in the same step; says whether it was live. Nothing if
    /// there is none.
    pub(super) fn end(
        &self,
        feed: &Mutex<Feed>,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Option<(bool, RevocationRecord)> {
        let mut shard = lock(self.shard(id));
        let row = shard.get_mut(id)?;
        let target = Target::Session(*id);
        if let Some((ended_at, _)) = row.state.ended {
            // The call that ended it may not have told the sinks yet, and the caller will believe
            // that no token is accepted any more. They may hear of it twice.
            return Some((false, lock(feed).record(target, ended_at, ended_at)));
        }
        let was_live = row.is_live(now);
        let record = lock(feed).append(target, now, now);
        row.state.ended = Some((now, reason));
        Some((was_live, record))
    }

    /// Ends an owner's live sessions; says how many, and the latest birth among them.
    pub(super) fn end_owned(
        &self,
        owner: &Owner,
        reason: EndReason,
        now: Timestamp,
    ) -> (u64, Option<Timestamp>) {
        let ids = lock(&self.index).owned.of(owner);
        let mut ended = (0, None);
        for id in ids {
            if let Some(row) = lock(self.shard(&id)).get_mut(&id)
                && row.state.ended.is_none()
            {
                ended.1 = ended.1.max(Some(id.born()));
                ended.0 += u64::from(row.is_live(now));
                row.state.ended = Some((now, reason));
            }
        }
        ended
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    fn persistence(&self) -> Persistence {
        Persistence::Process
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        let marks = read(&self.marks);
        match marks.not_before(&session.subject, &session.client) {
            Some(not_before) if session.id.born() <= not_before => {
                Ok(InsertOutcome::BornRevoked { not_before })
            }
            // The marks are still held, so a revocation of the owner finds the row by its index.
            _ if self.sessions.insert(session) => Ok(InsertOutcome::Inserted),
            _ => Ok(InsertOutcome::Conflict),
        }
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        Ok(lock(self.sessions.shard(id)).get(id).cloned())
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let (outcome, record) = {
            let mut shard = lock(self.sessions.shard(&rotation.id));
            let row = shard.get_mut(&rotation.id);
            let decision = decide(row.as_deref(), rotation, now);
            let mut record = None;
            if let (Some(row), Some(state)) = (row, decision.write) {
                if state.ended.is_some() {
                    record = Some(self.feed().append(Target::Session(row.id), now, now));
                }
                row.state = state;
            }
            (decision.outcome, record)
        };
        if let Some(record) = record {
            self.publish(record);
        }
        Ok(outcome)
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(row) = lock(self.sessions.shard(id)).get_mut(id)
            && row.state.generation == generation
            && row.state.ended.is_none()
            && row.state.confirmed_at.is_none()
        {
            row.state.confirmed_at = Some(now);
        }
        Ok(())
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = self.sessions.end(&self.feed, id, reason, now);
        let Some((was_live, record)) = ended else { return Ok(false) };
        self.publish(record);
        Ok(was_live)
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let ids = lock(&self.sessions.index).owned.after(owner, after);
        let rows = ids.iter().filter_map(|id| lock(self.sessions.shard(id)).get(id).cloned());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(rows.filter(|row| row.is_live(now)).take(limit).collect())
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut pruned = 0;
        while pruned < limit {
            let mut index = lock(&self.sessions.index);
            let Some((_, id)) = index.by_deadline.first().filter(|(at, _)| *at <= now).copied()
            else {
                break;
            };
            index.by_deadline.pop_first();
            drop(index);
            if let Some(row) = lock(self.sessions.shard(&id)).remove(&id) {
                lock(&self.sessions.index).owned.remove(&id, &row.subject, &row.client);
                pruned += 1;
            }
        }
        Ok(pruned)
    }
}
