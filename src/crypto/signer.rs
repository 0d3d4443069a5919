//! Knows how to sign with a key pair that was parsed once.
//! Must not know JOSE names or where the key came from.

use std::fmt::{self, Debug};

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use zeroize::Zeroizing;

use super::{
    Backend, CryptoError, Curve, Hash, HmacTag, PrivateMaterial, PublicMaterial, Scheme, Verifier,
    aws_lc, rsa_exponents,
};

/// The longest signature but RSA's: ECDSA on P-384.
const SHORT_SIGNATURE: usize = 96;

/// A signature, on the stack unless it is RSA's.
#[derive(Clone)]
pub(crate) enum Signature {
    Tag(HmacTag),
    Short { bytes: [u8; SHORT_SIGNATURE], length: usize },
    Long(Box<[u8]>),
}

/// A key pair, ready to sign.
///
/// ring keeps its numbers in memory until it is dropped and does not wipe them.
pub(crate) enum Signer {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    AwsLc(aws_lc::Signer),
}

impl Signer {
    /// Prepares `material` for `scheme` on ring, checking that both halves belong together. RSA is checked
    /// in part only: see [`Signer::check`].
    pub(crate) fn new(scheme: Scheme, material: &PrivateMaterial) -> Result<Self, CryptoError> {
        match (scheme, material) {
            (Scheme::Ed25519, PrivateMaterial::Ed25519 { seed, public }) => {
                let pair = match public {
                    Some(public) => Ed25519KeyPair::from_seed_and_public_key(&seed[..], public),
                    None => Ed25519KeyPair::from_seed_unchecked(&seed[..]),
                };
                pair.map(Self::Ed25519).map_err(|_| CryptoError::Key)
            }
            (Scheme::Ecdsa(wanted), PrivateMaterial::Ec { curve, scalar, point })
                if wanted == *curve =>
            {
                EcdsaKeyPair::from_private_key_and_public_key(
                    ecdsa(wanted),
                    scalar,
                    point,
                    &SystemRandom::new(),
                )
                .map(Self::Ecdsa)
                .map_err(|_| CryptoError::Key)
            }
            (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), PrivateMaterial::Rsa(private)) => {
                let components = ring::rsa::KeyPairComponents {
                    public_key: ring::rsa::PublicKeyComponents {
                        n: &private.modulus[..],
                        e: &private.exponent[..],
                    },
                    d: &private.private_exponent[..],
                    p: &private.prime1[..],
                    q: &private.prime2[..],
                    dP: &private.exponent1[..],
                    dQ: &private.exponent2[..],
                    qInv: &private.coefficient[..],
                };
                let pair =
                    RsaKeyPair::from_components(&components).map_err(|_| CryptoError::Key)?;
                Ok(Self::Rsa(pair, rsa(scheme).ok_or(CryptoError::Key)?))
            }
            _ => Err(CryptoError::Key),
        }
    }

    /// Prepares anew, on another backend, what [`Signer::new`] and [`Signer::check`] have taken,
    /// and signs once on trial.
    pub(crate) fn on(
        backend: Backend,
        scheme: Scheme,
        material: &PrivateMaterial,
        public: &PublicMaterial,
    ) -> Result<Self, CryptoError> {
        if backend.is_ring() {
            return Self::new(scheme, material);
        }
        let signer = Self::AwsLc(aws_lc::Signer::new(scheme, material, public)?);
        let trial = signer.sign(b"").map_err(|_| CryptoError::Key)?;
        let agreed = Verifier::new(scheme, public)?.verify(b"", trial.as_ref());
        if agreed { Ok(signer) } else { Err(CryptoError::Key) }
    }

    /// What computes it.
    #[must_use]
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Ed25519(_) | Self::Ecdsa(_) | Self::Rsa(..) => Backend::Ring,
            Self::AwsLc(signer) => signer.backend(),
        }
    }

    /// Whether an RSA key's exponents belong together, which ring does not look at when it loads
    /// them: it never uses one, and checks the others only when it signs. A key that is broken
    /// there must fail when it is loaded, and on each backend.
    pub(crate) fn check(&self, material: &PrivateMaterial) -> Result<(), CryptoError> {
        match material {
            PrivateMaterial::Rsa(key) if rsa_exponents::agree(key) => {
                self.sign(b"").map(|_| ()).map_err(|_| CryptoError::Key)
            }
            PrivateMaterial::Rsa(_) => Err(CryptoError::Key),
            PrivateMaterial::Ed25519 { .. } | PrivateMaterial::Ec { .. } => Ok(()),
        }
    }

    /// Random material for `Scheme::Ecdsa(curve)`, as PKCS#8.
    pub(crate) fn generate_ecdsa_pkcs8(curve: Curve) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        EcdsaKeyPair::generate_pkcs8(ecdsa(curve), &SystemRandom::new())
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(|_| CryptoError::Random)
    }

    /// The public half.
    #[must_use]
    pub(crate) fn public(&self) -> PublicMaterial {
        match self {
            Self::Ed25519(pair) => {
                let mut public = [0; 32];
                // INVARIANT (Ed25519 public length): the backend's public key is 32 bytes.
                public.copy_from_slice(pair.public_key().as_ref());
                PublicMaterial::Ed25519(public)
            }
            Self::Ecdsa(pair) => {
                let point: Box<[u8]> = pair.public_key().as_ref().into();
                let curve = if point.len() == 65 { Curve::P256 } else { Curve::P384 };
                PublicMaterial::Ec { curve, point }
            }
            Self::Rsa(pair, _) => {
                let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
                PublicMaterial::Rsa { modulus: public.n.into(), exponent: public.e.into() }
            }
            Self::AwsLc(signer) => signer.public().clone(),
        }
    }

    /// The signature of `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Signature, CryptoError> {
        match self {
            Self::Ed25519(pair) => Signature::copy(pair.sign(message).as_ref()),
            Self::Ecdsa(pair) => {
                let signature =
                    pair.sign(&SystemRandom::new(), message).map_err(|_| CryptoError::Sign)?;
                Signature::copy(signature.as_ref())
            }
            Self::Rsa(pair, encoding) => Signature::write(pair.public().modulus_len(), |out| {
                pair.sign(*encoding, &SystemRandom::new(), message, out)
                    .map_err(|_| CryptoError::Sign)
            }),
            Self::AwsLc(signer) => signer.sign(message),
        }
    }
}

