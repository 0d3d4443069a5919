//! Knows every reason why something is not a key, and says what would be one.
//! Must not know, hold or print a byte of any key.

use super::Algorithm;

/// Why a key could not be made or read. The texts name what was found, what was expected and,
/// where it helps, the command that gets there; they never contain key material.
///
/// ```
/// use hallpass::key::{Algorithm, KeyError, SigningKey};
///
/// let error = SigningKey::hmac(Algorithm::HS256, b"hunter2").unwrap_err();
/// assert!(matches!(error, KeyError::ShortSecret { least: 32, found: 7, .. }));
/// let advice = "this has 7; make one with `openssl rand -base64 32`";
/// assert!(error.to_string().ends_with(advice), "{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system's random source failed.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The name is none of [`Algorithm::ALL`].
    #[error(
        "this is not a signature algorithm; expected one of EdDSA, ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384, HS512"
    )]
    UnknownAlgorithm,
    /// The algorithm's keys come from outside.
    #[error(
        "{algorithm} keys are not generated here; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem` and load it with `SigningKey::from_pem`"
    )]
    CannotGenerate {
        /// The algorithm asked for.
        algorithm: Algorithm,
    },
    /// The text is not PEM (RFC 7468).
    #[error("this is not a PEM key: {problem}")]
    Pem {
        /// What is wrong with the text.
        problem: &'static str,
    },
    /// The bytes are not a DER key.
    #[error("this is not a DER key: {problem}")]
    Der {
        /// What is wrong with the bytes.
        problem: &'static str,
    },
    /// The private key is protected by a passphrase.
    #[error(
        "the private key is encrypted; decrypt it first with `openssl pkey -in key.pem -out plain.pem`"
    )]
    Encrypted,
    /// A public key where a private one is asked, or the reverse.
    #[error("found a {found} key, expected a {expected} key{hint}")]
    WrongHalf {
        /// The half that was given.
        found: &'static str,
        /// The half that was asked for.
        expected: &'static str,
        /// What to do, or nothing.
        hint: &'static str,
    },
    /// Something else that is often kept beside keys, or a kind of key that no algorithm takes.
    #[error("found {found}; {advice}")]
    Unsupported {
        /// What it is.
        found: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// A sound key of the wrong kind.
    #[error("found {found}; {algorithm} takes {expected}")]
    WrongKind {
        /// What the key is.
        found: &'static str,
        /// The algorithm it was to serve.
        algorithm: Algorithm,
        /// What that algorithm takes.
        expected: &'static str,
    },
    /// An RSA key that is too short, or too long for the backend.
    #[error("the RSA key has {bits} bits; expected {expected}")]
    RsaSize {
        /// The length of the modulus.
        bits: usize,
        /// The lengths that will do.
        expected: &'static str,
    },
    /// An HMAC secret shorter than its hash (RFC 7518 §3.2).
    #[error(
        "{algorithm} takes a secret of at least {least} bytes, this has {found}; make one with `openssl rand -base64 {least}`"
    )]
    ShortSecret {
        /// The algorithm.
        algorithm: Algorithm,
        /// The bytes of its hash.
        least: usize,
        /// The bytes given.
        found: usize,
    },
    /// An EC private key without the public point inside.
    #[error(
        "the EC private key comes without its public key; add it with `openssl ec -in key.pem -out with-public.pem`"
    )]
    NoPublicHalf,
    /// The public half is not that of the private half, or the numbers contradict each other.
    #[error("the parts of the private key do not belong together")]
    Inconsistent,
    /// The chosen backend cannot prepare a key that the loader has taken: it has no memory, say.
    #[error("{backend} cannot prepare the key")]
    Backend {
        /// The backend.
        backend: super::Backend,
    },
    /// A public key that no honest generator makes: off its curve, in a small subgroup, an even
    /// modulus.
    #[error("the public key is not a valid {kind} key")]
    InvalidPublic {
        /// The kind of key it says it is.
        kind: &'static str,
    },
    /// The text is not a JSON object with the members of a JWK (RFC 7517 §4).
    #[error("this is not a JWK: {problem}")]
    Jwk {
        /// What is wrong with the text.
        problem: &'static str,
    },
    /// A member of a JWK is absent, malformed or contradicts another.
    #[error("the JWK's `{member}` is {problem}; expected {expected}")]
    JwkMember {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// The text is not a JWK set (RFC 7517 §5).
    #[error("this is not a JWK set: {problem}")]
    Jwks {
        /// What is wrong with the text.
        problem: &'static str,
    },
    /// A JWK set over a limit.
    #[error("the JWK set has {found} {unit}; the limit is {limit}")]
    JwksTooLarge {
        /// Bytes or keys.
        unit: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Two keys of one set or ring share a `kid`, so that a token's header would not name one.
    #[error("two keys have the kid `{kid}`; every key needs its own")]
    DuplicateKid {
        /// The name they share.
        kid: crate::id::KeyId,
    },
}

impl From<crate::crypto::CryptoError> for KeyError {
    fn from(error: crate::crypto::CryptoError) -> Self {
        match error {
            crate::crypto::CryptoError::Random => Self::Random,
            crate::crypto::CryptoError::Key
            | crate::crypto::CryptoError::Seal
            | crate::crypto::CryptoError::Sign => Self::Inconsistent,
        }
    }
}
