//! Knows the format of opaque tokens: sealed, dated strings whose record id is a hash of their secret.
//! Must not know what a record holds, nor read a clock: `now` comes in.
//!
//! Layout before base64url: version (1), sealing key id (1), birth in milliseconds (6), secret
//! (16), generation (4), expiry in seconds (5), tag (16). The tag is HMAC-SHA-256 over kind and
//! everything before it, cut to 128 bits (RFC 2104 §5). Six base62 characters of CRC-32 over
//! prefix and body follow, so that secret scanners find leaked tokens and can be sure of them.

mod kind;

use std::fmt::{self, Debug};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

pub use kind::{OpaqueKind, PrefixError, Prefixes};

use super::sealing::SealingKeys;
use crate::{
    clock::Timestamp,
    crypto::{CryptoError, ct_eq, fill_random, sha256},
    id::{ApiKeyId, SessionId},
};

const VERSION: u8 = 1;
const SEALED: usize = 33;
const TAG: usize = 16;
const BODY: usize = SEALED + TAG;
const BODY_TEXT: usize = 66;
const CHECKSUM: usize = 6;
/// The expiry that means "never".
const NEVER: u64 = (1 << 40) - 1;

/// Why a text is not an opaque token of ours. All of these are found without any I/O.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{authority::RefreshError, token::OpaqueError};
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let text = issued.refresh_token().expose_secret();
/// let other = text.replace(&text[20..22], if &text[20..22] == "AA" { "BB" } else { "AA" });
/// match authority.refresh(&other).await {
///     Err(RefreshError::Token(OpaqueError::Expired)) => panic!("sign in again"),
///     // Mistyped, cut or forged: refused without a look into the store.
///     Err(RefreshError::Token(error)) => assert_eq!(error, OpaqueError::Checksum),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpaqueError {
    /// The text does not look like a token of this kind.
    #[error("this is not a token of the expected kind")]
    Malformed,
    /// The checksum does not fit: mistyped or cut.
    #[error("the checksum does not fit, the token was mistyped or cut")]
    Checksum,
    /// No key with the id in the token is known.
    #[error("the token was sealed with an unknown key")]
    UnknownSealingKey,
    /// The tag does not fit: forged.
    #[error("the seal is broken")]
    BadSeal,
    /// The token was genuine, and its deadline has come.
    #[error("the token has expired")]
    Expired,
}

/// What is inside an opaque token. The secret is wiped when this is dropped.
pub(crate) struct OpaqueParts {
    pub(crate) kind: OpaqueKind,
    pub(crate) born: Timestamp,
    pub(crate) secret: Zeroizing<[u8; 16]>,
    pub(crate) generation: u32,
    /// `None` is never. Kept in whole seconds.
    pub(crate) expires_at: Option<Timestamp>,
}

impl OpaqueParts {
    /// A new token's parts, with a random secret.
    pub(crate) fn generate(
        kind: OpaqueKind,
        born: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, CryptoError> {
        let mut secret = Zeroizing::new([0; 16]);
        fill_random(&mut secret[..])?;
        Ok(Self { kind, born, secret, generation: 0, expires_at })
    }

    /// The same token at another generation.
    pub(crate) fn at_generation(&self, generation: u32) -> Self {
        Self { secret: self.secret.clone(), generation, ..*self }
    }

    /// The record id: birth, then a hash of kind, birth and secret. Whoever finds a record by
    /// it has proved to know the secret.
    pub(crate) fn id(&self) -> [u8; 18] {
        let born = born_bytes(self.born);
        let hash = sha256(&[self.kind.code().as_bytes(), &born, &self.secret[..]]);
        let mut id = [0; 18];
        for (slot, byte) in id.iter_mut().zip(born.iter().chain(&hash)) {
            *slot = *byte;
        }
        id
    }

    /// The id of the session a refresh token belongs to.
    pub(crate) fn session_id(&self) -> SessionId {
        SessionId::from_bytes(self.id())
    }

    /// The id of an API key's record.
    pub(crate) fn api_key_id(&self) -> ApiKeyId {
        ApiKeyId::from_bytes(self.id())
    }

    /// The token. The same parts and key always give the same text, which is what makes a
    /// repeated answer byte-identical.
    ///
    /// `None` where no key has this id.
    pub(crate) fn seal(
        &self,
        keys: &SealingKeys,
        key_id: u8,
        prefixes: &Prefixes,
    ) -> Option<Zeroizing<String>> {
        let mut body = Zeroizing::new([0; BODY]);
        let expires = self.expires_at.map_or(NEVER, |at| at.as_unix_seconds().min(NEVER));
        let [_, _, _, expires @ ..] = expires.to_be_bytes();
        let fields = [VERSION, key_id]
            .into_iter()
            .chain(born_bytes(self.born))
            .chain(*self.secret)
            .chain(self.generation.to_be_bytes())
            .chain(expires);
        for (slot, byte) in body.iter_mut().zip(fields) {
            *slot = byte;
        }
        let (sealed, tag) = body.split_at_mut(SEALED);
        tag.copy_from_slice(&compute_tag(keys, key_id, self.kind, sealed)?);

        let prefix = prefixes.of(self.kind);
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + BODY_TEXT + CHECKSUM));
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(&body[..], &mut text);
        let checksum = checksum(&text);
        text.extend(checksum.map(char::from));
        Some(text)
    }
}

