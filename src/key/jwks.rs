//! Knows the set of keys an issuer publishes (RFC 7517 §5), to write and to read.
//! Must not know how a set is fetched, nor any private key.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Jwk, KeyError, VerifyingKeys};

/// The keys an issuer publishes.
///
/// Reading one takes what it can use and reports the rest: a set may hold keys of kinds and uses
/// that are not ours (RFC 7517 §5 wants them ignored). What it takes, it takes strictly.
///
/// ```
/// use hallpass::key::Jwks;
///
/// let set = Jwks::parse(r#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty":"EC","crv":"secp256k1","kid":"two","x":"AQ","y":"AQ"}
/// ]}"#)?;
/// assert_eq!(set.keys().len(), 1);
/// assert_eq!(
///     set.skipped()[0].to_string(),
///     "key 1 is skipped: the JWK's `crv` is missing or unknown; expected `P-256` or `P-384`"
/// );
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
    #[serde(skip)]
    skipped: Vec<SkippedJwk>,
}

/// A key of a set that cannot be used, and why.
///
/// ```
/// use hallpass::key::Jwks;
///
/// let set = Jwks::parse(r#"{"keys":[{"kty":"OKP","crv":"X25519","x":"AA"}]}"#)?;
/// for skipped in set.skipped() {
///     eprintln!("{skipped}"); // for the operator: their tokens will not be accepted
/// }
/// assert_eq!((set.keys().len(), set.skipped()[0].index), (0, 0));
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key {index} is skipped: {reason}")]
#[non_exhaustive]
pub struct SkippedJwk {
    /// Its place in the set, from 0.
    pub index: usize,
    /// Why it is not used.
    #[source]
    pub reason: KeyError,
}

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl Jwks {
    /// The most bytes a set may have.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most keys a set may have.
    pub const MAX_KEYS: usize = 100;

    /// Reads a set.
    ///
    /// Skipped, and reported by [`Jwks::skipped`], are keys of an unknown `kty` or `crv`, with
    /// another `use`, whose members do not agree, that are too weak, shared secrets, and private
    /// keys, which whoever reads the set could sign with.
    ///
    /// # Errors
    /// When the text is no set, is over a limit, or two of the keys we would use share a `kid`.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        if json.len() > Self::MAX_BYTES {
            return Err(KeyError::JwksTooLarge {
                unit: "bytes",
                found: json.len(),
                limit: Self::MAX_BYTES,
            });
        }
        let set: Set<'_> = serde_json::from_str(json).map_err(|_| KeyError::Jwks {
            problem: "expected one JSON object with an array `keys`",
        })?;
        if set.keys.len() > Self::MAX_KEYS {
            return Err(KeyError::JwksTooLarge {
                unit: "keys",
                found: set.keys.len(),
                limit: Self::MAX_KEYS,
            });
        }
        let mut read = Self::default();
        for (index, key) in set.keys.into_iter().enumerate() {
            match Jwk::parse(key.get()) {
                Ok(key) => read.keys.push(key),
                Err(KeyError::Random) => return Err(KeyError::Random),
                Err(reason) => read.skipped.push(SkippedJwk { index, reason }),
            }
        }
        read.verifying_keys()?;
        Ok(read)
    }

    pub(super) fn from_keys(keys: Vec<Jwk>) -> Self {
        Self { keys, skipped: Vec::new() }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The keys of the text that are not used, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedJwk] {
        &self.skipped
    }

    /// The keys, ready to be looked up.
    ///
    /// # Errors
    /// When two share a `kid`.
    pub fn verifying_keys(&self) -> Result<VerifyingKeys, KeyError> {
        VerifyingKeys::new(self.keys.iter().map(|key| key.verifying_key().clone()))
    }

    /// The set as JSON: public members only, by construction.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT (JWK): maps of texts, which serialize without fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
