//! Knows how a text is sealed that a browser carries for us and brings back: readable by all,
//! changed by nobody.
//! Must not know what it says.
//!
//! Layout before base64url: version (1), sealing key id (1), expiry in milliseconds (8), tag
//! (32), text. The tag is HMAC-SHA-256 over a prefix of its own, the purpose, its length before
//! it, and everything else, so that it is no tag of a token, nor of another purpose.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::sealing::SealingKeys;
use crate::{clock::Timestamp, crypto::ct_eq};

const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"hallpass/v1/sealed-text";

/// Why a sealed text does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealedTextError {
    /// It is not one of ours for this purpose.
    Broken,
    /// It was, and its time is over.
    Expired,
}

/// Seals `text` for `purpose`. `None` where no key has this id.
pub(crate) fn seal(
    keys: &SealingKeys,
    key_id: u8,
    purpose: &str,
    text: &[u8],
    expires_at: Timestamp,
) -> Option<String> {
    let expires = expires_at.as_unix_millis().to_be_bytes();
    let tag = tag(keys, key_id, purpose, expires, text)?;
    let head = [VERSION, key_id].into_iter().chain(expires).chain(tag);
    let bytes: Vec<u8> = head.chain(text.iter().copied()).collect();
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// Opens what [`seal`] made for the same purpose. The deadline itself counts as expired.
pub(crate) fn open(
    keys: &SealingKeys,
    purpose: &str,
    sealed: &str,
    now: Timestamp,
) -> Result<Vec<u8>, SealedTextError> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealedTextError::Broken)?;
    let [VERSION, key_id, rest @ ..] = &*bytes else { return Err(SealedTextError::Broken) };
    let (expires, rest) = rest.split_first_chunk::<8>().ok_or(SealedTextError::Broken)?;
    let (given, text) = rest.split_first_chunk::<32>().ok_or(SealedTextError::Broken)?;
    let expected = tag(keys, *key_id, purpose, *expires, text).ok_or(SealedTextError::Broken)?;
    if !ct_eq(&expected, given) {
        return Err(SealedTextError::Broken);
    }
    if now >= Timestamp::from_unix_millis(u64::from_be_bytes(*expires)) {
        return Err(SealedTextError::Expired);
    }
    Ok(text.to_vec())
}

fn tag(
    keys: &SealingKeys,
    key_id: u8,
    purpose: &str,
    expires: [u8; 8],
    text: &[u8],
) -> Option<[u8; 32]> {
    let length = u8::try_from(purpose.len()).ok()?;
    let tag = keys.find(key_id)?.sign_parts(&[
        DOMAIN,
        &[VERSION, key_id, length],
        purpose.as_bytes(),
        &expires,
        text,
    ]);
    tag.as_ref().first_chunk::<32>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_character_and_every_other_purpose_is_refused() {
        let keys = SealingKeys::of([(7, &[1; 32])]);
        let at = |seconds| Timestamp::from_unix_seconds(seconds);
        let sealed = seal(&keys, 7, "consent", b"{\"a\":1}", at(100)).unwrap();
        assert_eq!(open(&keys, "consent", &sealed, at(99)).unwrap(), b"{\"a\":1}");
        assert_eq!(open(&keys, "consent", &sealed, at(100)), Err(SealedTextError::Expired));
        assert_eq!(open(&keys, "login", &sealed, at(99)), Err(SealedTextError::Broken));
        let other = SealingKeys::of([(7, &[2; 32])]);
        assert_eq!(open(&other, "consent", &sealed, at(99)), Err(SealedTextError::Broken));
        for index in 0..sealed.len() {
            for with in ["A", "B", "_", "=", ""] {
                let mut changed = sealed.clone();
                changed.replace_range(index..=index, with);
                if changed != sealed {
                    let opened = open(&keys, "consent", &changed, at(99));
                    assert_eq!(opened, Err(SealedTextError::Broken), "{changed}");
                }
            }
        }
        for junk in ["", "AQ", "AQcAAAAAAAAAAA"] {
            assert_eq!(open(&keys, "consent", junk, at(0)), Err(SealedTextError::Broken));
        }
        assert_eq!(seal(&keys, 8, "consent", b"", at(1)), None);
    }
}
