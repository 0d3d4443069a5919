//! Knows how AWS-LC signs and verifies with keys that it has parsed once.
//! Must not know which keys are good: what comes here was prepared by the first backend before.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPairComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
        ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaParameters, RsaPublicKeyComponents,
    },
};

use super::super::{
    Backend, CryptoError, Curve, Hash, PrivateMaterial, PublicMaterial, Scheme, signer::Signature,
};

/// A key pair, ready to sign. AWS-LC wipes its numbers when it frees them.
pub(crate) struct Signer {
    pair: Pair,
    public: PublicMaterial,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl Signer {
    /// Prepares `private`, whose public half is `public`.
    pub(crate) fn new(
        scheme: Scheme,
        private: &PrivateMaterial,
        public: &PublicMaterial,
    ) -> Result<Self, CryptoError> {
        let pair = match (scheme, private, public) {
            (
                Scheme::Ed25519,
                PrivateMaterial::Ed25519 { seed, .. },
                PublicMaterial::Ed25519(public),
            ) => Ed25519KeyPair::from_seed_and_public_key(&seed[..], public)
                .map(Pair::Ed25519)
                .map_err(|_| CryptoError::Key)?,
            (Scheme::Ecdsa(wanted), PrivateMaterial::Ec { curve, scalar, point }, _)
                if wanted == *curve =>
            {
                let algorithm = match wanted {
                    Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
                    Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
                };
                EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, point)
                    .map(Pair::Ecdsa)
                    .map_err(|_| CryptoError::Key)?
            }
            (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), PrivateMaterial::Rsa(private), _) => {
                let components = KeyPairComponents {
                    public_key: RsaPublicKeyComponents {
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
                Pair::Rsa(pair, encoding(scheme).ok_or(CryptoError::Key)?)
            }
            _ => return Err(CryptoError::Key),
        };
        Ok(Self { pair, public: public.clone() })
    }

    #[expect(clippy::unused_self, reason = "its twin asks a value that cannot be")]
    pub(crate) fn backend(&self) -> Backend {
        Backend::AwsLc
    }

    pub(crate) fn public(&self) -> &PublicMaterial {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Signature, CryptoError> {
        match &self.pair {
            Pair::Ed25519(pair) => pair
                .try_sign(message)
                .map_err(|_| CryptoError::Sign)
                .and_then(|signature| Signature::copy(signature.as_ref())),
            Pair::Ecdsa(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map_err(|_| CryptoError::Sign)
                .and_then(|signature| Signature::copy(signature.as_ref())),
            // Its `sign` copies what it has computed, and panics if the lengths differ.
            Pair::Rsa(pair, encoding) => Signature::write(pair.public_modulus_len(), |out| {
                pair.sign(*encoding, &SystemRandom::new(), message, out)
                    .map_err(|_| CryptoError::Sign)
            }),
        }
    }
}

/// A public key that AWS-LC has parsed.
#[derive(Clone)]
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(crate) fn new(scheme: Scheme, material: &PublicMaterial) -> Result<Self, CryptoError> {
        let key = match (scheme, material) {
            (Scheme::Ed25519, PublicMaterial::Ed25519(point)) => {
                ParsedPublicKey::new(&ED25519, point)
            }
            (Scheme::Ecdsa(wanted), PublicMaterial::Ec { curve, point }) if wanted == *curve => {
                match wanted {
                    Curve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
                    Curve::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point),
                }
            }
            (scheme, PublicMaterial::Rsa { modulus, exponent }) => {
                let parameters = parameters(scheme).ok_or(CryptoError::Key)?;
                RsaPublicKeyComponents { n: modulus, e: exponent }.to_parsed_public_key(parameters)
            }
            _ => return Err(CryptoError::Key),
        };
        key.map(Self).map_err(|_| CryptoError::Key)
    }

    #[expect(clippy::unused_self, reason = "its twin asks a value that cannot be")]
    pub(crate) fn backend(&self) -> Backend {
        Backend::AwsLc
    }

    #[must_use]
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn encoding(scheme: Scheme) -> Option<&'static dyn RsaEncoding> {
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

fn parameters(scheme: Scheme) -> Option<&'static RsaParameters> {
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
