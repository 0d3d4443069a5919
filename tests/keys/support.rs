//! What the stories share: one store, one clock, many instances.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Timestamp,
    authority::{AuthorityBuilder, Minted},
    id::KeyId,
    key::KeyPolicy,
    secret::MasterSecret,
    store::{SigningKeySet, SigningKeyStore, StoreError},
    testing::{CountingStore, FailingStore, TestClock},
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const LEAD: Duration = Duration::from_secs(600);
pub(crate) const START: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";

pub(crate) type TestStore = FailingStore<CountingStore<MemoryStore>>;

/// A deployment: what outlives its instances.
pub(crate) struct World {
    pub(crate) store: Arc<TestStore>,
    pub(crate) clock: TestClock,
}

pub(crate) fn secret(byte: u8) -> MasterSecret {
    MasterSecret::from_bytes([byte; 32])
}

pub(crate) fn policy() -> KeyPolicy {
    KeyPolicy::new(DAY).lead(LEAD)
}

impl World {
    pub(crate) fn new() -> Self {
        let store = FailingStore::new(CountingStore::new(MemoryStore::new()));
        Self { store: Arc::new(store), clock: TestClock::at(START) }
    }

    pub(crate) fn builder(&self) -> AuthorityBuilder {
        Authority::builder(ISSUER)
            .audience(AUDIENCE)
            .clock(self.clock.clone())
            .store(self.store.clone())
    }

    pub(crate) fn instance_with(&self, secret: MasterSecret, policy: KeyPolicy) -> Authority {
        self.builder()
            .managed_keys(self.store.clone(), Algorithm::EdDSA, policy)
            .master_secret(secret)
            .build()
            .unwrap()
    }

    pub(crate) fn instance(&self) -> Authority {
        self.instance_with(secret(1), policy())
    }

    pub(crate) async fn ready(&self) -> Authority {
        let authority = self.instance();
        authority.ready().await.unwrap();
        authority
    }

    /// The keys as they are kept.
    pub(crate) async fn kept(&self) -> SigningKeySet {
        self.store.inner().load_signing_keys().await.unwrap()
    }

    /// Writes the table past everybody.
    pub(crate) async fn put(&self, set: &SigningKeySet) {
        assert!(self.store.inner().replace_signing_keys(set, &[], START).await.unwrap());
    }

    pub(crate) fn signer(&self, authority: &Authority) -> KeyId {
        use hallpass::clock::Clock;
        authority.key_ring().signing_key(self.clock.now()).unwrap().kid().clone()
    }
}

pub(crate) async fn mint(authority: &Authority) -> Minted {
    authority.issue_access(grant()).await.unwrap()
}

pub(crate) fn grant() -> Grant {
    Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web")
}

/// The `kid` of the key that signed.
pub(crate) fn kid_of(minted: &Minted) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = minted.access_token().expose_secret().split('.').next().unwrap();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The kids of the JWKS, in its order.
pub(crate) fn published(authority: &Authority) -> Vec<String> {
    let jwks = authority.jwks();
    jwks.keys().iter().map(|key| key.verifying_key().kid().to_string()).collect()
}

/// Lets others go first at each step, so that races happen on every run.
#[derive(Debug)]
pub(crate) struct Slow<S>(pub(crate) S);

#[async_trait]
impl<S: SigningKeyStore> SigningKeyStore for Slow<S> {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        let set = self.0.load_signing_keys().await;
        std::thread::yield_now();
        set
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        std::thread::yield_now();
        self.0.replace_signing_keys(set, withdrawn, now).await
    }
}
