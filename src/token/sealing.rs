//! Knows the keys that seal opaque tokens: one seals, all open.
//! Must not know what a token holds.

use std::fmt::{self, Debug};

use super::issuer::Issuer;
use crate::{
    crypto::{Hash, HmacKey},
    secret::{MasterSecret, SecretError},
};

/// Sealing keys by id. Ids are derived from the secret, so they survive a change of order.
#[derive(Clone)]
pub(crate) struct SealingKeys {
    keys: Box<[(u8, HmacKey)]>,
}

/// Two sealing keys have the same id: one token could be opened by either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two master secrets give the same sealing key id; replace one of them")]
pub(crate) struct SameSealingKeyId;

impl SealingKeys {
    /// Keys under their ids; the first seals. Without any, nothing opens and nothing is sealed.
    pub(crate) fn new<'s>(
        secrets: impl IntoIterator<Item = (u8, &'s [u8; 32])>,
    ) -> Result<Self, SameSealingKeyId> {
        let mut keys: Vec<(u8, HmacKey)> = Vec::new();
        for (id, secret) in secrets {
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(SameSealingKeyId);
            }
            keys.push((id, HmacKey::new(Hash::Sha256, secret)));
        }
        Ok(Self { keys: keys.into() })
    }

    /// The keys of an issuer, from the host's one secret.
    pub(crate) fn derive(master: &MasterSecret, issuer: &Issuer) -> Result<Self, SecretError> {
        let derived = master.derive_all(issuer.as_str(), "sealing")?;
        Self::new(derived.iter().map(|key| (key.id, &*key.key))).map_err(|_| SecretError::EqualIds)
    }

    /// The id of the key that seals new tokens.
    pub(crate) fn current(&self) -> Option<u8> {
        self.keys.first().map(|(id, _)| *id)
    }

    /// The ids of all keys that open.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u8> {
        self.keys.iter().map(|(id, _)| *id)
    }

    pub(super) fn find(&self, id: u8) -> Option<&HmacKey> {
        self.keys.iter().find(|(known, _)| *known == id).map(|(_, key)| key)
    }
}

impl Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys")
            .field("ids", &self.ids().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
