//! Knows the compact form of a signed token: three parts of base64url (RFC 7515 §7.1).
//! Must not know which key a token asks for or what its claims mean: others judge that.

mod dots;
mod scratch;

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{self, Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use self::scratch::Scratch;
use super::claims::AccessClaims;
use crate::{
    base64url,
    key::{KeyError, SigningKey},
};

/// The `typ` of an access token (RFC 9068 §2.1).
pub(crate) const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The longest token that is looked at, unless the host says otherwise.
pub(crate) const DEFAULT_MAX_LENGTH: usize = 8 * 1024;
/// The longest token that a host may allow: its claims must fit the buffers.
pub(crate) const HARD_MAX_LENGTH: usize = 16 * 1024;

/// Why a text is not a compact JWS with a header that can be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwtError {
    /// The token is longer than the limit.
    #[error("the token is too long")]
    TooLong,
    /// The token is not three non-empty parts with dots between them (RFC 7515 §7.1). Five
    /// parts are an encrypted token, which is not offered.
    #[error("the token does not have three parts")]
    Malformed,
    /// A part is not base64url without padding, or its spare bits are not zero (RFC 4648 §3.5),
    /// so that one token could be written in many ways.
    #[error("a part of the token is not canonical base64url")]
    NotCanonical,
    /// The header is not a JSON object with an `alg` (RFC 7515 §4).
    #[error("the token's header is malformed")]
    Header,
    /// A header parameter is written twice (RFC 7515 §4: names must be unique).
    #[error("the token's header has a member twice")]
    DuplicateHeader,
    /// The header has `crit` or `b64`, neither of which is supported (RFC 7515 §4.1.11, RFC 7797).
    #[error("the token's header asks for an extension")]
    Extension,
    /// The header brings or names a key of its own: `jwk`, `jku`, `x5u` or `x5c` (RFC 8725 §3.10).
    #[error("the token's header brings a key of its own")]
    EmbeddedKey,
}

/// The three parts of a token, none decoded yet.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'t> {
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
    /// What was signed: header, dot, payload.
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Parts<'t> {
    /// Splits a token. The length is judged before anything else is looked at.
    pub(crate) fn split(token: &'t str, max_length: usize) -> Result<Self, JwtError> {
        let parts = Self::split_at_ends(token, max_length)?;
        parts.refuse_more_dots()?;
        Ok(parts)
    }

    /// The same but for dots in the payload. Who decodes the payload finds them without a look of
    /// its own, and tells by [`refuse_more_dots`](Self::refuse_more_dots) why that failed.
    pub(crate) fn split_at_ends(token: &'t str, max_length: usize) -> Result<Self, JwtError> {
        if token.len() > max_length {
            return Err(JwtError::TooLong);
        }
        let (first, last) = dots::ends(token.as_bytes()).ok_or(JwtError::Malformed)?;
        let (signed, signature) = token.split_at_checked(last).ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_at_checked(first).ok_or(JwtError::Malformed)?;
        let (payload, signature) = (payload.get(1..), signature.get(1..));
        let (Some(payload), Some(signature)) = (payload, signature) else {
            return Err(JwtError::Malformed);
        };
        if header.is_empty() || payload.is_empty() || signature.is_empty() {
            return Err(JwtError::Malformed);
        }
        Ok(Self { header, payload, signature, signing_input: signed.as_bytes() })
    }

    /// Refuses a token that has more than three parts.
    pub(crate) fn refuse_more_dots(&self) -> Result<(), JwtError> {
        if self.payload.contains('.') { Err(JwtError::Malformed) } else { Ok(()) }
    }
}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// Decodes one part into `out`. Other alphabets, padding, white space and spare bits that are
/// not zero are refused (RFC 7515 §2, RFC 4648 §3.5); so is what does not fit.
pub(crate) fn decode_part<'o>(part: &str, out: &'o mut [u8]) -> Result<&'o [u8], JwtError> {
    let length = base64url::decode(part.as_bytes(), out).ok_or(JwtError::NotCanonical)?;
    out.get(..length).ok_or(JwtError::NotCanonical)
}

/// How many bytes a part of this many characters decodes to, at most.
pub(crate) const fn decoded_length(characters: usize) -> usize {
    characters / 4 * 3 + 2
}

/// A header that was read member by member, because it is none that we write ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) algorithm: String,
    pub(crate) typ: Option<String>,
    pub(crate) kid: Option<String>,
}

