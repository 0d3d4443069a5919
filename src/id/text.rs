//! Knows the identifiers that are short texts: subjects, clients, audiences, keys.
//! Must not know what any of them names.

use std::{
    fmt::{self, Debug, Display},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::IdError;

fn check(
    text: &str,
    kind: &'static str,
    limit: usize,
    allowed: fn(char) -> bool,
    expected: &'static str,
) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty { kind });
    }
    if text.len() > limit {
        return Err(IdError::TooLong { kind, limit, length: text.len() });
    }
    // Each of these alphabets has all of it, and most ids have nothing else.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(IdError::Character { kind, character: u32::from(c), expected }),
        None => Ok(()),
    }
}

fn not_control(c: char) -> bool {
    !c.is_control()
}

/// VSCHAR of RFC 6749 appendix A, the alphabet of `client_id`.
fn vschar(c: char) -> bool {
    matches!(c, ' '..='~')
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $limit:literal, $allowed:path, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            #[doc = concat!("Reads a ", $kind, ".")]
            ///
            /// # Errors
            #[doc = concat!("When the text is empty, over ", stringify!($limit), " bytes, or has other characters than ", $expected, ".")]
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text, $kind, $limit, $allowed, $expected)?;
                Ok(Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = IdError;

            fn try_from(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text, $kind, $limit, $allowed, $expected)?;
                Ok(Self(text.into_boxed_str()))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &self.0)
            }
        }
    };
}

text_id!(
    /// Who a token speaks for: the `sub` claim, unique at the issuer (RFC 7519 §4.1.2).
    ///
    /// ```
    /// use hallpass::id::Subject;
    /// assert_eq!(Subject::parse("user-42")?.to_string(), "user-42");
    /// assert!(Subject::parse("").is_err());
    /// # Ok::<(), hallpass::id::IdError>(())
    /// ```
    Subject, "subject", 255, not_control, "no control characters"
);
text_id!(
    /// An application known to the authority: the `client_id` claim (RFC 6749 §2.2).
    ///
    /// ```
    /// use hallpass::id::ClientId;
    ///
    /// let client: ClientId = "partner-7".parse()?;
    /// assert_eq!(client.as_str(), "partner-7");
    /// let error = ClientId::parse("caf\u{e9}").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "a client id must not contain the character U+00E9; expected printable ASCII"
    /// );
    /// # Ok::<(), hallpass::id::IdError>(())
    /// ```
    ClientId, "client id", 255, vschar, "printable ASCII"
);

impl ClientId {
    /// Stands where a text was no client id; whoever sees it refuses.
    pub(crate) fn unreadable() -> Self {
        Self("-".into())
    }
}

text_id!(
    /// Whom a token is for: one value of the `aud` claim (RFC 7519 §4.1.3).
    ///
    /// ```
    /// use hallpass::id::Audience;
    ///
    /// let api = Audience::parse("https://api.example.com")?;
    /// // Compared as text (RFC 7519 §4.1.3): whoever writes the slash names another.
    /// assert_ne!(api, Audience::parse("https://api.example.com/")?);
    /// # Ok::<(), hallpass::id::IdError>(())
    /// ```
    Audience, "audience", 512, not_control, "no control characters"
);
text_id!(
    /// Which key signed: the `kid` header parameter (RFC 7515 §4.1.4). Keys of this crate take
    /// the RFC 7638 thumbprint; foreign keys may have any short text.
    ///
    /// ```
    /// use hallpass::{id::KeyId, key::{Algorithm, SigningKey}};
    ///
    /// let key = SigningKey::generate(Algorithm::EdDSA)?.verifying_key();
    /// assert_eq!(key.kid().as_str().len(), 43, "a SHA-256 in base64url");
    /// let theirs = key.with_kid(KeyId::parse("2024-01")?); // as a foreign issuer calls it
    /// assert_eq!(theirs.kid().as_str(), "2024-01");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    KeyId, "key id", 255, vschar, "printable ASCII"
);
