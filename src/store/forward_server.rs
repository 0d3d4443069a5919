//! Knows that a shared or boxed store of an authorization server is one.
//! Must not know the roles that every store has.

#![deny(clippy::missing_trait_methods, reason = "a forgotten method would not be forwarded")]

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Attempt, ClientRecord, ClientStore, CodeRecord, CodeStore, ConsentOutcome, ConsentRecord,
    ConsentStore, EndedCounts, RedeemOutcome, Redemption, ReplaceOutcome, ReplayStore,
    SigningKeySet, SigningKeyStore, StoreError,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, KeyId, Subject},
    scope::Scope,
};

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: ClientStore + ?Sized> ClientStore for $pointer<T> {
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
        impl<T: ConsentStore + ?Sized> ConsentStore for $pointer<T> {
            async fn put_consent(
                &self,
                consent: &ConsentRecord,
                before: Option<&Scope>,
                now: Timestamp,
            ) -> Result<ConsentOutcome, StoreError> {
                (**self).put_consent(consent, before, now).await
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
        impl<T: CodeStore + ?Sized> CodeStore for $pointer<T> {
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
        impl<T: ReplayStore + ?Sized> ReplayStore for $pointer<T> {
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
        impl<T: SigningKeyStore + ?Sized> SigningKeyStore for $pointer<T> {
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
    };
}

forward!(Arc);
forward!(Box);
