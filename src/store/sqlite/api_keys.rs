//! Knows the API-key rows of the SQLite store.
//! Must not know the keys themselves.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::params;

use super::{
    super::{
        StoreError,
        api_key::{ApiKeyChange, ApiKeyRecord, ApiKeyStore, RotateApiKeyOutcome},
        ended::EndReason,
        revocation::Target,
        session_store::InsertOutcome,
    },
    SqliteStore,
    error::Error,
    feed::append,
    owners,
    row::{self, Columns, at, millis_up},
    sessions::prune,
    statement,
    step::Step,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Subject},
};

#[async_trait]
impl ApiKeyStore for SqliteStore {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        let key = key.clone();
        self.write(move |step| {
            if let Some(not_before) = born_revoked(step, &key)? {
                return Ok(InsertOutcome::BornRevoked { not_before });
            }
            let inserted = row::insert_api_key(step, &key)?;
            Ok(if inserted { InsertOutcome::Inserted } else { InsertOutcome::Conflict })
        })
        .await
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        let id = *id;
        self.read(move |step| find(step, &id)).await
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let (subject, after) = (subject.clone(), after.copied());
        self.read(move |step| {
            let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            let page = params![subject.as_str(), after, at(now), limit];
            step.list(statement::LIST_API_KEYS, page, row::api_key)
        })
        .await
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        let (id, change) = (*id, change.clone());
        self.write(move |step| update(step, &id, &change, now)).await
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        let (id, successor) = (*id, successor.clone());
        self.write(move |step| rotate(step, &id, &successor, overlap_until, now)).await
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = *id;
        self.write(move |step| {
            let ended = params![id.as_bytes(), at(now), reason.as_str()];
            let was_live = step
                .find(statement::END_API_KEY, ended, |row| Ok(Columns::of(row).integer()? != 0))?;
            if was_live.is_some() {
                append(step, Target::ApiKey(id), now, now)?;
            }
            Ok(was_live.unwrap_or(false))
        })
        .await
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        let (id, pause) = (*id, step);
        self.write(move |step| {
            let used = params![id.as_bytes(), at(now), millis_up(pause)];
            step.execute(statement::TOUCH_API_KEY, used)?;
            Ok(())
        })
        .await
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |step| prune(step, statement::PRUNE_API_KEYS, before, limit)).await
    }
}

fn find(step: &Step<'_>, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, Error> {
    step.find(statement::FIND_API_KEY, [id.as_bytes()], row::api_key)
}

/// The revocation that covers the birth of this key, if one does.
fn born_revoked(step: &Step<'_>, key: &ApiKeyRecord) -> Result<Option<Timestamp>, Error> {
    let not_before = owners::not_before(step, &key.subject, &key.client)?;
    Ok(not_before.filter(|not_before| key.id.born() <= *not_before))
}

fn update(
    step: &Step<'_>,
    id: &ApiKeyId,
    change: &ApiKeyChange,
    now: Timestamp,
) -> Result<Option<ApiKeyRecord>, Error> {
    let Some(mut key) = find(step, id)?.filter(|key| key.is_live(now)) else {
        return Ok(None);
    };
    if let Some(name) = &change.name {
        key.name.clone_from(name);
    }
    if let Some(scope) = &change.scope {
        key.scope = scope.clone();
    }
    if let Some(expires_at) = change.expires_at {
        key.expires_at = expires_at;
    }
    write(step, &key)?;
    append(step, Target::ApiKey(*id), now, now)?;
    Ok(Some(key))
}

fn rotate(
    step: &Step<'_>,
    id: &ApiKeyId,
    successor: &ApiKeyRecord,
    overlap_until: Timestamp,
    now: Timestamp,
) -> Result<RotateApiKeyOutcome, Error> {
    let Some(mut key) = find(step, id)? else {
        return Ok(RotateApiKeyOutcome::NotLive);
    };
    match key.replaced_by {
        Some(by) if by == successor.id => return Ok(RotateApiKeyOutcome::Rotated),
        Some(by) => return Ok(RotateApiKeyOutcome::AlreadyReplaced { by }),
        None if !key.is_live(now) => return Ok(RotateApiKeyOutcome::NotLive),
        None => {}
    }
    if let Some(not_before) = born_revoked(step, successor)? {
        return Ok(RotateApiKeyOutcome::BornRevoked { not_before });
    }
    if !row::insert_api_key(step, successor)? {
        return Err(Error::TakenId);
    }
    key.replaced_by = Some(successor.id);
    key.expires_at = Some(key.expires_at.map_or(overlap_until, |at| at.min(overlap_until)));
    write(step, &key)?;
    append(step, Target::ApiKey(*id), now, now)?;
    Ok(RotateApiKeyOutcome::Rotated)
}

/// Writes what can change of a key without ending it.
fn write(step: &Step<'_>, key: &ApiKeyRecord) -> Result<(), Error> {
    let changed = params![
        key.id.as_bytes(),
        key.name,
        key.scope.as_str(),
        key.expires_at.map(at),
        key.replaced_by.as_ref().map(ApiKeyId::as_bytes),
        key.stops_at().map(at),
    ];
    step.execute(statement::UPDATE_API_KEY, changed)?;
    Ok(())
}
