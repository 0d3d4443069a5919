//! Knows what opaque tokens begin with, so that people and secret scanners can tell them apart.
//! Must not know what follows.

use super::OpaqueKind;

/// The texts that opaque tokens begin with: `hp_rt_`, `hp_ak_`, `hp_ac_` and `hp_cs_`, or the
/// host's own instead of `hp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes([Box<str>; 4]);

impl Prefixes {
    /// Prefixes that begin with `brand`.
    ///
    /// # Errors
    /// When `brand` is not 1 to 16 lower-case letters and digits.
    pub fn new(brand: &str) -> Result<Self, PrefixError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if brand.is_empty() || brand.len() > 16 || !brand.bytes().all(plain) {
            return Err(PrefixError);
        }
        Ok(Self(OpaqueKind::ALL.map(|kind| format!("{brand}_{}_", kind.code()).into())))
    }

    /// The prefix of tokens of this kind.
    #[must_use]
    pub fn of(&self, kind: OpaqueKind) -> &str {
        let [refresh, api_key, code, client_secret] = &self.0;
        match kind {
            OpaqueKind::RefreshToken => refresh,
            OpaqueKind::ApiKey => api_key,
            OpaqueKind::AuthorizationCode => code,
            OpaqueKind::ClientSecret => client_secret,
        }
    }

    /// What kind of token `text` says it is. Says nothing about whether it opens.
    #[must_use]
    pub fn kind_of(&self, text: &str) -> Option<OpaqueKind> {
        OpaqueKind::ALL.into_iter().find(|kind| text.starts_with(self.of(*kind)))
    }
}

impl Default for Prefixes {
    fn default() -> Self {
        Self(OpaqueKind::ALL.map(|kind| format!("hp_{}_", kind.code()).into()))
    }
}

/// The text cannot stand in front of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token prefix is 1 to 16 lower-case letters and digits")]
#[non_exhaustive]
pub struct PrefixError;
