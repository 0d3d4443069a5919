//! Knows the one secret a host keeps, and how every other key of ours is derived from it.
//! Must not know what the derived keys are used for (RFC 5869 binds each to its purpose).

use std::{
    env::{self, VarError},
    fmt::{self, Debug},
};

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::crypto::{CryptoError, ct_eq, fill_random, hkdf_sha256, sha256};

const LENGTH: usize = 32;

/// Why there is no master secret. The texts never contain a part of one.
///
/// ```
/// use hallpass::secret::{MasterSecret, SecretError};
///
/// match MasterSecret::from_env("A_VARIABLE_THAT_IS_NOT_SET") {
///     Err(error @ SecretError::NotSet { .. }) => {
///         assert!(error.to_string().ends_with("made once with `openssl rand -base64 32`"));
///     }
///     other => panic!("{other:?}"),
/// }
/// let zeros = MasterSecret::parse(&"00".repeat(32));
/// assert_eq!(zeros.unwrap_err(), SecretError::Placeholder);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The operating system's random source failed.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The environment variable is absent or empty.
    #[error(
        "the environment variable `{name}` is not set; expected a master secret, made once with `openssl rand -base64 32`"
    )]
    NotSet {
        /// The variable.
        name: String,
    },
    /// The text is not 32 bytes in any of the three spellings.
    #[error(
        "the master secret is not 32 bytes in base64, base64url or hex; make one with `openssl rand -base64 32`"
    )]
    Malformed,
    /// The bytes are all alike, as in a placeholder.
    #[error(
        "the master secret is a placeholder, not random; make one with `openssl rand -base64 32`"
    )]
    Placeholder,
    /// Two secrets have the same one-byte id, so that a token would not say which sealed it. One
    /// pair in 256 does.
    #[error(
        "two master secrets have the same id (or are the same); make another with `openssl rand -base64 32`"
    )]
    EqualIds,
}

/// The one secret a host keeps for us: 32 random bytes from an environment variable, a file or a
/// vault. Everything that is sealed in a store or a token is sealed under keys derived from it
/// (HKDF-SHA256, RFC 5869), a different one for each issuer and purpose.
///
/// To change it without losing a session takes two deploys: first
/// `old.also_opens(new)` everywhere, then `new.also_opens(old)`.
///
/// ```
/// use hallpass::secret::MasterSecret;
///
/// let old = MasterSecret::parse("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")?;
/// let both = MasterSecret::generate()?.also_opens(old);
/// assert_eq!(format!("{both:?}"), "MasterSecret([redacted])");
/// # Ok::<(), hallpass::secret::SecretError>(())
/// ```
///
/// # Security
/// Who has it and the store can make tokens. Keep it out of the database, the repository and the
/// logs. Our copy is wiped when dropped; the environment keeps its own.
pub struct MasterSecret {
    first: Zeroizing<[u8; LENGTH]>,
    others: Vec<Zeroizing<[u8; LENGTH]>>,
}

impl MasterSecret {
    /// A new random secret, for tests and for stores that forget anyway: what it sealed cannot
    /// be opened by the next process.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, SecretError> {
        let mut first = Zeroizing::new([0; LENGTH]);
        fill_random(first.as_mut()).map_err(|_| SecretError::Random)?;
        Ok(Self { first, others: Vec::new() })
    }

    /// Takes these bytes, which must be random.
    #[must_use]
    pub fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self { first: Zeroizing::new(bytes), others: Vec::new() }
    }

    /// Reads 32 bytes in hex, base64 or base64url, padded or not; white space around is ignored,
    /// as files end with a line break.
    ///
    /// # Errors
    /// When the text is anything else, or all bytes are alike.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim().as_bytes();
        let first = if text.len() == 2 * LENGTH { hex(text) } else { base64(text) };
        let first = first.ok_or(SecretError::Malformed)?;
        let [byte, rest @ ..] = &*first;
        if ct_eq(rest, &[*byte; LENGTH - 1]) {
            return Err(SecretError::Placeholder);
        }
        Ok(Self { first, others: Vec::new() })
    }

    /// Reads the environment variable `name` as [`MasterSecret::parse`] does.
    ///
    /// # Errors
    /// When it is not set, or not such a text.
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        match env::var(name).map(Zeroizing::new) {
            Ok(text) if !text.trim().is_empty() => Self::parse(&text),
            Ok(_) | Err(VarError::NotPresent) => Err(SecretError::NotSet { name: name.to_owned() }),
            Err(VarError::NotUnicode(_)) => Err(SecretError::Malformed),
        }
    }

    /// Opens what `other` sealed, too; this one goes on sealing.
    #[must_use]
    pub fn also_opens(mut self, other: Self) -> Self {
        self.others.push(other.first);
        self.others.extend(other.others);
        self
    }

    /// The keys for `purpose` at `issuer`, each with the id that sealed texts carry: first the
    /// one that seals, then those that open.
    pub(crate) fn derive_all(
        &self,
        issuer: &str,
        purpose: &str,
    ) -> Result<Vec<DerivedKey>, SecretError> {
        let mut keys: Vec<DerivedKey> = Vec::with_capacity(1 + self.others.len());
        for secret in std::iter::once(&self.first).chain(&self.others) {
            // Not a position in the list: that would change meaning from one deploy to the next.
            let [id, ..] = *derive(secret, issuer, "sealing-key-id")?;
            if keys.iter().any(|key| key.id == id) {
                return Err(SecretError::EqualIds);
            }
            keys.push(DerivedKey { id, key: derive(secret, issuer, purpose)? });
        }
        Ok(keys)
    }
}

