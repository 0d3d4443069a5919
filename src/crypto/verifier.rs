//! Knows how to check a signature with a public key that was checked once.
//! Must not know JOSE names or where the key came from.

use std::fmt::{self, Debug};

use ring::{
    agreement::{self, ECDH_P256, ECDH_P384, EphemeralPrivateKey},
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
    },
};

use super::{Backend, CryptoError, Curve, Hash, PublicMaterial, Scheme, aws_lc};

/// A public key in the cheapest form the backend has. ring takes no prepared object, so this keeps
/// checked bytes, and for RSA the two numbers instead of DER, which saves a parse per check.
#[derive(Clone)]
pub(crate) enum Verifier {
    Ed25519(UnparsedPublicKey<[u8; 32]>),
    Ecdsa(UnparsedPublicKey<Box<[u8]>>),
    Rsa(PublicKeyComponents<Box<[u8]>>, &'static RsaParameters),
    AwsLc(aws_lc::Verifier),
}

impl Verifier {
    /// Prepares `material` for `scheme` on ring. A point in a small subgroup or in a form that is
    /// not its only one, and an even modulus are refused. An EC point that is not on its curve fails at every signature; a key that is
    /// kept is checked once, by [`check_on_curve`].
    pub(crate) fn new(scheme: Scheme, material: &PublicMaterial) -> Result<Self, CryptoError> {
        match (scheme, material) {
            (Scheme::Ed25519, PublicMaterial::Ed25519(point)) => {
                if has_small_order(point) || !is_canonical(point) {
                    return Err(CryptoError::Key);
                }
                Ok(Self::Ed25519(UnparsedPublicKey::new(&ED25519, *point)))
            }
            (Scheme::Ecdsa(wanted), PublicMaterial::Ec { curve, point }) if wanted == *curve => {
                Ok(Self::Ecdsa(match wanted {
                    Curve::P256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.clone()),
                    Curve::P384 => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point.clone()),
                }))
            }
            (scheme, PublicMaterial::Rsa { modulus, exponent }) => {
                let parameters = rsa(scheme).ok_or(CryptoError::Key)?;
                check_rsa(modulus, exponent)?;
                let components = PublicKeyComponents { n: modulus.clone(), e: exponent.clone() };
                Ok(Self::Rsa(components, parameters))
            }
            _ => Err(CryptoError::Key),
        }
    }

    /// Prepares anew, on another backend, what [`Verifier::new`] has taken.
    pub(crate) fn on(
        backend: Backend,
        scheme: Scheme,
        material: &PublicMaterial,
    ) -> Result<Self, CryptoError> {
        let first = Self::new(scheme, material)?;
        if backend.is_ring() {
            return Ok(first);
        }
        aws_lc::Verifier::new(scheme, material).map(Self::AwsLc)
    }

    /// What computes it.
    #[must_use]
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Ed25519(_) | Self::Ecdsa(_) | Self::Rsa(..) => Backend::Ring,
            Self::AwsLc(key) => key.backend(),
        }
    }

    /// Whether `signature` is this key's signature of `message`.
    #[must_use]
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => key.verify(message, signature).is_ok(),
            Self::Ecdsa(key) => key.verify(message, signature).is_ok(),
            Self::Rsa(key, parameters) => key.verify(parameters, message, signature).is_ok(),
            Self::AwsLc(key) => key.verify(message, signature),
        }
    }
}

impl Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519(_) => "Verifier(Ed25519)",
            Self::Ecdsa(_) => "Verifier(ECDSA)",
            Self::Rsa(..) => "Verifier(RSA)",
            Self::AwsLc(_) => "Verifier(AWS-LC)",
        })
    }
}

/// Whether an uncompressed point is on its curve. The backend parses a point only when it verifies
/// or agrees on a key, so a throw-away key agreement is the one way to have it checked early.
pub(crate) fn check_on_curve(curve: Curve, point: &[u8]) -> Result<(), CryptoError> {
    let algorithm = match curve {
        Curve::P256 => &ECDH_P256,
        Curve::P384 => &ECDH_P384,
    };
    let ephemeral = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new())
        .map_err(|_| CryptoError::Random)?;
    agreement::agree_ephemeral(
        ephemeral,
        &agreement::UnparsedPublicKey::new(algorithm, point),
        |_| (),
    )
    .map_err(|_| CryptoError::Key)
}

/// A modulus and an exponent no honest generator makes even; an exponent of 1 would make every
/// padded hash its own signature, and the backend reads exponents up to 33 bits.
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), CryptoError> {
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    let no_leading_zero = |number: &[u8]| number.first().is_some_and(|first| *first != 0);
    let size = match exponent {
        [1] | [2] => false,
        [first, _, _, _, _] => *first == 1,
        other => other.len() <= 4,
    };
    if size && [modulus, exponent].into_iter().all(|number| odd(number) && no_leading_zero(number))
    {
        Ok(())
    } else {
        Err(CryptoError::Key)
    }
}

/// Whether the point lies in the small subgroup, where one signature fits many messages: every
/// encoding of the eight points of order 1, 2, 4 and 8, the sign bit aside.
fn has_small_order(point: &[u8; 32]) -> bool {
    const ORDER_8_A: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    const ORDER_8_B: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ];
    let [first, middle @ .., last] = point;
    let last = last & 0x7f;
    // y = 0 and y = 1, plain; then p - 1, p and p + 1, which mean -1, 0 and 1.
    let near_zero = matches!(first, 0 | 1) && middle.iter().all(|b| *b == 0) && last == 0;
    let near_p = matches!(first, 0xec..=0xee) && middle.iter().all(|b| *b == 0xff) && last == 0x7f;
    let order_8 = [ORDER_8_A, ORDER_8_B].iter().any(|[first_8, middle_8 @ .., last_8]| {
        first == first_8 && middle == middle_8 && last == *last_8
    });
    near_zero || near_p || order_8
}

/// Whether `y` is below the field's prime, 2^255 - 19. RFC 8032 §5.1.3: "If the resulting value is
/// >= p, decoding fails"; one backend holds to that, the other takes the rest.
fn is_canonical(point: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = point;
    *first < 0xed || middle.iter().any(|b| *b != 0xff) || last & 0x7f != 0x7f
}

fn rsa(scheme: Scheme) -> Option<&'static RsaParameters> {
    Some(match scheme {
        Scheme::RsaPkcs1(Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        Scheme::RsaPss(Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
        Scheme::RsaPss(Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
        Scheme::RsaPss(Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
        Scheme::Ed25519 | Scheme::Ecdsa(_) => return None,
    })
}
