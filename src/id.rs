//! Knows the identifiers of the domain: who, which application, which session, token or key.
//! Must not know any secret: every identifier here may be logged and shown.

mod dated;
mod text;

pub use dated::{ApiKeyId, SessionId, TokenId};
pub use text::{Audience, ClientId, KeyId, Subject};

/// Why a text is not an identifier.
///
/// ```
/// use hallpass::id::{IdError, Subject};
///
/// let read = |text: &str| match Subject::parse(text) {
///     Ok(subject) => format!("hello {subject}"),
///     Err(IdError::TooLong { limit, .. }) => format!("a name has at most {limit} bytes"),
///     Err(error) => error.to_string(),
/// };
/// assert_eq!(read(&"x".repeat(300)), "a name has at most 255 bytes");
/// assert_eq!(
///     read("a\nb"),
///     "a subject must not contain the character U+000A; expected no control characters"
/// );
/// ```
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

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
