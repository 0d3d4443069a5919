//! Knows how a client's secret becomes a hash, and how a presented one is compared with it.
//! Must not know where the hashes are kept.

use std::fmt::{self, Debug};

use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    crypto::{Hash, HmacKey, ct_eq},
    id::ClientId,
    secret::{MasterSecret, SecretError},
    store::HashedSecret,
    token::Issuer,
};

/// How many secrets of one client work at a time: during a rotation the one before, too.
pub(in crate::authority) const MOST_LIVE: usize = 2;
/// The longest secret that is taken. A longer one is never right, and not worth hashing.
const LONGEST: usize = 1024;

/// A secret that the host chose, on its way to its hash.
#[derive(Clone)]
pub(in crate::authority) struct GivenSecret(Zeroizing<String>);

impl GivenSecret {
    pub(super) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    pub(in crate::authority) fn text(&self) -> &str {
        &self.0
    }
}

impl Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret([redacted])")
    }
}

/// Hashes client secrets: HMAC-SHA-256 under keys from the master secret (INVARIANTS 41), so that
/// a dump of the store cannot be searched for them.
#[derive(Debug)]
pub(in crate::authority) struct SecretHasher {
    /// The key that hashes new secrets.
    first: HmacKey,
    /// The keys of the secrets that the master secret also opens.
    others: Box<[HmacKey]>,
}

impl SecretHasher {
    pub(in crate::authority) fn derive(
        master: &MasterSecret,
        issuer: &Issuer,
    ) -> Result<Self, SecretError> {
        let derived = master.derive_all(issuer.as_str(), "client-secret")?;
        let mut keys = derived.iter().map(|one| HmacKey::new(Hash::Sha256, &one.key[..]));
        let first = keys.next().ok_or(SecretError::Random)?;
        Ok(Self { first, others: keys.collect() })
    }

    /// The hash to keep.
    pub(in crate::authority) fn hash(&self, client: &ClientId, secret: &str) -> [u8; 32] {
        tag(&self.first, client, secret)
    }

    /// Whether one of these hashes, live at `now`, is this secret's.
    ///
    /// One HMAC for each key and two comparisons for each HMAC, whatever is right or wrong, and
    /// whether there is a client at all (INVARIANTS 44).
    pub(in crate::authority) fn is_one_of(
        &self,
        kept: &[HashedSecret],
        client: &ClientId,
        secret: &str,
        now: Timestamp,
    ) -> bool {
        let fits = secret.len() <= LONGEST;
        let secret = if fits { secret } else { "" };
        let mut live = kept.iter().filter(|one| is_live(one, now));
        let slots: [Option<&HashedSecret>; MOST_LIVE] = std::array::from_fn(|_| live.next());
        let mut found = false;
        for key in std::iter::once(&self.first).chain(&self.others) {
            let presented = tag(key, client, secret);
            for slot in slots {
                let (known, hash) = match slot {
                    Some(kept) => (true, kept.hash),
                    None => (false, [0; 32]),
                };
                found |= ct_eq(&hash, &presented) & known;
            }
        }
        found & fits
    }
}

pub(in crate::authority) fn is_live(secret: &HashedSecret, now: Timestamp) -> bool {
    secret.expires_at.is_none_or(|end| now < end)
}

/// Bound to the client: a hash that is moved to another row is worthless there. An id has at most
/// 255 bytes, so that its length stands in one.
fn tag(key: &HmacKey, client: &ClientId, secret: &str) -> [u8; 32] {
    let id = client.as_str().as_bytes();
    let length = u8::try_from(id.len()).unwrap_or(u8::MAX);
    let tag = key.sign_parts(&[&[length], id, secret.as_bytes()]);
    let mut hash = [0; 32];
    for (slot, byte) in hash.iter_mut().zip(tag.as_ref()) {
        *slot = *byte;
    }
    hash
}
