//! Knows the identifiers that tell when they were born: sessions, access tokens, API keys.
//! Must not know the records that they name.

use std::{
    fmt::{self, Debug, Display},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::IdError;
use crate::{base64url, clock::Timestamp};

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
                base64url::decode_array::<24, 18>(text.try_into().ok()?).map(Self)
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
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::SessionId;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let shown = issued.session_id().to_string(); // on the page that lists sessions
    /// let chosen: SessionId = shown.parse()?; // in the form that comes back
    /// assert!(authority.end_session(&chosen).await?);
    /// assert!(SessionId::parse("hp_rt_AQ").is_err(), "a token is no id");
    /// # Ok(()) }
    /// ```
    SessionId, "session id"
);
dated_id!(
    /// One access token: the `jti` claim.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let minted = authority.issue_access(Grant::new("nightly", "report:*:run".parse()?)).await?;
    /// let who = authority.verify(minted.access_token()).await?;
    /// assert_eq!(who.token_id(), Some(minted.token_id()), "the same in both services' logs");
    /// # Ok(()) }
    /// ```
    TokenId, "token id"
);
dated_id!(
    /// One API key, whatever its secret's rotations.
    ///
    /// ```
    /// use hallpass::{Timestamp, id::ApiKeyId};
    ///
    /// let at = Timestamp::from_unix_millis;
    /// let first = ApiKeyId::from_parts(at(1), [9; 12]);
    /// assert!(first < ApiKeyId::from_parts(at(2), [0; 12]), "lists come in the order in which keys were made");
    /// assert_eq!(ApiKeyId::parse(&first.to_string())?.born(), at(1));
    /// # Ok::<(), hallpass::id::IdError>(())
    /// ```
    ApiKeyId, "API key id"
);
