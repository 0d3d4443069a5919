//! Knows the role of an API-key store.
//! Must not know the keys themselves.

use std::{
    ops::Bound::{Excluded, Unbounded},
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    Timestamp,
    id::{ApiKeyId, Subject},
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, InsertOutcome, RotateApiKeyOutcome,
        StoreError, StoreErrorKind, Target,
    },
};

use crate::{
    row::{ApiKey, Change},
    store::{JournalStore, failed},
};

fn put(key: ApiKeyRecord) -> Change {
    Change::ApiKey(Box::new(ApiKey(key)))
}

#[async_trait]
impl ApiKeyStore for JournalStore {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        let state = self.state()?;
        if let Some(not_before) = state.tables.revoked_until(&key.subject, &key.client)
            && key.id.born() <= not_before
        {
            return Ok(InsertOutcome::BornRevoked { not_before });
        }
        if state.tables.api_keys.contains_key(&key.id) {
            return Ok(InsertOutcome::Conflict);
        }
        self.step(state, vec![put(key.clone())], &[])?;
        Ok(InsertOutcome::Inserted)
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        Ok(self.state()?.tables.api_keys.get(id).cloned())
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let state = self.state()?;
        let rest = state.tables.api_keys.range((after.map_or(Unbounded, Excluded), Unbounded));
        let live = rest.map(|(_, key)| key).filter(|key| key.subject == *subject);
        let live = live.filter(|key| key.is_live(now));
        Ok(live.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        let state = self.state()?;
        let known = state.tables.api_keys.get(id).filter(|key| key.is_live(now));
        let Some(mut key) = known.cloned() else { return Ok(None) };
        if let Some(name) = &change.name {
            key.name.clone_from(name);
        }
        if let Some(scope) = &change.scope {
            key.scope.clone_from(scope);
        }
        if let Some(expires_at) = change.expires_at {
            key.expires_at = expires_at;
        }
        let record = state.tables.record(Target::ApiKey(*id), now, now);
        self.step(state, vec![put(key.clone())], &[record])?;
        Ok(Some(key))
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        let state = self.state()?;
        let Some(mut key) = state.tables.api_keys.get(id).cloned() else {
            return Ok(RotateApiKeyOutcome::NotLive);
        };
        match key.replaced_by {
            // The same call, sent again.
            Some(by) if by == successor.id => return Ok(RotateApiKeyOutcome::Rotated),
            Some(by) => return Ok(RotateApiKeyOutcome::AlreadyReplaced { by }),
            None if !key.is_live(now) => return Ok(RotateApiKeyOutcome::NotLive),
            None => {}
        }
        let revoked = state.tables.revoked_until(&successor.subject, &successor.client);
        if let Some(not_before) = revoked
            && successor.id.born() <= not_before
        {
            return Ok(RotateApiKeyOutcome::BornRevoked { not_before });
        }
        if state.tables.api_keys.contains_key(&successor.id) {
            // To write over a key could bring one that has ended back to life.
            return Err(failed(StoreErrorKind::Corrupt, "the successor's id is taken"));
        }
        key.replaced_by = Some(successor.id);
        key.expires_at = Some(key.expires_at.map_or(overlap_until, |at| at.min(overlap_until)));
        let record = state.tables.record(Target::ApiKey(*id), now, now);
        self.step(state, vec![put(key), put(successor.clone())], &[record])?;
        Ok(RotateApiKeyOutcome::Rotated)
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let state = self.state()?;
        let Some(mut key) = state.tables.api_keys.get(id).cloned() else { return Ok(false) };
        let target = Target::ApiKey(*id);
        if let Some((ended_at, _)) = key.ended {
            // As with sessions: who ended it may not have told the sinks yet.
            let record = state.tables.record(target, ended_at, ended_at);
            drop(state);
            self.sinks.publish(&[record]);
            return Ok(false);
        }
        let was_live = key.is_live(now);
        key.ended = Some((now, reason));
        let record = state.tables.record(target, now, now);
        self.step(state, vec![put(key)], &[record])?;
        Ok(was_live)
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        let state = self.state()?;
        let due = |key: &&ApiKeyRecord| key.last_used_at.is_none_or(|last| last + step <= now);
        let Some(mut key) = state.tables.api_keys.get(id).filter(due).cloned() else {
            return Ok(());
        };
        key.last_used_at = Some(now);
        self.step(state, vec![put(key)], &[])
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let state = self.state()?;
        let keys = state.tables.api_keys.values();
        let due = keys.filter(|key| key.stops_at().is_some_and(|at| at <= before));
        let due = due.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let changes: Vec<Change> = due.map(|key| Change::ForgetApiKey(key.id)).collect();
        let pruned = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        self.step(state, changes, &[])?;
        Ok(pruned)
    }
}