/// A derived key and the id of the secret it came from.
pub(crate) struct DerivedKey {
    /// Names the secret: the first byte of another derivation, which tells nothing about this key.
    pub(crate) id: u8,
    /// The key.
    pub(crate) key: Zeroizing<[u8; 32]>,
}

fn derive(
    secret: &[u8; LENGTH],
    issuer: &str,
    purpose: &str,
) -> Result<Zeroizing<[u8; 32]>, SecretError> {
    let salt = sha256(&[issuer.as_bytes()]);
    hkdf_sha256(&salt, secret, &[b"hallpass/v1/", purpose.as_bytes()]).map_err(
        |error| match error {
            CryptoError::Random => SecretError::Random,
            _ => SecretError::Malformed,
        },
    )
}

fn hex(text: &[u8]) -> Option<Zeroizing<[u8; LENGTH]>> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        for digit in pair {
            let digit = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(digit).ok()?;
        }
    }
    Some(bytes)
}

fn base64(text: &[u8]) -> Option<Zeroizing<[u8; LENGTH]>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
        // The decoder wants room for whole groups of three.
        let mut room = Zeroizing::new([0; LENGTH + 4]);
        let length =
            GeneralPurpose::new(alphabet, config).decode_slice(text, room.as_mut()).ok()?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        (length == LENGTH)
            .then(|| bytes.copy_from_slice(room.get(..LENGTH).unwrap_or_default()))?;
        Some(bytes)
    })
}

impl Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret([redacted])")
    }
}

impl Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "fbefbe0123456789abcdef0123456789abcdef0123456789abcdef0123456789";

    fn bytes(text: &str) -> [u8; 32] {
        *MasterSecret::parse(text).unwrap().first
    }

    #[test]
    fn five_spellings_are_one_secret() {
        for text in [
            "++++ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=",
            "++++ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k",
            "----ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=",
            "----ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k",
            "  FBEFBE0123456789abcdef0123456789abcdef0123456789abcdef0123456789\n",
        ] {
            assert_eq!(bytes(text), bytes(HEX), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_without_an_echo() {
        let canary = "canary-canary-canary";
        for (text, error) in [
            ("", SecretError::Malformed),
            (canary, SecretError::Malformed),
            (HEX.trim_end_matches("89"), SecretError::Malformed),
            (&HEX.replace('f', "g"), SecretError::Malformed),
            ("++--ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=", SecretError::Malformed),
            ("++++ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4l=", SecretError::Malformed),
            (&format!("{HEX}{HEX}"), SecretError::Malformed),
            (&"00".repeat(32), SecretError::Placeholder),
            (&"A".repeat(43), SecretError::Placeholder),
        ] {
            let found = MasterSecret::parse(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("canary"));
        }
        let name = "HALLPASS_TEST_NOT_SET";
        assert_eq!(
            MasterSecret::from_env(name).unwrap_err(),
            SecretError::NotSet { name: name.into() }
        );
    }

    #[test]
    fn issuer_purpose_and_secret_each_give_another_key() {
        let secret = MasterSecret::parse(HEX).unwrap();
        let key = |secret: &MasterSecret, issuer, purpose| {
            *secret.derive_all(issuer, purpose).unwrap()[0].key
        };
        let one = key(&secret, "https://a", "x");
        assert_eq!(one, key(&secret, "https://a", "x"));
        assert_ne!(one, key(&secret, "https://b", "x"));
        assert_ne!(one, key(&secret, "https://a", "y"));
        assert_ne!(one, key(&MasterSecret::from_bytes([7; 32]), "https://a", "x"));
    }

    /// Computed with the OpenSSL command line: see `tests/vectors/README.md`.
    #[test]
    fn known_answer() {
        let secret = MasterSecret::parse(HEX).unwrap();
        let keys = secret.derive_all("https://auth.example.com", "refresh-token").unwrap();
        let hex: String = keys[0].key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "df739018c3e300c401f527ea574f47235cd20ecc208d8b9c1cd18231e61c0527");
    }

    #[test]
    fn the_id_follows_the_secret_not_its_place() {
        let secret = |byte| MasterSecret::from_bytes([byte; 32]);
        let ids = |secret: &MasterSecret| -> Vec<u8> {
            secret.derive_all("https://a", "x").unwrap().iter().map(|key| key.id).collect()
        };
        let before = ids(&secret(1).also_opens(secret(2)));
        let after = ids(&secret(2).also_opens(secret(1)));
        assert_eq!([before[0], before[1]], [after[1], after[0]]);
        assert_eq!(
            secret(1).also_opens(secret(1)).derive_all("https://a", "x").unwrap_err(),
            SecretError::EqualIds
        );
        let three = secret(3).also_opens(secret(1).also_opens(secret(2)));
        assert_eq!(ids(&three)[1..], before);
    }
}
