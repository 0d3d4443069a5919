//! Knows how the tokens of one key and one issuer begin: encoded once, and for a shared secret hashed
//! once.
//! Must not know what the beginning says.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::crypto::{HmacBegun, HmacKey, HmacTag};

/// A header, a dot, and the first bytes of a payload.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    plain: Box<[u8]>,
    encoded: Box<str>,
    begun: Option<HmacBegun>,
}

impl Beginning {
    /// Of a payload, as many of the first bytes are taken as have an encoding of their own.
    pub(super) fn new(header: &str, payload: &[u8], key: Option<&HmacKey>) -> Self {
        let plain = payload.get(..payload.len() / 3 * 3).unwrap_or_default();
        let encoded = format!("{header}.{}", URL_SAFE_NO_PAD.encode(plain));
        let begun = key.map(|key| key.begin(encoded.as_bytes()));
        Self { plain: plain.into(), encoded: encoded.into(), begun }
    }

    /// How the token of a payload that begins like this begins, and the rest of the payload.
    pub(super) fn of<'p>(&self, payload: &'p [u8]) -> Option<(&str, &'p [u8])> {
        payload.strip_prefix(&*self.plain).map(|rest| (&*self.encoded, rest))
    }

    /// The tag of a message that begins like this, under a shared secret.
    pub(super) fn sign(&self, message: &[u8]) -> Option<HmacTag> {
        self.begun.as_ref()?.sign(message)
    }
}
