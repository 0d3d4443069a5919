//! Knows what is remembered of the signing keys that all instances share.
//! Must not know a private key: it is sealed before it comes here.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{clock::Timestamp, id::KeyId, key::KeyTimes};

/// A signing key at rest.
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SigningKeySet {
    /// Counts the changes; 0 is the empty set before the first.
    pub version: u64,
    /// The keys.
    pub keys: Vec<SigningKeyRecord>,
}

/// Remembers the signing keys that all instances agree on.
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
