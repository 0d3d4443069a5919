//! Knows which kinds of opaque tokens there are and what each begins with.
//! Must not know what is inside one.

/// What an opaque token is for. Each kind has its own prefix and its own domain of tags and
/// record ids, so none is ever taken for another.
///
/// ```
/// use hallpass::token::{OpaqueKind, Prefixes};
///
/// let found = Prefixes::default().kind_of("hp_ak_AQ"); // in a log, by a secret scanner
/// let advice = match found {
///     Some(OpaqueKind::ApiKey | OpaqueKind::ClientSecret) => "rotate it",
///     Some(_) => "end its session",
///     None => "nothing of ours",
/// };
/// assert_eq!(advice, "rotate it");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OpaqueKind {
    /// Continues a session (RFC 6749 §1.5).
    RefreshToken,
    /// A long-lived access token for services, scripts and people.
    ApiKey,
    /// Carries a consent from the browser to the token endpoint (RFC 6749 §1.3.1).
    AuthorizationCode,
    /// A client's password (RFC 6749 §2.3.1).
    ClientSecret,
}

impl OpaqueKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] =
        [Self::RefreshToken, Self::ApiKey, Self::AuthorizationCode, Self::ClientSecret];

    /// What separates this kind from the others in tags and record ids. Part of the format:
    /// it does not change with a configured prefix.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::RefreshToken => "rt",
            Self::ApiKey => "ak",
            Self::AuthorizationCode => "ac",
            Self::ClientSecret => "cs",
        }
    }
}

/// The texts that opaque tokens begin with: `hp_rt_`, `hp_ak_`, `hp_ac_` and `hp_cs_`, or the
/// host's own instead of `hp`.
///
/// ```
/// use hallpass::token::{OpaqueKind, Prefixes};
///
/// let ours = Prefixes::new("acme")?;
/// assert_eq!(ours.of(OpaqueKind::RefreshToken), "acme_rt_");
/// assert_eq!(ours.kind_of("acme_ak_AQ"), Some(OpaqueKind::ApiKey));
/// assert_eq!(ours.kind_of("hp_ak_AQ"), None);
/// # Ok::<(), hallpass::token::PrefixError>(())
/// ```
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
        // All begin alike, and a JWT otherwise as a rule.
        let [one, ..] = &self.0;
        if text.as_bytes().first() != one.as_bytes().first() {
            return None;
        }
        OpaqueKind::ALL.into_iter().find(|kind| text.starts_with(self.of(*kind)))
    }
}

impl Default for Prefixes {
    fn default() -> Self {
        Self(OpaqueKind::ALL.map(|kind| format!("hp_{}_", kind.code()).into()))
    }
}

/// The text cannot stand in front of tokens.
///
/// ```
/// use hallpass::token::Prefixes;
///
/// let error = Prefixes::new("Acme").unwrap_err();
/// assert_eq!(error.to_string(), "a token prefix is 1 to 16 lower-case letters and digits");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token prefix is 1 to 16 lower-case letters and digits")]
#[non_exhaustive]
pub struct PrefixError;
