//! Knows the numbers a key consists of, in the one form every backend takes.
//! Must not know the formats they were read from, nor what they sign.

use zeroize::Zeroizing;

/// The hash of an HMAC or RSA scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Its output in bytes.
    #[must_use]
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A NIST prime curve, with the hash JOSE ties to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    /// The bytes of one coordinate and of the private scalar.
    #[must_use]
    pub(crate) const fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// How a signature is computed from a key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 8032.
    Ed25519,
    /// ECDSA with the curve's hash; the signature is `r ‖ s`, each as long as a coordinate.
    Ecdsa(Curve),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(Hash),
    /// RSASSA-PSS, salt as long as the hash (RFC 8017 §8.1).
    RsaPss(Hash),
}

/// The public half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicMaterial {
    Ed25519([u8; 32]),
    /// An uncompressed point: `04 ‖ x ‖ y`.
    Ec {
        curve: Curve,
        point: Box<[u8]>,
    },
    /// Big-endian without leading zeros.
    Rsa {
        modulus: Box<[u8]>,
        exponent: Box<[u8]>,
    },
}

/// The private half. No `Debug`: nothing may print it.
pub(crate) enum PrivateMaterial {
    Ed25519 {
        seed: Zeroizing<[u8; 32]>,
        /// Given with the seed, and then it must be its public key.
        public: Option<[u8; 32]>,
    },
    Ec {
        curve: Curve,
        scalar: Zeroizing<Vec<u8>>,
        point: Box<[u8]>,
    },
    Rsa(RsaPrivate),
}

/// The numbers of RFC 8017 A.1.2, big-endian without leading zeros.
pub(crate) struct RsaPrivate {
    pub(crate) modulus: Box<[u8]>,
    pub(crate) exponent: Box<[u8]>,
    pub(crate) private_exponent: Zeroizing<Vec<u8>>,
    pub(crate) prime1: Zeroizing<Vec<u8>>,
    pub(crate) prime2: Zeroizing<Vec<u8>>,
    pub(crate) exponent1: Zeroizing<Vec<u8>>,
    pub(crate) exponent2: Zeroizing<Vec<u8>>,
    pub(crate) coefficient: Zeroizing<Vec<u8>>,
}
