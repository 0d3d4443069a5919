//! Knows the API-key rows of the memory store.
//! Must not know the keys themselves.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use async_trait::async_trait;

use super::{
    super::{
        StoreError, StoreErrorKind,
        api_key::{ApiKeyChange, ApiKeyRecord, ApiKeyStore, RotateApiKeyOutcome},
        ended::EndReason,
        revocation::{Owner, Target},
        session_store::InsertOutcome,
    },
    MemoryStore, lock,
    owners::Owned,
    read,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Subject},
};

#[derive(Debug, Default)]
pub(super) struct ApiKeys(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    rows: HashMap<ApiKeyId, ApiKeyRecord>,
    owned: Owned<ApiKeyId>,
}

impl Table {
    fn insert(&mut self, key: &ApiKeyRecord) {
        self.rows.insert(key.id, key.clone());
        self.owned.insert(key.id, &key.subject, &key.client);
    }
}

impl ApiKeys {
    /// Ends an owner's live keys; says how many, and the latest birth among them.
    pub(super) fn end_owned(
        &self,
        owner: &Owner,
        reason: EndReason,
        now: Timestamp,
    ) -> (u64, Option<Timestamp>) {
        let mut table = lock(&self.0);
        let ids = table.owned.of(owner);
        let mut ended = (0, None);
        for id in ids {
            if let Some(row) = table.rows.get_mut(&id)
                && row.ended.is_none()
            {
                ended.1 = ended.1.max(Some(id.born()));
                ended.0 += u64::from(row.is_live(now));
                row.ended = Some((now, reason));
            }
        }
        ended
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStore {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        let marks = read(&self.marks);
        if let Some(not_before) = marks.not_before(&key.subject, &key.client)
            && key.id.born() <= not_before
        {
            return Ok(InsertOutcome::BornRevoked { not_before });
        }
        let mut table = lock(&self.api_keys.0);
        if table.rows.contains_key(&key.id) {
            return Ok(InsertOutcome::Conflict);
        }
        table.insert(key);
        Ok(InsertOutcome::Inserted)
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        Ok(lock(&self.api_keys.0).rows.get(id).cloned())
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let table = lock(&self.api_keys.0);
        let ids = table.owned.after(&Owner::Subject(subject.clone()), after);
        let live = ids.iter().filter_map(|id| table.rows.get(id)).filter(|row| row.is_live(now));
        Ok(live.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        let (changed, record) = {
            let mut table = lock(&self.api_keys.0);
            let Some(row) = table.rows.get_mut(id).filter(|row| row.is_live(now)) else {
                return Ok(None);
            };
            if let Some(name) = &change.name {
                row.name.clone_from(name);
            }
            if let Some(scope) = &change.scope {
                row.scope = scope.clone();
            }
            if let Some(expires_at) = change.expires_at {
                row.expires_at = expires_at;
            }
            (row.clone(), self.feed().append(Target::ApiKey(*id), now, now))
        };
        self.publish(record);
        Ok(Some(changed))
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        let marks = read(&self.marks);
        let record = {
            let mut table = lock(&self.api_keys.0);
            let taken = table.rows.contains_key(&successor.id);
            let Some(row) = table.rows.get_mut(id) else {
                return Ok(RotateApiKeyOutcome::NotLive);
            };
            match row.replaced_by {
                Some(by) if by == successor.id => return Ok(RotateApiKeyOutcome::Rotated),
                Some(by) => return Ok(RotateApiKeyOutcome::AlreadyReplaced { by }),
                None if !row.is_live(now) => return Ok(RotateApiKeyOutcome::NotLive),
                None => {}
            }
            if let Some(not_before) = marks.not_before(&successor.subject, &successor.client)
                && successor.id.born() <= not_before
            {
                return Ok(RotateApiKeyOutcome::BornRevoked { not_before });
            }
            if taken {
                // To write over a key could bring one that has ended back to life.
                return Err(StoreError::new(StoreErrorKind::Corrupt, "memory")
                    .with_source("the successor's id is taken"));
            }
            row.replaced_by = Some(successor.id);
            row.expires_at = Some(row.expires_at.map_or(overlap_until, |at| at.min(overlap_until)));
            table.insert(successor);
            self.feed().append(Target::ApiKey(*id), now, now)
        };
        drop(marks);
        self.publish(record);
        Ok(RotateApiKeyOutcome::Rotated)
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (was_live, record) = {
            let mut table = lock(&self.api_keys.0);
            match table.rows.get_mut(id) {
                None => return Ok(false),
                Some(ApiKeyRecord { ended: Some((ended_at, _)), .. }) => {
                    // As with sessions: who ended it may not have told the sinks yet.
                    (false, self.feed().record(Target::ApiKey(*id), *ended_at, *ended_at))
                }
                Some(row) => {
                    let was_live = row.is_live(now);
                    row.ended = Some((now, reason));
                    (was_live, self.feed().append(Target::ApiKey(*id), now, now))
                }
            }
        };
        self.publish(record);
        Ok(was_live)
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        if let Some(row) = lock(&self.api_keys.0).rows.get_mut(id)
            && row.last_used_at.is_none_or(|last| last + step <= now)
        {
            row.last_used_at = Some(now);
        }
        Ok(())
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut table = lock(&self.api_keys.0);
        let gone: Vec<ApiKeyId> = table
            .rows
            .values()
            .filter(|row| row.stops_at().is_some_and(|at| at <= before))
            .map(|row| row.id)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        for id in &gone {
            if let Some(row) = table.rows.remove(id) {
                table.owned.remove(id, &row.subject, &row.client);
            }
        }
        Ok(u32::try_from(gone.len()).unwrap_or(u32::MAX))
    }
}
