//! Knows how to find the one key a token's header names, in a few nanoseconds.
//! Must not know private keys or when a key comes and goes, but for the instant it is gone.

use std::sync::Arc;

use crate::{Timestamp, id::KeyId};

use super::{Backend, KeyError, VerifyingKey};

/// The keys a verifier accepts, each under its own `kid`: an immutable value, cheap to clone.
///
/// ```
/// use hallpass::key::{Algorithm, SigningKey, VerifyingKeys};
///
/// let (old, new) = (SigningKey::generate(Algorithm::EdDSA)?, SigningKey::generate(Algorithm::ES256)?);
/// let keys = VerifyingKeys::new([old.verifying_key(), new.verifying_key()])?;
/// assert_eq!(keys.iter().count(), 2);
/// assert!(VerifyingKeys::new([old.verifying_key(), old.verifying_key()]).is_err());
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct VerifyingKeys(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    /// Ends of the names, side by side: almost every look-up touches one entry only.
    kid_ends: Vec<u64>,
    header_ends: Vec<u64>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: VerifyingKey,
    gone_at: Timestamp,
}

impl VerifyingKeys {
    /// These keys, for as long as the value is used.
    ///
    /// # Errors
    /// When two share a `kid`.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Result<Self, KeyError> {
        Self::until(keys.into_iter().map(|key| (key, Timestamp::MAX)))
    }

    /// These keys, each until the instant given, at which it is gone.
    pub(super) fn until(
        keys: impl IntoIterator<Item = (VerifyingKey, Timestamp)>,
    ) -> Result<Self, KeyError> {
        let mut table = Table::default();
        for (key, gone_at) in keys {
            if table.entries.iter().any(|entry| entry.key.kid() == key.kid()) {
                return Err(KeyError::DuplicateKid { kid: key.kid().clone() });
            }
            table.kid_ends.push(end(key.kid().as_str()));
            table.header_ends.push(end(key.encoded_header()));
            table.entries.push(Entry { key, gone_at });
        }
        Ok(Self(Arc::new(table)))
    }

    /// The same keys, each until the same instant, on `backend`.
    pub(crate) fn with_backend(&self, backend: Backend) -> Result<Self, KeyError> {
        let entries = self.0.entries.iter();
        let moved =
            entries.map(|entry| entry.key.with_backend(backend).map(|key| (key, entry.gone_at)));
        Self::until(moved.collect::<Result<Vec<_>, _>>()?)
    }

    /// These keys, each until the instant given, for tests beyond this module.
    #[cfg(test)]
    pub(crate) fn until_for_tests(
        keys: impl IntoIterator<Item = (VerifyingKey, Timestamp)>,
    ) -> Self {
        Self::until(keys).unwrap()
    }

    /// The keys, those that are gone among them.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.0.entries.iter().map(|entry| &entry.key)
    }

    /// The key of this name, if it is not gone. `alg` of the header must then be the key's.
    pub(crate) fn find(&self, kid: &str, now: Timestamp) -> Option<&VerifyingKey> {
        self.find_until(kid, now).map(|(key, _)| key)
    }

    /// The same, with the instant at which it is gone.
    pub(crate) fn find_until(
        &self,
        kid: &str,
        now: Timestamp,
    ) -> Option<(&VerifyingKey, Timestamp)> {
        self.0.find(&self.0.kid_ends, kid, |key| key.kid().as_str(), now)
    }

    /// The key whose encoded header this is, byte for byte, if it is not gone: then `typ`, `alg`
    /// and `kid` are right and nothing else stands there. With it, the instant at which it is gone.
    pub(crate) fn find_by_encoded_header(
        &self,
        header: &str,
        now: Timestamp,
    ) -> Option<(&VerifyingKey, Timestamp)> {
        self.0.find(&self.0.header_ends, header, VerifyingKey::encoded_header, now)
    }

    /// Whether both accept the same keys, each until the same instant. Of shared secrets, whose
    /// numbers are not kept, only the same key in memory is the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.0.entries, &other.0.entries);
        let same =
            |(one, two): (&Entry, &Entry)| one.gone_at == two.gone_at && one.key.is_same(&two.key);
        Arc::ptr_eq(&self.0, &other.0)
            || ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
    }

    /// Whether there is a key of this name that is not gone.
    #[must_use]
    pub fn contains(&self, kid: &KeyId, now: Timestamp) -> bool {
        self.find(kid.as_str(), now).is_some()
    }
}

impl Table {
    fn find(
        &self,
        ends: &[u64],
        text: &str,
        name: impl Fn(&VerifyingKey) -> &str,
        now: Timestamp,
    ) -> Option<(&VerifyingKey, Timestamp)> {
        let wanted = end(text);
        let mut candidates = ends.iter().enumerate().filter(|(_, end)| **end == wanted);
        let entry = candidates
            .find_map(|(at, _)| self.entries.get(at).filter(|entry| name(&entry.key) == text))?;
        (now < entry.gone_at).then_some((&entry.key, entry.gone_at))
    }
}

/// The last 8 bytes: names of one issuer differ there, encoded headers begin all alike.
fn end(text: &str) -> u64 {
    match text.as_bytes().last_chunk() {
        Some(end) => u64::from_le_bytes(*end),
        None => text.bytes().fold(0, |end, byte| end << 8 | u64::from(byte)),
    }
}
