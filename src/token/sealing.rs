//! Knows the keys that seal opaque tokens: one seals, all open.
//! Must not know what a token holds.

use std::fmt::{self, Debug};

use crate::{
    crypto::{Hash, HmacKey},
    secret::{MasterSecret, SecretError},
};

use super::Issuer;

/// Sealing keys by id. Ids are derived from the secret, so they survive a change of order.
#[derive(Clone)]
pub(crate) struct SealingKeys {
    keys: Box<[(u8, HmacKey)]>,
}

impl SealingKeys {
    /// Derives the keys of `issuer` from the master secret (RFC 5869): the first seals, all open.
    pub(crate) fn derive(secret: &MasterSecret, issuer: &Issuer) -> Result<Self, SecretError> {
        let derived = secret.derive_all(issuer.as_str(), "opaque-tokens")?;
        Ok(Self::from_keys(derived.iter().map(|derived| (derived.id, &*derived.key))))
    }

    /// Keys under their ids, which must differ.
    fn from_keys<'k>(keys: impl IntoIterator<Item = (u8, &'k [u8; 32])>) -> Self {
        let prepare = |(id, key): (u8, &[u8; 32])| (id, HmacKey::new(Hash::Sha256, key));
        Self { keys: keys.into_iter().map(prepare).collect() }
    }

    #[cfg(test)]
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = (u8, &'k [u8; 32])>) -> Self {
        Self::from_keys(keys)
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
