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
        let slots = std::array::from_fn(|_| live.next().map(|kept| kept.hash));
        let keys = std::iter::once(&self.first).chain(&self.others);
        is_among(slots, keys.map(|key| tag(key, client, secret)), ct_eq) & fits
    }
}

/// Whether one of the tags is in one of the slots. Every tag is made, and compared with every
/// slot, an empty one too: neither what is kept nor what is presented saves any work.
fn is_among(
    slots: [Option<[u8; 32]>; MOST_LIVE],
    tags: impl Iterator<Item = [u8; 32]>,
    mut equal: impl FnMut(&[u8], &[u8]) -> bool,
) -> bool {
    let mut found = false;
    for tag in tags {
        for slot in slots {
            found |= equal(&slot.unwrap_or([0; 32]), &tag) & slot.is_some();
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "correct-horse,battery-staple!tree";

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn id(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    fn hasher(master: &MasterSecret) -> SecretHasher {
        SecretHasher::derive(master, &Issuer::parse("https://auth.example.com").unwrap()).unwrap()
    }

    fn master(byte: u8) -> MasterSecret {
        MasterSecret::from_bytes([byte; 32])
    }

    fn kept(hash: [u8; 32], ends: Option<u64>) -> HashedSecret {
        HashedSecret { hash, expires_at: ends.map(at) }
    }

    #[test]
    fn a_secret_opens_its_client_alone_while_it_lives() {
        let hasher = hasher(&master(1));
        let hash = hasher.hash(&id("a"), SECRET);
        let opens = |kept: &[HashedSecret], client: &str, secret: &str, now: u64| {
            hasher.is_one_of(kept, &id(client), secret, at(now))
        };
        assert!(opens(&[kept(hash, None)], "a", SECRET, 5));
        assert!(!opens(&[kept(hash, None)], "b", SECRET, 5), "a hash moved to another client");
        assert!(!opens(&[kept(hash, None)], "a", &SECRET.to_uppercase(), 5));
        assert!(!opens(&[kept(hash, None)], "a", &SECRET.repeat(1000), 5));
        assert!(!opens(&[], "a", SECRET, 5));
        // INVARIANTS 35: the deadline itself counts as expired.
        assert!(opens(&[kept(hash, Some(6))], "a", SECRET, 5));
        assert!(!opens(&[kept(hash, Some(5))], "a", SECRET, 5));
        // What has ended takes no slot from what lives.
        let ended = kept([7; 32], Some(1));
        assert!(opens(&[ended, ended, ended, kept(hash, None)], "a", SECRET, 5));
        // An empty slot is not a hash of zeros.
        let zeros = is_among([None; MOST_LIVE], std::iter::once([0; 32]), ct_eq);
        assert!(!zeros);
        // Nor is a secret that is too long the empty one.
        let empty = hasher.hash(&id("a"), "");
        assert!(!opens(&[kept(empty, None)], "a", &"x".repeat(LONGEST + 1), 5));
    }

    #[test]
    fn inv_41_a_hash_is_worth_nothing_under_another_master_secret_or_issuer() {
        let one = hasher(&master(1)).hash(&id("a"), SECRET);
        let two = hasher(&master(2)).hash(&id("a"), SECRET);
        assert_ne!(one, two);
        let elsewhere = Issuer::parse("https://other.example.com").unwrap();
        let elsewhere = SecretHasher::derive(&master(1), &elsewhere).unwrap();
        assert_ne!(elsewhere.hash(&id("a"), SECRET), one);
        let both = hasher(&master(2).also_opens(master(1)));
        for hash in [one, two] {
            assert!(both.is_one_of(&[kept(hash, None)], &id("a"), SECRET, at(5)));
        }
        assert_eq!(both.hash(&id("a"), SECRET), two, "the first one hashes");
    }

    #[test]
    fn inv_44_the_work_is_the_same_whatever_is_kept_and_presented() {
        let tag = [1; 32];
        let cases: [[Option<[u8; 32]>; MOST_LIVE]; 5] = [
            [None, None],
            [Some(tag), None],
            [Some([2; 32]), Some(tag)],
            [Some(tag), Some(tag)],
            [Some([2; 32]), None],
        ];
        for slots in cases {
            let (mut made, mut compared) = (0, 0);
            let tags = [tag, [3; 32], [4; 32]].into_iter().inspect(|_| made += 1);
            let found = is_among(slots, tags, |a, b| {
                compared += 1;
                ct_eq(a, b)
            });
            assert_eq!(found, slots.contains(&Some(tag)));
            assert_eq!((made, compared), (3, 3 * MOST_LIVE), "{slots:?}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let given = GivenSecret::new(SECRET);
        assert_eq!(format!("{given:?}"), "GivenSecret([redacted])");
        let client = super::super::Client::confidential("a").secret(SECRET);
        assert!(!format!("{client:?}").contains("horse"));
        assert!(!format!("{:?}", hasher(&master(0x5a))).contains("90"));
    }
}
