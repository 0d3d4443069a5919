//! Knows that a shared store is a store.
//! Must not know anything else.

#![deny(clippy::missing_trait_methods, reason = "a forgotten method would not be forwarded")]

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    ApiKeyChange, ApiKeyRecord, ApiKeyStore, Attempt, ClientRecord, ClientStore, CodeRecord,
    CodeStore, ConsentRecord, ConsentStore, Cursor, EndReason, EndedCounts, FeedPage,
    InsertOutcome, Owner, Persistence, Reach, RedeemOutcome, Redemption, ReplaceOutcome,
    ReplayStore, RevocationFeed, RevocationSink, RevocationStore, RotateApiKeyOutcome,
    RotateOutcome, Rotation, SessionRecord, SessionStore, SigningKeySet, SigningKeyStore,
    StoreError, Target,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject},
};

#[async_trait]
impl<T: SessionStore + ?Sized> SessionStore for Arc<T> {
    fn persistence(&self) -> Persistence {
        (**self).persistence()
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        (**self).insert_session(session).await
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
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
        subject: &Subject,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        (**self).list_sessions(subject, after, limit, now).await
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        (**self).prune_sessions(now, limit).await
    }
}

#[async_trait]
impl<T: RevocationFeed + ?Sized> RevocationFeed for Arc<T> {
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
impl<T: RevocationStore + ?Sized> RevocationStore for Arc<T> {
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

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        (**self).prune_revocations(now, limit).await
    }
}

#[async_trait]
impl<T: ApiKeyStore + ?Sized> ApiKeyStore for Arc<T> {
    async fn insert_api_key(&self, key: &ApiKeyRecord) -> Result<InsertOutcome, StoreError> {
        (**self).insert_api_key(key).await
    }

    async fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
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

    async fn prune_api_keys(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        (**self).prune_api_keys(before, limit).await
    }
}

#[async_trait]
impl<T: ClientStore + ?Sized> ClientStore for Arc<T> {
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        (**self).insert_client(client, now).await
    }

    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError> {
        (**self).find_client(id).await
    }

    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError> {
        (**self).list_clients(after, limit).await
    }

    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError> {
        (**self).replace_client(client, now).await
    }

    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError> {
        (**self).remove_client(id, now).await
    }
}

#[async_trait]
impl<T: ConsentStore + ?Sized> ConsentStore for Arc<T> {
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        (**self).put_consent(consent, now).await
    }

    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        (**self).find_consent(subject, client).await
    }

    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        (**self).list_consents(subject, after, limit).await
    }

    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        (**self).withdraw_consent(subject, client, now).await
    }
}

#[async_trait]
impl<T: CodeStore + ?Sized> CodeStore for Arc<T> {
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
        (**self).insert_code(code).await
    }

    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError> {
        (**self).redeem_code(redemption, now).await
    }

    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        (**self).prune_codes(now, limit).await
    }
}

#[async_trait]
impl<T: ReplayStore + ?Sized> ReplayStore for Arc<T> {
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        (**self).consume_once(key, attempt, expires_at, now).await
    }

    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        (**self).prune_replays(now, limit).await
    }
}

#[async_trait]
impl<T: SigningKeyStore + ?Sized> SigningKeyStore for Arc<T> {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        (**self).load_signing_keys().await
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        (**self).replace_signing_keys(set, withdrawn, now).await
    }
}
