//! Knows the signature algorithms and their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1).
//! Must not know any key.

use std::{
    fmt::{self, Display},
    str::FromStr,
};

use crate::crypto::{Curve, Hash, Scheme};

use super::KeyError;

/// What a key signs with. A key has one algorithm for life; a token's header can only name it.
///
/// There is no `none`, and no way to write it.
///
/// ```
/// use hallpass::key::Algorithm;
///
/// assert_eq!("ES256".parse(), Ok(Algorithm::ES256));
/// assert!("none".parse::<Algorithm>().is_err());
/// assert!("es256".parse::<Algorithm>().is_err(), "names are case-sensitive");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8037): small, fast to sign, the choice for a new service.
    EdDSA,
    /// ECDSA on P-256 with SHA-256: what every foreign client knows.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// RSASSA-PKCS1-v1_5 with SHA-256: the one RFC 9068 §2.1 wants supported.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// HMAC with SHA-256: whoever can verify can also sign, so for one service alone.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

/// How an algorithm is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Hmac(Hash),
    Pair(Scheme),
}

impl Algorithm {
    /// All algorithms, the recommended first.
    pub const ALL: [Self; 12] = [
        Self::EdDSA,
        Self::ES256,
        Self::ES384,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::HS256,
        Self::HS384,
        Self::HS512,
    ];

    /// The name in the `alg` header parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    /// Whether one secret both signs and verifies.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }

    pub(super) const fn method(self) -> Method {
        match self {
            Self::EdDSA => Method::Pair(Scheme::Ed25519),
            Self::ES256 => Method::Pair(Scheme::Ecdsa(Curve::P256)),
            Self::ES384 => Method::Pair(Scheme::Ecdsa(Curve::P384)),
            Self::RS256 => Method::Pair(Scheme::RsaPkcs1(Hash::Sha256)),
            Self::RS384 => Method::Pair(Scheme::RsaPkcs1(Hash::Sha384)),
            Self::RS512 => Method::Pair(Scheme::RsaPkcs1(Hash::Sha512)),
            Self::PS256 => Method::Pair(Scheme::RsaPss(Hash::Sha256)),
            Self::PS384 => Method::Pair(Scheme::RsaPss(Hash::Sha384)),
            Self::PS512 => Method::Pair(Scheme::RsaPss(Hash::Sha512)),
            Self::HS256 => Method::Hmac(Hash::Sha256),
            Self::HS384 => Method::Hmac(Hash::Sha384),
            Self::HS512 => Method::Hmac(Hash::Sha512),
        }
    }

    /// The kind of key it takes, for error texts.
    pub(super) const fn needs(self) -> &'static str {
        match self.method() {
            Method::Pair(Scheme::Ed25519) => "an Ed25519 key",
            Method::Pair(Scheme::Ecdsa(Curve::P256)) => "a P-256 key",
            Method::Pair(Scheme::Ecdsa(Curve::P384)) => "a P-384 key",
            Method::Pair(Scheme::RsaPkcs1(_) | Scheme::RsaPss(_)) => "an RSA key",
            Method::Hmac(_) => "a shared secret",
        }
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or(KeyError::UnknownAlgorithm)
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
