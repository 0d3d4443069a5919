//! Knows that a shared or boxed store is a store.
//! Must not know the roles that only an authorization server needs.

#![deny(clippy::missing_trait_methods, reason = "a forgotten method would not be forwarded")]

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    ApiKeyChange, ApiKeyRecord, ApiKeyStore, Cursor, EndReason, EndedCounts, FeedPage,
    InsertOutcome, Owner, Persistence, Reach, RevocationFeed, RevocationSink, RevocationStore,
    RotateApiKeyOutcome, RotateOutcome, Rotation, SessionRecord, SessionStore, StoreError, Target,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, SessionId, Subject},
};

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: SessionStore + ?Sized> SessionStore for $pointer<T> {
            fn persistence(&self) -> Persistence {
                (**self).persistence()
            }

            async fn insert_session(
                &self,
                session: &SessionRecord,
            ) -> Result<InsertOutcome, StoreError> {
                (**self).insert_session(session).await
            }

            async fn find_session(
                &self,
                id: &SessionId,
            ) -> Result<Option<SessionRecord>, StoreError> {
                (**self).find_session(id).await
            }

            async fn rotate_session(
                &self,
                rotation: &Rotation,
                now: Timestamp,
            ) -> Result<RotateOutcome, StoreError> {
                (**self).rotate_session(rotation, now).await
            }

            async fn confirm_session(
                &self,
                id: &SessionId,
                generation: u32,
                now: Timestamp,
            ) -> Result<(), StoreError> {
                (**self).confirm_session(id, generation, now).await
            }

            async fn end_session(
                &self,
                id: &SessionId,
                reason: EndReason,
                now: Timestamp,
            ) -> Result<bool, StoreError> {
                (**self).end_session(id, reason, now).await
            }

            async fn list_sessions(
                &self,
                owner: &Owner,
                after: Option<&SessionId>,
                limit: u32,
                now: Timestamp,
            ) -> Result<Vec<SessionRecord>, StoreError> {
                (**self).list_sessions(owner, after, limit, now).await
            }

            async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
                (**self).prune_sessions(now, limit).await
            }
        }

        #[async_trait]
        impl<T: RevocationFeed + ?Sized> RevocationFeed for $pointer<T> {
            async fn read_revocations(
                &self,
                after: Option<&Cursor>,
                limit: u32,
            ) -> Result<FeedPage, StoreError> {
                (**self).read_revocations(after, limit).await
            }

            async fn changed(&self) {
                (**self).changed().await
            }

            fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
                (**self).subscribe(sink)
            }
        }

        #[async_trait]
        impl<T: RevocationStore + ?Sized> RevocationStore for $pointer<T> {
            async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
                (**self).raise_retention(retention).await
            }

            async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
                (**self).revoke(target, now).await
            }

            async fn revoke_owner(
                &self,
                owner: &Owner,
                reach: Reach,
                reason: EndReason,
                now: Timestamp,
            ) -> Result<EndedCounts, StoreError> {
                (**self).revoke_owner(owner, reach, reason, now).await
            }

            async fn prune_revocations(
                &self,
                now: Timestamp,
                limit: u32,
            ) -> Result<u32, StoreError> {
                (**self).prune_revocations(now, limit).await
            }
        }

        #[async_trait]
        impl<T: ApiKeyStore + ?Sized> ApiKeyStore for $pointer<T> {
            async fn insert_api_key(
                &self,
                key: &ApiKeyRecord,
            ) -> Result<InsertOutcome, StoreError> {
                (**self).insert_api_key(key).await
            }

            async fn find_api_key(
                &self,
                id: &ApiKeyId,
            ) -> Result<Option<ApiKeyRecord>, StoreError> {
                (**self).find_api_key(id).await
            }

            async fn list_api_keys(
                &self,
                subject: &Subject,
                after: Option<&ApiKeyId>,
                limit: u32,
                now: Timestamp,
            ) -> Result<Vec<ApiKeyRecord>, StoreError> {
                (**self).list_api_keys(subject, after, limit, now).await
            }

            async fn update_api_key(
                &self,
                id: &ApiKeyId,
                change: &ApiKeyChange,
                now: Timestamp,
            ) -> Result<Option<ApiKeyRecord>, StoreError> {
                (**self).update_api_key(id, change, now).await
            }

            async fn rotate_api_key(
                &self,
                id: &ApiKeyId,
                successor: &ApiKeyRecord,
                overlap_until: Timestamp,
                now: Timestamp,
            ) -> Result<RotateApiKeyOutcome, StoreError> {
                (**self).rotate_api_key(id, successor, overlap_until, now).await
            }

            async fn end_api_key(
                &self,
                id: &ApiKeyId,
                reason: EndReason,
                now: Timestamp,
            ) -> Result<bool, StoreError> {
                (**self).end_api_key(id, reason, now).await
            }

            async fn touch_api_key(
                &self,
                id: &ApiKeyId,
                now: Timestamp,
                step: Duration,
            ) -> Result<(), StoreError> {
                (**self).touch_api_key(id, now, step).await
            }

            async fn prune_api_keys(
                &self,
                before: Timestamp,
                limit: u32,
            ) -> Result<u32, StoreError> {
                (**self).prune_api_keys(before, limit).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
