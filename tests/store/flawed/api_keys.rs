//! Knows how flawed stores treat API keys.
//! Must not know how the suite finds out.

use std::time::Duration;

use async_trait::async_trait;
use hallpass::{
    Timestamp,
    id::{ApiKeyId, Subject},
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, InsertOutcome, RotateApiKeyOutcome,
        StoreError,
    },
};

use super::{Flaw, Flawed};

#[async_trait]
impl ApiKeyStore for Flawed {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        self.inner.insert_api_key(key).await
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.inner.find_api_key(id).await
    }

    async fn list_api_keys(
        &self,
        subject: &Subject,
        after: Option<&ApiKeyId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.inner.list_api_keys(subject, after, limit, now).await
    }

    async fn update_api_key(
        &self,
        id: &ApiKeyId,
        change: &ApiKeyChange,
        now: Timestamp,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.inner.update_api_key(id, change, now).await
    }

    async fn rotate_api_key(
        &self,
        id: &ApiKeyId,
        successor: &ApiKeyRecord,
        overlap_until: Timestamp,
        now: Timestamp,
    ) -> Result<RotateApiKeyOutcome, StoreError> {
        match self.inner.rotate_api_key(id, successor, overlap_until, now).await? {
            RotateApiKeyOutcome::AlreadyReplaced { .. } if self.is(Flaw::ReplacesKeysTwice) => {
                self.inner.insert_api_key(successor).await?;
                Ok(RotateApiKeyOutcome::Rotated)
            }
            outcome => Ok(outcome),
        }
    }

    async fn end_api_key(
        &self,
        id: &ApiKeyId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.end_api_key(id, reason, now).await
    }

    async fn touch_api_key(
        &self,
        id: &ApiKeyId,
        now: Timestamp,
        step: Duration,
    ) -> Result<(), StoreError> {
        let step = if self.is(Flaw::TouchesAlways) { Duration::ZERO } else { step };
        self.inner.touch_api_key(id, now, step).await
    }

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.inner.prune_api_keys(before, limit).await
    }
}