impl Debug for OpaqueParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpaqueParts")
            .field("kind", &self.kind)
            .field("born", &self.born)
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Opens a token of one kind. Junk, forgeries and expired tokens are told apart without I/O.
///
/// The deadline itself counts as expired, without leeway.
pub(crate) fn open(
    text: &str,
    kind: OpaqueKind,
    keys: &SealingKeys,
    prefixes: &Prefixes,
    now: Timestamp,
) -> Result<OpaqueParts, OpaqueError> {
    let parts = open_unexpired(text, kind, keys, prefixes)?;
    match parts.expires_at {
        Some(deadline) if now >= deadline => Err(OpaqueError::Expired),
        _ => Ok(parts),
    }
}

fn open_unexpired(
    text: &str,
    kind: OpaqueKind,
    keys: &SealingKeys,
    prefixes: &Prefixes,
) -> Result<OpaqueParts, OpaqueError> {
    let rest = text.strip_prefix(prefixes.of(kind)).ok_or(OpaqueError::Malformed)?;
    if rest.len() != BODY_TEXT + CHECKSUM {
        return Err(OpaqueError::Malformed);
    }
    let (encoded, given) = rest.split_at_checked(BODY_TEXT).ok_or(OpaqueError::Malformed)?;
    if !given.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(OpaqueError::Malformed);
    }
    let covered = text.strip_suffix(given).ok_or(OpaqueError::Malformed)?;
    // The engine refuses other characters and spare bits that are not zero.
    let mut body = Zeroizing::new([0; BODY]);
    match URL_SAFE_NO_PAD.decode_slice(encoded, &mut body[..]) {
        Ok(BODY) => {}
        _ => return Err(OpaqueError::Malformed),
    }
    if checksum(covered) != given.as_bytes() {
        return Err(OpaqueError::Checksum);
    }
    let [VERSION, key_id, fields @ ..] = &*body else { return Err(OpaqueError::Malformed) };
    let (sealed, tag) = body.split_at(SEALED);
    let expected =
        compute_tag(keys, *key_id, kind, sealed).ok_or(OpaqueError::UnknownSealingKey)?;
    if !ct_eq(&expected, tag) {
        return Err(OpaqueError::BadSeal);
    }
    Ok(read_fields(kind, fields))
}

fn read_fields(kind: OpaqueKind, fields: &[u8; BODY - 2]) -> OpaqueParts {
    let [b0, b1, b2, b3, b4, b5, rest @ ..] = fields;
    let mut secret = Zeroizing::new([0; 16]);
    let (secret_bytes, rest) = rest.split_at(16);
    secret.copy_from_slice(secret_bytes);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let (generation, rest) = rest.split_at(4);
    let (expires, _tag) = rest.split_at(5);
    let expires = number(expires);
    OpaqueParts {
        kind,
        born: Timestamp::from_unix_millis(number(&[*b0, *b1, *b2, *b3, *b4, *b5])),
        secret,
        generation: u32::try_from(number(generation)).unwrap_or(u32::MAX),
        expires_at: (expires != NEVER).then(|| Timestamp::from_unix_seconds(expires)),
    }
}

fn born_bytes(born: Timestamp) -> [u8; 6] {
    let [_, _, millis @ ..] = born.as_unix_millis().to_be_bytes();
    millis
}

fn compute_tag(
    keys: &SealingKeys,
    key_id: u8,
    kind: OpaqueKind,
    sealed: &[u8],
) -> Option<[u8; TAG]> {
    let full = keys.find(key_id)?.sign_parts(&[kind.code().as_bytes(), sealed]);
    full.as_ref().first_chunk::<TAG>().copied()
}

/// Six base62 digits of CRC-32, most significant first.
fn checksum(covered: &str) -> [u8; CHECKSUM] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(covered.as_bytes()) as usize;
    let mut text = [b'0'; CHECKSUM];
    for slot in text.iter_mut().rev() {
        *slot = DIGITS.get(rest % 62).copied().unwrap_or(b'0');
        rest /= 62;
    }
    text
}

#[cfg(test)]
mod tests;