impl Header {
    /// Reads a header strictly. Unknown parameters are ignored (RFC 7515 §4), but those that
    /// would change how the token is read, or which key is used, are refused.
    pub(crate) fn parse(encoded: &str) -> Result<Self, JwtError> {
        let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwtError::NotCanonical)?;
        let text = str::from_utf8(&json).map_err(|_| JwtError::Header)?;
        let mut reader =
            HeaderReader { names: Vec::new(), failure: None, header: [None, None, None] };
        let mut json = serde_json::Deserializer::from_str(text);
        let read = json.deserialize_map(&mut reader).and_then(|()| json.end());
        if let Some(failure) = reader.failure {
            return Err(failure);
        }
        read.map_err(|_| JwtError::Header)?;
        let [algorithm, typ, kid] = reader.header;
        Ok(Self { algorithm: algorithm.ok_or(JwtError::Header)?, typ, kid })
    }

    /// Whether `typ` is this media type: letter case does not matter, and `application/` may be
    /// left out (RFC 7515 §4.1.9).
    pub(crate) fn is_type(&self, accepted: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| same_type(typ, accepted))
    }
}

fn same_type(typ: &str, accepted: &str) -> bool {
    const PREFIX: &str = "application/";
    let bare = match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    };
    bare.eq_ignore_ascii_case(accepted)
}

struct HeaderReader {
    names: Vec<String>,
    failure: Option<JwtError>,
    header: [Option<String>; 3],
}

impl<'de> Visitor<'de> for &mut HeaderReader {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of header parameters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let failure = match &*name {
                name if self.names.iter().any(|known| known == name) => {
                    Some(JwtError::DuplicateHeader)
                }
                "crit" | "b64" => Some(JwtError::Extension),
                "jwk" | "jku" | "x5u" | "x5c" => Some(JwtError::EmbeddedKey),
                _ => None,
            };
            if let Some(failure) = failure {
                self.failure = Some(failure);
                return Err(de::Error::custom("refused"));
            }
            let [algorithm, typ, kid] = &mut self.header;
            let slot = match &*name {
                "alg" => Some(algorithm),
                "typ" => Some(typ),
                "kid" => Some(kid),
                _ => None,
            };
            match slot {
                Some(slot) => *slot = Some(members.next_value::<String>()?),
                None => read_and_drop(&mut members)?,
            }
            self.names.push(name.into_owned());
        }
        Ok(())
    }
}

/// Passes over a value. Reading it as a [`Value`] keeps serde_json's limit on nesting.
fn read_and_drop<'de, A: MapAccess<'de>>(members: &mut A) -> Result<(), A::Error> {
    let _: Value = members.next_value()?;
    Ok(())
}

/// Writes and signs an access token. The token is the only allocation as long as the claims
/// fit a kilobyte.
pub(crate) fn encode(key: &SigningKey, claims: &AccessClaims<'_>) -> Result<String, KeyError> {
    let mut json = Scratch::new();
    claims.write(&mut json);
    let sign = |input: &[u8]| key.sign(input);
    match key.beginning(json.bytes(), claims.constant_length()) {
        Some((beginning, rest)) => encode_rest([beginning, ""], rest, sign),
        None => encode_rest([key.encoded_header(), "."], json.bytes(), sign),
    }
}

/// Writes and signs claims that are JSON already, under an encoded header: ID tokens and the
/// like.
pub(crate) fn encode_payload<S: AsRef<[u8]>, E>(
    header: &str,
    claims: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<S, E>,
) -> Result<String, E> {
    encode_rest([header, "."], claims, sign)
}

/// Writes a token behind its beginning: what is left of the claims, and the signature.
fn encode_rest<S: AsRef<[u8]>, E>(
    beginning: [&str; 2],
    claims: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<S, E>,
) -> Result<String, E> {
    // Room for the dots and every signature but RSA's, beside which a second allocation is nothing.
    // A token is wiped in all its room when it is dropped.
    let [one, two] = beginning;
    let room = one.len() + base64url::encoded_length(claims.len()) + 2 + 128;
    let mut token = Vec::with_capacity(room);
    token.extend_from_slice(one.as_bytes());
    token.extend_from_slice(two.as_bytes());
    base64url::encode(claims, &mut token);
    let signature = sign(&token)?;
    token.push(b'.');
    base64url::encode(signature.as_ref(), &mut token);
    // INVARIANT (alphabet): a header is text, and what follows is base64url.
    Ok(String::from_utf8(token).unwrap_or_default())
}

#[cfg(test)]
mod tests;
