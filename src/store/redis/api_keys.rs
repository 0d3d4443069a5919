//! Knows the API-key operations as calls of scripts.
//! Must not know the keys themselves.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    RedisStore, api_key_row,
    error::Error,
    feed_record::record,
    field,
    reply::Reply,
    script::{
        END_API_KEY, FIND_API_KEY, INSERT_API_KEY, LIST_API_KEYS, PRUNE_API_KEYS, ROTATE_API_KEY,
        TOUCH_API_KEY, UPDATE_API_KEY,
    },
    sessions::{ended, inserted},
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Subject},
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, InsertOutcome, RotateApiKeyOutcome,
        StoreError, Target,
    },
};

#[async_trait]
impl ApiKeyStore for RedisStore {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        let call = self
            .call(&INSERT_API_KEY)
            .arg(field::hex(key.id.as_bytes()))
            .arg(key.subject.as_str())
            .arg(key.client.as_str())
            .arg(api_key_row::fields(key)?)
            .once();
        Ok(inserted(Reply::open(self.write(&call).await?)?)?)
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        let call = self.call(&FIND_API_KEY).arg(field::hex(id.as_bytes()));
        match Reply::open(self.read(call).await?)? {
            (word, _) if word == "none" => Ok(None),
            (_, mut reply) => Ok(Some(api_key_row::read(*id, reply.next_list()?)?)),
        }
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.map(|id| field::hex(id.as_bytes())).unwrap_or_default();
        loop {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                return Ok(found);
            }
            let call = self
                .call(&LIST_API_KEYS)
                .arg(subject.as_str())
                .arg(&from)
                .arg(left)
                .arg(field::time(now));
            let (_, mut reply) = Reply::open(self.read(call).await?)?;
            let mut rows = reply.next_list()?;
            while !rows.is_empty() {
                let mut pair = rows.next_list()?;
                let id = api_key_row::read_id(&pair.text()?)?;
                found.push(api_key_row::read(id, pair.next_list()?)?);
            }
            from = reply.text()?;
            if from.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        let mut call =
            self.call(&UPDATE_API_KEY).arg(field::hex(id.as_bytes())).arg(field::time(now));
        for (name, value) in api_key_row::changed_fields(change) {
            call = call.arg(name).arg(value);
        }
        let (value, replicated) = self.write_for_good(&call).await?;
        let changed = match Reply::open(value)? {
            (word, _) if word == "none" => None,
            (_, mut reply) => {
                let row = reply.next_list()?;
                let expires_at = Timestamp::from_unix_millis(reply.count()?);
                self.publish(record(Target::ApiKey(*id), now, expires_at));
                Some(api_key_row::read(*id, row)?)
            }
        };
        replicated?;
        Ok(changed)
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        let call = self
            .call(&ROTATE_API_KEY)
            .arg(field::hex(id.as_bytes()))
            .arg(field::time(overlap_until))
            .arg(field::time(now))
            .arg(field::hex(successor.id.as_bytes()))
            .arg(successor.subject.as_str())
            .arg(successor.client.as_str())
            .arg(api_key_row::fields(successor)?);
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        let outcome = match word.as_str() {
            "rotated" => {
                if let Some(expires_at) = reply.optional_time()? {
                    self.publish(record(Target::ApiKey(*id), now, expires_at));
                }
                RotateApiKeyOutcome::Rotated
            }
            "replaced" => {
                let by = api_key_row::read_id(&reply.text()?)?;
                RotateApiKeyOutcome::AlreadyReplaced { by }
            }
            "taken" => return Err(Error::Taken.into()),
            "not_live" => RotateApiKeyOutcome::NotLive,
            "revoked" => {
                let not_before = Timestamp::from_unix_millis(reply.number()?);
                RotateApiKeyOutcome::BornRevoked { not_before }
            }
            _ => return Err(Error::Reply.into()),
        };
        replicated?;
        Ok(outcome)
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = self
            .call(&END_API_KEY)
            .arg(field::hex(id.as_bytes()))
            .arg(reason.as_str())
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (lived, end) = ended(Reply::open(value)?)?;
        self.tell(Target::ApiKey(*id), now, end);
        replicated?;
        Ok(lived)
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        let call = self
            .call(&TOUCH_API_KEY)
            .arg(field::hex(id.as_bytes()))
            .arg(field::time(now))
            .arg(field::millis(step));
        Reply::open(self.write(&call).await?)?;
        Ok(())
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.prune(&PRUNE_API_KEYS, before, limit).await?)
    }
}
