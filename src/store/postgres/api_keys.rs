//! Knows the API-key statements.
//! Must not know the keys themselves.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    PostgresStore,
    error::Error,
    rows::{self, api_key_values, instant, millis, params},
    run::Repeatable,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Subject},
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, InsertOutcome, RevocationRecord,
        RotateApiKeyOutcome, StoreError, Target,
    },
};

#[async_trait]
impl ApiKeyStore for PostgresStore {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        let values = api_key_values(key)?;
        let sql = &self.inner.statements.insert_api_key;
        Ok(self.inner.insert(sql, &params(&values)).await?)
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        let id = id.as_bytes().as_slice();
        let sql = &self.inner.statements.find_api_key;
        let rows = self.inner.query(sql, &[&id], Repeatable::Yes).await?;
        Ok(rows.first().map(|row| rows::api_key(row, 0)).transpose()?)
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let after = after.map_or(&[][..], |id| id.as_bytes());
        let (subject, limit, at) = (subject.as_str(), i64::from(limit), millis(now));
        let sql = &self.inner.statements.list_api_keys;
        let rows = self.inner.query(sql, &[&subject, &after, &limit, &at], Repeatable::Yes).await?;
        Ok(rows.iter().map(|row| rows::api_key(row, 0)).collect::<Result<_, _>>()?)
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.inner.may_write()?;
        let id_bytes = id.as_bytes().as_slice();
        let name = change.name.as_deref();
        let scope = change.scope.as_ref().map(ToString::to_string);
        let moves = change.expires_at.is_some();
        let expires_at = change.expires_at.flatten().map(millis);
        let at = millis(now);
        let sql = &self.inner.statements.update_api_key;
        let rows = self
            .inner
            .query(sql, &[&id_bytes, &name, &scope, &moves, &expires_at, &at], Repeatable::No)
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let changed = || -> Result<_, Error> {
            Ok((instant("expires_at", row.try_get(0)?)?, rows::api_key(row, 1)?))
        };
        let (expires_at, key) = changed()?;
        let target = Target::ApiKey(*id);
        self.inner.publish(&[RevocationRecord { target, not_before: now, expires_at }]);
        Ok(Some(key))
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        self.inner.may_write()?;
        let values = api_key_values(successor)?;
        let (old, overlap, at) = (id.as_bytes().as_slice(), millis(overlap_until), millis(now));
        let mut params = params(&values);
        params.extend([&old as &(dyn tokio_postgres::types::ToSql + Sync), &overlap, &at]);
        let sql = &self.inner.statements.rotate_api_key;
        // It recognises itself by its successor.
        let rows = self.inner.query(sql, &params, Repeatable::Yes).await?;
        let Some(row) = rows.first() else { return Ok(RotateApiKeyOutcome::NotLive) };
        let (outcome, record) = rotated(row, id, now)?;
        self.inner.publish(record.as_slice());
        Ok(outcome)
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = &self.inner.statements.end_api_key;
        Ok(self.inner.end(sql, id.as_bytes(), Target::ApiKey(*id), reason, now).await?)
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        self.inner.may_write()?;
        let id = id.as_bytes().as_slice();
        // `last + step <= now` is `last <= now - step`, where that is not before all time.
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        let (at, noted_by) = (millis(now), millis(now).saturating_sub(step));
        let sql = &self.inner.statements.touch_api_key;
        self.inner.query(sql, &[&id, &at, &noted_by], Repeatable::Yes).await?;
        Ok(())
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.inner.prune(&self.inner.statements.prune_api_keys, before, limit).await?)
    }
}

fn rotated(
    row: &tokio_postgres::Row,
    id: &ApiKeyId,
    now: Timestamp,
) -> Result<(RotateApiKeyOutcome, Option<RevocationRecord>), Error> {
    let outcome = match row.try_get(0)? {
        "rotated" | "rotated_before" => {
            let expires_at = instant("expires_at", row.try_get(3)?)?;
            let target = Target::ApiKey(*id);
            let record = RevocationRecord { target, not_before: now, expires_at };
            return Ok((RotateApiKeyOutcome::Rotated, Some(record)));
        }
        "already_replaced" => {
            let by: &[u8] = row.try_get(1)?;
            let by = by.try_into().map_err(|_| Error::row("replaced_by"))?;
            RotateApiKeyOutcome::AlreadyReplaced { by: ApiKeyId::from_bytes(by) }
        }
        "not_live" => RotateApiKeyOutcome::NotLive,
        "born_revoked" => {
            RotateApiKeyOutcome::BornRevoked { not_before: instant("not_before", row.try_get(2)?)? }
        }
        _ => return Err(Error::Answer("an unknown outcome")),
    };
    Ok((outcome, None))
}
