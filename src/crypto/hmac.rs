//! Knows HMAC with SHA-2 (RFC 2104, RFC 6234) under keys prepared once.
//! Must not know what is authenticated.

use std::fmt::{self, Debug};

use ring::hmac;

use super::{Hash, ct_eq};

/// A prepared HMAC key: both pads are hashed already, so a tag costs its message only.
///
/// The backend keeps the hashed pads until the last clone is dropped and does not wipe them.
#[derive(Clone)]
pub(crate) struct HmacKey(hmac::Key);

/// Tags of messages that begin alike, with what they have in common hashed once.
#[derive(Clone)]
pub(crate) struct HmacBegun {
    context: hmac::Context,
    beginning: Box<[u8]>,
}

/// A tag, as long as the hash.
#[derive(Clone, Copy)]
pub(crate) struct HmacTag(hmac::Tag);

impl HmacKey {
    /// Prepares `secret`.
    #[must_use]
    pub(crate) fn new(hash: Hash, secret: &[u8]) -> Self {
        let algorithm = match hash {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
        };
        Self(hmac::Key::new(algorithm, secret))
    }

    /// The tag of `message`.
    #[must_use]
    pub(crate) fn sign(&self, message: &[u8]) -> HmacTag {
        HmacTag(hmac::sign(&self.0, message))
    }

    /// The tag of the concatenation of `parts`; the caller frames them.
    #[must_use]
    pub(crate) fn sign_parts(&self, parts: &[&[u8]]) -> HmacTag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        HmacTag(context.sign())
    }

    /// Hashes ahead what messages of this beginning have in common: its whole blocks.
    #[must_use]
    pub(crate) fn begin(&self, beginning: &[u8]) -> HmacBegun {
        let whole =
            beginning.len() - beginning.len() % self.0.algorithm().digest_algorithm().block_len();
        let beginning = beginning.get(..whole).unwrap_or_default();
        let mut context = hmac::Context::with_key(&self.0);
        context.update(beginning);
        HmacBegun { context, beginning: beginning.into() }
    }

    /// Whether `tag` is the whole tag of `message`, compared in constant time. A shortened tag
    /// is refused.
    #[must_use]
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl HmacBegun {
    /// The tag of `message`, or nothing where that begins otherwise.
    #[must_use]
    pub(crate) fn sign(&self, message: &[u8]) -> Option<HmacTag> {
        let rest = message.strip_prefix(&*self.beginning)?;
        let mut context = self.context.clone();
        context.update(rest);
        Some(HmacTag(context.sign()))
    }

    /// Whether `tag` is the whole tag of `message`, compared in constant time; nothing where the
    /// message begins otherwise.
    #[must_use]
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> Option<bool> {
        self.sign(message).map(|own| ct_eq(own.as_ref(), tag))
    }
}

impl AsRef<[u8]> for HmacTag {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([redacted])")
    }
}

impl Debug for HmacBegun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacBegun([redacted])")
    }
}

impl Debug for HmacTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacTag([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 test case 2.
    #[test]
    fn known_answers() {
        let message = b"what do ya want for nothing?";
        let table: [(Hash, &[u8]); 3] = [
            (Hash::Sha256, &[0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]),
            (Hash::Sha384, &[0xaf, 0x45, 0xd2, 0xe3, 0x76, 0x48, 0x40, 0x31]),
            (Hash::Sha512, &[0x16, 0x4b, 0x7a, 0x7b, 0xfc, 0xf8, 0x19, 0xe2]),
        ];
        for (hash, start) in table {
            let key = HmacKey::new(hash, b"Jefe");
            let tag = key.sign(message);
            assert!(tag.as_ref().starts_with(start));
            assert_eq!(tag.as_ref(), key.sign_parts(&[&message[..5], &message[5..]]).as_ref());
            assert!(key.verify(message, tag.as_ref()));
            assert!(!key.verify(message, &tag.as_ref()[1..]));
            assert!(!key.verify(message, &tag.as_ref()[..16]));
            assert!(!key.verify(message, b""));
            assert!(!key.verify(b"other", tag.as_ref()));
        }
    }

    /// Wherever the beginning ends, also within a block, and whatever follows it.
    #[test]
    fn what_was_hashed_ahead_changes_no_tag() {
        let message: Vec<u8> = (0..=255).chain(0..=99).collect();
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let key = HmacKey::new(hash, b"Jefe");
            for length in [0, 1, 63, 64, 65, 107, 127, 128, 129, 256, 300] {
                let begun = key.begin(&message[..length]);
                for end in [length, length + 1, message.len()] {
                    let (message, tag) = (&message[..end], key.sign(&message[..end]));
                    assert_eq!(begun.sign(message).unwrap().as_ref(), tag.as_ref());
                    assert_eq!(begun.verify(message, tag.as_ref()), Some(true));
                    assert_eq!(begun.verify(message, &tag.as_ref()[1..]), Some(false));
                    let mut forged = tag.as_ref().to_vec();
                    forged[0] ^= 1;
                    assert_eq!(begun.verify(message, &forged), Some(false));
                    assert_eq!(begun.verify(message, b""), Some(false));
                }
            }
            let begun = key.begin(&message[..128]);
            for other in [&b""[..], &message[..127], &message[1..]] {
                assert!(begun.sign(other).is_none() && begun.verify(other, b"").is_none());
            }
        }
    }
}
