//! Knows the JSON form of one public key (RFC 7517, RFC 7518 §6, RFC 8037 §2).
//! Must not know where a JWK came from; `jwk`, `jku` and `x5c` of a token never get here.

mod parse;

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{KeyError, VerifyingKey, thumbprint};

pub(super) use parse::{Parsed, parse};

/// One published key: the public members, `kid`, `use` and `alg`. It never holds a private
/// member or a shared secret, so it may be shown to anybody.
///
/// ```
/// use hallpass::key::{Algorithm, Jwk, SigningKey};
///
/// let jwk = SigningKey::generate(Algorithm::EdDSA)?.verifying_key().jwk().expect("a public key");
/// assert!(jwk.to_json().starts_with(r#"{"kty":"OKP","use":"sig","alg":"EdDSA","kid":""#));
/// assert_eq!(Jwk::parse(&jwk.to_json())?.verifying_key().kid(), jwk.verifying_key().kid());
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Jwk(VerifyingKey);

impl Jwk {
    /// Reads a public JWK, as [`VerifyingKey::from_jwk`] does, but never a shared secret.
    ///
    /// # Errors
    /// When the text is no public JWK.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        Self::of(&VerifyingKey::from_jwk(json)?).ok_or(KeyError::JwkMember {
            member: "kty",
            problem: "`oct`, a shared secret, which is never published",
            expected: "`OKP`, `EC` or `RSA`",
        })
    }

    pub(super) fn of(key: &VerifyingKey) -> Option<Self> {
        key.public_material().map(|_| Self(key.clone()))
    }

    /// The key.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.0
    }

    /// The JWK as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT (JWK): a map of texts, which serializes without fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.public_material().map(thumbprint::members).unwrap_or_default();
        let mut map = serializer.serialize_map(Some(members.len() + 3))?;
        for (name, value) in members.iter().filter(|(name, _)| *name == "kty") {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("use", "sig")?;
        map.serialize_entry("alg", self.0.algorithm().name())?;
        map.serialize_entry("kid", self.0.kid())?;
        for (name, value) in members.iter().filter(|(name, _)| *name != "kty") {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
