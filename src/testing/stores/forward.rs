//! Knows how to put every store method of a wrapper through its one method `around`.
//! Must not know what the wrapper does there.

/// Implements the roles of a store for a wrapper with a field `inner` and a method
/// `around(StoreMethod, call)`. No role method has a default body, so one that is forgotten here
/// does not compile.
macro_rules! forward_store {
    ($wrapper:ident) => {
        const _: () = {
            use std::{sync::Weak, time::Duration};

            use async_trait::async_trait;

            use crate::{
                clock::Timestamp,
                id::{ApiKeyId, SessionId, Subject},
                store::{
                    ApiKeyChange, ApiKeyRecord, ApiKeyStore, Cursor, EndReason, EndedCounts,
                    FeedPage, InsertOutcome, Owner, Persistence, Reach, RevocationFeed,
                    RevocationSink, RevocationStore, RotateApiKeyOutcome, RotateOutcome, Rotation,
                    SessionRecord, SessionStore, StoreError, Target,
                },
                testing::StoreMethod,
            };

            #[async_trait]
            impl<S: SessionStore> SessionStore for $wrapper<S> {
                fn persistence(&self) -> Persistence {
                    self.inner.persistence()
                }

                async fn insert_session(
                    &self,
                    session: &SessionRecord,
                ) -> Result<InsertOutcome, StoreError> {
                    let call = self.inner.insert_session(session);
                    self.around(StoreMethod::InsertSession, call).await
                }

                async fn find_session(
                    &self,
                    id: &SessionId,
                ) -> Result<Option<SessionRecord>, StoreError> {
                    self.around(StoreMethod::FindSession, self.inner.find_session(id)).await
                }

                async fn rotate_session(
                    &self,
                    rotation: &Rotation,
                    now: Timestamp,
                ) -> Result<RotateOutcome, StoreError> {
                    let call = self.inner.rotate_session(rotation, now);
                    self.around(StoreMethod::RotateSession, call).await
                }

                async fn confirm_session(
                    &self,
                    id: &SessionId,
                    generation: u32,
                    now: Timestamp,
                ) -> Result<(), StoreError> {
                    let call = self.inner.confirm_session(id, generation, now);
                    self.around(StoreMethod::ConfirmSession, call).await
                }

                async fn end_session(
                    &self,
                    id: &SessionId,
                    reason: EndReason,
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let call = self.inner.end_session(id, reason, now);
                    self.around(StoreMethod::EndSession, call).await
                }

                async fn list_sessions(
                    &self,
                    owner: &Owner,
                    after: Option<&SessionId>,
                    limit: u32,
                    now: Timestamp,
                ) -> Result<Vec<SessionRecord>, StoreError> {
                    let call = self.inner.list_sessions(owner, after, limit, now);
                    self.around(StoreMethod::ListSessions, call).await
                }

                async fn prune_sessions(
                    &self,
                    now: Timestamp,
                    limit: u32,
                ) -> Result<u32, StoreError> {
                    let call = self.inner.prune_sessions(now, limit);
                    self.around(StoreMethod::PruneSessions, call).await
                }
            }

            #[async_trait]
            impl<S: RevocationFeed> RevocationFeed for $wrapper<S> {
                async fn read_revocations(
                    &self,
                    after: Option<&Cursor>,
                    limit: u32,
                ) -> Result<FeedPage, StoreError> {
                    let call = self.inner.read_revocations(after, limit);
                    self.around(StoreMethod::ReadRevocations, call).await
                }

                async fn changed(&self) {
                    // A hint, no call: it may come late or never, and asks nothing of the store.
                    self.inner.changed().await;
                }

                fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
                    self.inner.subscribe(sink);
                }
            }

            #[async_trait]
            impl<S: RevocationStore> RevocationStore for $wrapper<S> {
                async fn raise_retention(
                    &self,
                    retention: Duration,
                ) -> Result<Duration, StoreError> {
                    let call = self.inner.raise_retention(retention);
                    self.around(StoreMethod::RaiseRetention, call).await
                }

                async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
                    self.around(StoreMethod::Revoke, self.inner.revoke(target, now)).await
                }

                async fn revoke_owner(
                    &self,
                    owner: &Owner,
                    reach: Reach,
                    reason: EndReason,
                    now: Timestamp,
                ) -> Result<EndedCounts, StoreError> {
                    let call = self.inner.revoke_owner(owner, reach, reason, now);
                    self.around(StoreMethod::RevokeOwner, call).await
                }

                async fn prune_revocations(
                    &self,
                    now: Timestamp,
                    limit: u32,
                ) -> Result<u32, StoreError> {
                    let call = self.inner.prune_revocations(now, limit);
                    self.around(StoreMethod::PruneRevocations, call).await
                }
            }

            #[async_trait]
            impl<S: ApiKeyStore> ApiKeyStore for $wrapper<S> {
                async fn insert_api_key(
                    &self,
                    key: &ApiKeyRecord,
                ) -> Result<InsertOutcome, StoreError> {
                    self.around(StoreMethod::InsertApiKey, self.inner.insert_api_key(key)).await
                }

                async fn find_api_key(
                    &self,
                    id: &ApiKeyId,
                ) -> Result<Option<ApiKeyRecord>, StoreError> {
                    self.around(StoreMethod::FindApiKey, self.inner.find_api_key(id)).await
                }

                async fn list_api_keys(
                    &self,
                    subject: &Subject,
                    after: Option<&ApiKeyId>,
                    limit: u32,
                    now: Timestamp,
                ) -> Result<Vec<ApiKeyRecord>, StoreError> {
                    let call = self.inner.list_api_keys(subject, after, limit, now);
                    self.around(StoreMethod::ListApiKeys, call).await
                }

                async fn update_api_key(
                    &self,
                    id: &ApiKeyId,
                    change: &ApiKeyChange,
                    now: Timestamp,
                ) -> Result<Option<ApiKeyRecord>, StoreError> {
                    let call = self.inner.update_api_key(id, change, now);
                    self.around(StoreMethod::UpdateApiKey, call).await
                }

                async fn rotate_api_key(
                    &self,
                    id: &ApiKeyId,
                    successor: &ApiKeyRecord,
                    overlap_until: Timestamp,
                    now: Timestamp,
                ) -> Result<RotateApiKeyOutcome, StoreError> {
                    let call = self.inner.rotate_api_key(id, successor, overlap_until, now);
                    self.around(StoreMethod::RotateApiKey, call).await
                }

                async fn end_api_key(
                    &self,
                    id: &ApiKeyId,
                    reason: EndReason,
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let call = self.inner.end_api_key(id, reason, now);
                    self.around(StoreMethod::EndApiKey, call).await
                }

                async fn touch_api_key(
                    &self,
                    id: &ApiKeyId,
                    now: Timestamp,
                    step: Duration,
                ) -> Result<(), StoreError> {
                    let call = self.inner.touch_api_key(id, now, step);
                    self.around(StoreMethod::TouchApiKey, call).await
                }

                async fn prune_api_keys(
                    &self,
                    before: Timestamp,
                    limit: u32,
                ) -> Result<u32, StoreError> {
                    let call = self.inner.prune_api_keys(before, limit);
                    self.around(StoreMethod::PruneApiKeys, call).await
                }
            }
        };
    };
}

pub(super) use forward_store;
