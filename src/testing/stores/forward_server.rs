//! Knows how to put the methods of an authorization server's store through `around`.
//! Must not know what the wrapper does there.

/// As `forward_store`, for the roles of an authorization server.
macro_rules! forward_server_store {
    ($wrapper:ident) => {
        const _: () = {
            use async_trait::async_trait;

            use crate::{
                clock::Timestamp,
                id::{ClientId, KeyId, Subject},
                scope::Scope,
                store::{
                    Attempt, ClientRecord, ClientStore, CodeRecord, CodeStore, ConsentOutcome,
                    ConsentRecord, ConsentStore, EndedCounts, RedeemOutcome, Redemption,
                    ReplaceOutcome, ReplayStore, SigningKeySet, SigningKeyStore, StoreError,
                },
                testing::StoreMethod,
            };

            #[async_trait]
            impl<S: ClientStore> ClientStore for $wrapper<S> {
                async fn insert_client(
                    &self,
                    client: &ClientRecord,
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let call = self.inner.insert_client(client, now);
                    self.around(StoreMethod::InsertClient, call).await
                }

                async fn find_client(
                    &self,
                    id: &ClientId,
                ) -> Result<Option<ClientRecord>, StoreError> {
                    self.around(StoreMethod::FindClient, self.inner.find_client(id)).await
                }

                async fn list_clients(
                    &self,
                    after: Option<&ClientId>,
                    limit: u32,
                ) -> Result<Vec<ClientRecord>, StoreError> {
                    let call = self.inner.list_clients(after, limit);
                    self.around(StoreMethod::ListClients, call).await
                }

                async fn replace_client(
                    &self,
                    client: &ClientRecord,
                    now: Timestamp,
                ) -> Result<ReplaceOutcome, StoreError> {
                    let call = self.inner.replace_client(client, now);
                    self.around(StoreMethod::ReplaceClient, call).await
                }

                async fn remove_client(
                    &self,
                    id: &ClientId,
                    now: Timestamp,
                ) -> Result<Option<EndedCounts>, StoreError> {
                    self.around(StoreMethod::RemoveClient, self.inner.remove_client(id, now)).await
                }
            }

            #[async_trait]
            impl<S: ConsentStore> ConsentStore for $wrapper<S> {
                async fn put_consent(
                    &self,
                    consent: &ConsentRecord,
                    before: Option<&Scope>,
                    now: Timestamp,
                ) -> Result<ConsentOutcome, StoreError> {
                    let call = self.inner.put_consent(consent, before, now);
                    self.around(StoreMethod::PutConsent, call).await
                }

                async fn find_consent(
                    &self,
                    subject: &Subject,
                    client: &ClientId,
                ) -> Result<Option<ConsentRecord>, StoreError> {
                    let call = self.inner.find_consent(subject, client);
                    self.around(StoreMethod::FindConsent, call).await
                }

                async fn list_consents(
                    &self,
                    subject: &Subject,
                    after: Option<&ClientId>,
                    limit: u32,
                ) -> Result<Vec<ConsentRecord>, StoreError> {
                    let call = self.inner.list_consents(subject, after, limit);
                    self.around(StoreMethod::ListConsents, call).await
                }

                async fn withdraw_consent(
                    &self,
                    subject: &Subject,
                    client: &ClientId,
                    now: Timestamp,
                ) -> Result<EndedCounts, StoreError> {
                    let call = self.inner.withdraw_consent(subject, client, now);
                    self.around(StoreMethod::WithdrawConsent, call).await
                }
            }

            #[async_trait]
            impl<S: CodeStore> CodeStore for $wrapper<S> {
                async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
                    self.around(StoreMethod::InsertCode, self.inner.insert_code(code)).await
                }

                async fn redeem_code(
                    &self,
                    redemption: &Redemption,
                    now: Timestamp,
                ) -> Result<RedeemOutcome, StoreError> {
                    let call = self.inner.redeem_code(redemption, now);
                    self.around(StoreMethod::RedeemCode, call).await
                }

                async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
                    self.around(StoreMethod::PruneCodes, self.inner.prune_codes(now, limit)).await
                }
            }

            #[async_trait]
            impl<S: ReplayStore> ReplayStore for $wrapper<S> {
                async fn consume_once(
                    &self,
                    key: &[u8; 32],
                    attempt: Attempt,
                    expires_at: Timestamp,
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let call = self.inner.consume_once(key, attempt, expires_at, now);
                    self.around(StoreMethod::ConsumeOnce, call).await
                }

                async fn prune_replays(
                    &self,
                    now: Timestamp,
                    limit: u32,
                ) -> Result<u32, StoreError> {
                    let call = self.inner.prune_replays(now, limit);
                    self.around(StoreMethod::PruneReplays, call).await
                }
            }

            #[async_trait]
            impl<S: SigningKeyStore> SigningKeyStore for $wrapper<S> {
                async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
                    let call = self.inner.load_signing_keys();
                    self.around(StoreMethod::LoadSigningKeys, call).await
                }

                async fn replace_signing_keys(
                    &self,
                    set: &SigningKeySet,
                    withdrawn: &[KeyId],
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let call = self.inner.replace_signing_keys(set, withdrawn, now);
                    self.around(StoreMethod::ReplaceSigningKeys, call).await
                }
            }
        };
    };
}

pub(super) use forward_server_store;
