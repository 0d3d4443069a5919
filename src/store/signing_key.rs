//! Knows what is remembered of the signing keys that all instances share.
//! Must not know a private key: it is sealed before it comes here.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{clock::Timestamp, id::KeyId, key::KeyTimes};

/// A signing key at rest.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, key::KeyPolicy, secret::MasterSecret};
/// # use std::{sync::Arc, time::Duration};
/// # const DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass::store::SigningKeyStore as _;
///
/// let store = Arc::new(MemoryStore::new());
/// let authority = Authority::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .managed_keys(store.clone(), Algorithm::ES256, KeyPolicy::new(DAYS))
///     .master_secret(MasterSecret::generate()?)
///     .store(store.clone())
///     .build()?;
/// authority.ready().await?; // makes the first keys
///
/// let record = &store.load_signing_keys().await?.keys[0];
/// assert!(record.public_jwk.contains(r#""kty":"EC""#) && !record.public_jwk.contains(r#""d":"#));
/// assert!(!record.sealed_private.is_empty()); // opens with the master secret alone
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SigningKeyRecord {
    /// Its name.
    pub kid: KeyId,
    /// Its public half, a JWK as JSON text.
    pub public_jwk: String,
    /// Its private half, sealed.
    pub sealed_private: Vec<u8>,
    /// When it changes state.
    pub times: KeyTimes,
}

/// All signing keys, as one value that changes as a whole.
///
/// ```
/// # use hallpass::{MemoryStore, Timestamp, store::SigningKeyStore as _};
/// use hallpass::store::SigningKeySet;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let now = Timestamp::from_unix_seconds(1_000);
/// let read = store.load_signing_keys().await?;
/// assert_eq!(read, SigningKeySet::default()); // version 0, no keys
/// assert!(store.replace_signing_keys(&read, &[], now).await?);
/// assert_eq!(store.load_signing_keys().await?.version, 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SigningKeySet {
    /// Counts the changes; 0 is the empty set before the first.
    pub version: u64,
    /// The keys.
    pub keys: Vec<SigningKeyRecord>,
}

/// Remembers the signing keys that all instances agree on.
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, store::SigningKeyStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let now = Timestamp::from_unix_seconds(1_000);
/// // Two instances read the same version, and both rotate.
/// let (mine, theirs) = (store.load_signing_keys().await?, store.load_signing_keys().await?);
/// assert!(store.replace_signing_keys(&theirs, &[], now).await?);
/// assert!(!store.replace_signing_keys(&mine, &[], now).await?, "load again and see");
/// # Ok(()) }
/// ```
#[async_trait]
pub trait SigningKeyStore: Debug + Send + Sync + 'static {
    /// The keys as they are now.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError>;

    /// Replaces the keys, if their version is still `set.version`; the next version is one more.
    /// Says whether it did: of many instances that rotate at once, one does. Each key of
    /// `withdrawn` gets a feed record of [`Target::SigningKey`](super::Target::SigningKey) in the
    /// same step.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened: load the keys to see.
    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