impl Signature {
    /// A short signature that some other code computed.
    pub(crate) fn copy(from: &[u8]) -> Result<Self, CryptoError> {
        let mut bytes = [0; SHORT_SIGNATURE];
        bytes.get_mut(..from.len()).ok_or(CryptoError::Sign)?.copy_from_slice(from);
        Ok(Self::Short { bytes, length: from.len() })
    }

    /// A long signature, of this length, that `fill` computes in place.
    pub(super) fn write(
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<Self, CryptoError> {
        let mut bytes = vec![0; length];
        fill(&mut bytes)?;
        Ok(Self::Long(bytes.into()))
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Tag(tag) => tag.as_ref(),
            // INVARIANT (signature length): `length` never exceeds the buffer.
            Self::Short { bytes, length } => bytes.get(..*length).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([redacted])")
    }
}

impl Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer([redacted])")
    }
}

fn ecdsa(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
    }
}

fn rsa(scheme: Scheme) -> Option<&'static dyn RsaEncoding> {
    Some(match scheme {
        Scheme::RsaPkcs1(Hash::Sha256) => &RSA_PKCS1_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => &RSA_PKCS1_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => &RSA_PKCS1_SHA512,
        Scheme::RsaPss(Hash::Sha256) => &RSA_PSS_SHA256,
        Scheme::RsaPss(Hash::Sha384) => &RSA_PSS_SHA384,
        Scheme::RsaPss(Hash::Sha512) => &RSA_PSS_SHA512,
        Scheme::Ed25519 | Scheme::Ecdsa(_) => return None,
    })
}
