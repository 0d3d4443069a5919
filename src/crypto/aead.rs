//! Knows how to seal bytes so that only the holder of the key reads or changes them: AES-256-GCM
//! (NIST SP 800-38D).
//! Must not know what is sealed or where it is kept.

use std::fmt::{self, Debug};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{CryptoError, random_array};

/// A prepared AES-256-GCM key.
///
/// Each seal takes a fresh random nonce of 96 bits. That is safe for 2^32 seals under one key
/// (SP 800-38D §8.3); we seal signing keys and the like, a few a day.
pub(crate) struct SealKey(LessSafeKey);

impl SealKey {
    /// Prepares the 32 bytes of a key.
    pub(crate) fn new(key: &[u8; 32]) -> Result<Self, CryptoError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CryptoError::Key)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// `nonce ‖ ciphertext ‖ tag`. What `context` says must be said again to open it: it binds
    /// the sealed text to its place, so that nobody moves it to another row.
    pub(crate) fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = random_array::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(plain.to_vec());
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                text.as_mut_slice(),
            )
            .map_err(|_| CryptoError::Seal)?;
        Ok([&nonce[..], &text[..], tag.as_ref()].concat())
    }

    /// What was sealed, if `sealed` and `context` are exactly as they were.
    pub(crate) fn open(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (nonce, text) = sealed.split_first_chunk().ok_or(CryptoError::Seal)?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context),
                text.as_mut_slice(),
            )
            .map_err(|_| CryptoError::Seal)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// Fills `out` with what AES-256 makes of `seed` in counter mode: bytes that nobody tells from
/// random ones, nor foretells from others of them, without the seed. A seed is for one call only.
pub(crate) fn stretch(seed: &[u8; 32], out: &mut [u8]) -> Result<(), CryptoError> {
    out.fill(0);
    let SealKey(key) = SealKey::new(seed)?;
    // The one message under this key.
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    key.seal_in_place_separate_tag(nonce, Aad::empty(), out)
        .map(drop)
        .map_err(|_| CryptoError::Seal)
}

impl Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first block of AES-256-GCM's stream under a key of zeros: NIST's test case 14.
    #[test]
    fn a_seed_is_stretched_by_counter_mode() {
        let mut out = [7; 40];
        stretch(&[0; 32], &mut out).unwrap();
        let known = [
            0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3,
            0x9d, 0x18,
        ];
        assert_eq!(out[..16], known);
        assert!(out[16..].iter().any(|byte| *byte != 0) && out[..16] != out[16..32]);
        let mut other = [0; 40];
        stretch(&[1; 32], &mut other).unwrap();
        assert!(out.iter().zip(&other).filter(|(a, b)| a == b).count() < 8);
    }

    #[test]
    fn only_the_same_key_and_context_open() {
        let key = SealKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"here", b"plain").unwrap();
        assert_eq!(sealed.len(), 12 + 5 + 16);
        assert_eq!(key.open(b"here", &sealed).unwrap().as_slice(), b"plain");
        assert_eq!(key.open(b"there", &sealed).unwrap_err(), CryptoError::Seal);
        assert!(SealKey::new(&[8; 32]).unwrap().open(b"here", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(b"here", &changed).is_err(), "byte {at}");
            assert!(key.open(b"here", &sealed[..at]).is_err(), "first {at}");
        }
        assert_ne!(sealed, key.seal(b"here", b"plain").unwrap(), "a nonce came twice");
        assert_eq!(key.open(b"", &key.seal(b"", b"").unwrap()).unwrap().as_slice(), b"");
    }
}
