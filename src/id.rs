//! Knows the identifiers of the domain: who, which application, which session, token or key.
//! Must not know any secret: every identifier here may be logged and shown.

use std::{
    fmt::{self, Debug, Display},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{base64url, clock::Timestamp};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is empty.
    #[error("a {kind} must not be empty")]
    Empty {
        /// Which identifier was expected.
        kind: &'static str,
    },
    /// The text is longer than the limit.
    #[error("a {kind} is at most {limit} bytes, this has {length}")]
    TooLong {
        /// Which identifier was expected.
        kind: &'static str,
        /// The most bytes it may have.
        limit: usize,
        /// The bytes it has.
        length: usize,
    },
    /// The text holds a character that the identifier may not have.
    #[error("a {kind} must not contain the character U+{character:04X}; expected {expected}")]
    Character {
        /// Which identifier was expected.
        kind: &'static str,
        /// The first character that is not allowed.
        character: u32,
        /// What is allowed.
        expected: &'static str,
    },
    /// The text is not what this kind of identifier looks like.
    #[error("this is not a {kind}; expected {expected}")]
    Malformed {
        /// Which identifier was expected.
        kind: &'static str,
        /// What it looks like.
        expected: &'static str,
    },
}

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
                Self::parse(&text)
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
    Audience, "audience", 512, not_control, "no control characters"
);
text_id!(
    /// Which key signed: the `kid` header parameter (RFC 7515 §4.1.4). Keys of this crate take
    /// the RFC 7638 thumbprint; foreign keys may have any short text.
    KeyId, "key id", 255, vschar, "printable ASCII"
);

macro_rules! dated_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        ///
        /// Self-dating: 6 bytes of birth in Unix milliseconds, then 12 of hash or randomness,
        /// written as 24 characters of base64url. Identifiers sort by birth.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 18]);

        impl $name {
            /// The identifier born at `born` with these twelve bytes.
            #[must_use]
            pub fn from_parts(born: Timestamp, rest: [u8; 12]) -> Self {
                let [_, _, millis @ ..] = born.as_unix_millis().to_be_bytes();
                let mut bytes = [0; 18];
                let (head, tail) = bytes.split_at_mut(6);
                head.copy_from_slice(&millis);
                tail.copy_from_slice(&rest);
                Self(bytes)
            }

            /// The identifier with these bytes, as a store kept them.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 18]) -> Self {
                Self(bytes)
            }

            #[doc = concat!("Reads the 24 characters of a ", $kind, ".")]
            ///
            /// # Errors
            /// When the text is anything else.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Self::from_text(text.as_bytes()).ok_or(IdError::Malformed {
                    kind: $kind,
                    expected: "24 base64url characters",
                })
            }

            /// The same of text that may be no text at all.
            pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
                let text: &[u8; 24] = text.try_into().ok()?;
                let mut bytes = [0; 18];
                base64url::decode(text, &mut bytes)?;
                Some(Self(bytes))
            }

            /// The 24 characters.
            pub(crate) fn to_text(self) -> [u8; 24] {
                base64url::encode_array(&self.0)
            }

            /// When it was born, in milliseconds: what a revocation's `not_before` is compared to.
            #[must_use]
            pub fn born(&self) -> Timestamp {
                let [a, b, c, d, e, f, ..] = self.0;
                Timestamp::from_unix_millis(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
            }

            /// The bytes, as a store keeps them.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 18] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(str::from_utf8(&self.to_text()).map_err(|_| fmt::Error)?)
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

dated_id!(
    /// One login or consent and every refresh that follows it: the `sid` claim.
    SessionId, "session id"
);
dated_id!(
    /// One access token: the `jti` claim.
    TokenId, "token id"
);
dated_id!(
    /// One API key, whatever its secret's rotations.
    ApiKeyId, "API key id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_ids_round_trip_and_sort_by_birth() {
        let early = SessionId::from_parts(Timestamp::from_unix_millis(1), [255; 12]);
        let late = SessionId::from_parts(Timestamp::from_unix_millis(2), [0; 12]);
        assert!(early < late);
        assert_eq!(SessionId::parse(&early.to_string()), Ok(early));
        assert_eq!(late.born(), Timestamp::from_unix_millis(2));
        let far = TokenId::from_parts(Timestamp::MAX, [7; 12]);
        assert_eq!(far.born(), Timestamp::MAX);
    }

    #[test]
    fn bad_ids_say_what_was_expected() {
        let text = |r: Result<Subject, IdError>| r.unwrap_err().to_string();
        assert_eq!(text(Subject::parse("")), "a subject must not be empty");
        assert_eq!(
            text(Subject::parse("a\nb")),
            "a subject must not contain the character U+000A; expected no control characters"
        );
        assert_eq!(
            ClientId::parse("é").unwrap_err().to_string(),
            "a client id must not contain the character U+00E9; expected printable ASCII"
        );
        assert_eq!(
            text(Subject::parse(&"x".repeat(256))),
            "a subject is at most 255 bytes, this has 256"
        );
        for bad in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAA=", "++++++++++++++++++++++++"] {
            assert!(SessionId::parse(bad).is_err(), "{bad}");
        }
    }
}
