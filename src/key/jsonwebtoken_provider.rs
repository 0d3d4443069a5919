//! Knows how to lend our keys and our backend to the `jsonwebtoken` crate.
//! Must not know, or be used by, anything else of this crate: it signs and verifies without.
//!
//! `jsonwebtoken` 11 computes everything through one provider per **process**. With both or none
//! of its features `aws_lc_rs` and `rust_crypto` on, its first use panics, and any crate of the
//! dependency tree can turn a feature on. Installing a provider in `main` settles that for code
//! of yours that still calls `jsonwebtoken` itself:
//!
//! ```
//! use hallpass::key::jsonwebtoken_provider::PROVIDER;
//!
//! // Once, before the first use. It fails if the process has a provider already, also when an
//! // earlier use has chosen one: the first wins.
//! PROVIDER.install_default().expect("the first to install a provider");
//! ```
//!
//! It is stricter than the other two: HMAC secrets shorter than the hash (RFC 7518 §3.2), RSA
//! below 2048 bits and Ed25519 points of small order are errors. It computes on ring, and like
//! them parses the key for each token; the types of this crate do so once.

use jsonwebtoken::{
    Algorithm as Alg, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind, Result},
    jwk::{EllipticCurve, ThumbprintHash},
    signature,
};

use crate::crypto::{
    Curve, Hash, HmacKey, PrivateMaterial, PublicMaterial, Scheme, Signer, Verifier, digest,
};

use super::{Algorithm, KeyError, algorithm::Method, asn1::Form, private, public};

/// The provider. Install it with `PROVIDER.install_default()`.
pub static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: rsa_components_of_private,
        rsa_pub_components_from_public_key: rsa_components_of_public,
        ec_pub_components_from_private_key: ec_components,
        ed_pub_components_from_private_key: ed_component,
        compute_digest,
    },
};

fn failed(error: &KeyError) -> Error {
    ErrorKind::Provider(error.to_string()).into()
}

fn ours(algorithm: Alg) -> Result<Algorithm> {
    Ok(match algorithm {
        Alg::HS256 => Algorithm::HS256,
        Alg::HS384 => Algorithm::HS384,
        Alg::HS512 => Algorithm::HS512,
        Alg::ES256 => Algorithm::ES256,
        Alg::ES384 => Algorithm::ES384,
        Alg::RS256 => Algorithm::RS256,
        Alg::RS384 => Algorithm::RS384,
        Alg::RS512 => Algorithm::RS512,
        Alg::PS256 => Algorithm::PS256,
        Alg::PS384 => Algorithm::PS384,
        Alg::PS512 => Algorithm::PS512,
        Alg::EdDSA => Algorithm::EdDSA,
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    })
}

fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm.method() {
        Method::Hmac(_) => AlgorithmFamily::Hmac,
        Method::Pair(Scheme::Ed25519) => AlgorithmFamily::Ed,
        Method::Pair(Scheme::Ecdsa(_)) => AlgorithmFamily::Ec,
        Method::Pair(Scheme::RsaPkcs1(_) | Scheme::RsaPss(_)) => AlgorithmFamily::Rsa,
    }
}

/// Their algorithm in our words, if the key was made for its family.
fn accept(algorithm: Alg, key: AlgorithmFamily) -> Result<Algorithm> {
    let algorithm = ours(algorithm)?;
    if family(algorithm) == key { Ok(algorithm) } else { Err(ErrorKind::InvalidKeyFormat.into()) }
}

struct TheirSigner {
    algorithm: Alg,
    key: SignerKey,
}

enum SignerKey {
    Hmac(HmacKey),
    Pair(Box<Signer>),
}

fn signer(algorithm: &Alg, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let wanted = accept(*algorithm, key.family())?;
    let key = signer_key(wanted, key.as_bytes()).map_err(|error| failed(&error))?;
    Ok(Box::new(TheirSigner { algorithm: *algorithm, key }))
}

fn signer_key(algorithm: Algorithm, bytes: &[u8]) -> std::result::Result<SignerKey, KeyError> {
    match algorithm.method() {
        Method::Hmac(_) => {
            let hash = public::check_secret(algorithm, bytes)?;
            Ok(SignerKey::Hmac(HmacKey::new(hash, bytes)))
        }
        Method::Pair(scheme) => {
            let material = private::read(Form::of(bytes)?, bytes)?;
            Ok(SignerKey::Pair(Box::new(Signer::new(scheme, &material)?)))
        }
    }
}

impl signature::Signer<Vec<u8>> for TheirSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        match &self.key {
            SignerKey::Hmac(key) => Ok(key.sign(message).as_ref().to_vec()),
            SignerKey::Pair(signer) => signer
                .sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(signature::Error::from_source),
        }
    }
}

impl JwtSigner for TheirSigner {
    fn algorithm(&self) -> Alg {
        self.algorithm
    }
}

struct TheirVerifier {
    algorithm: Alg,
    key: VerifierKey,
}

enum VerifierKey {
    Hmac(HmacKey),
    Pair(Verifier),
}

fn verifier(algorithm: &Alg, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let wanted = accept(*algorithm, key.family())?;
    let key = verifier_key(wanted, key).map_err(|error| failed(&error))?;
    Ok(Box::new(TheirVerifier { algorithm: *algorithm, key }))
}

fn verifier_key(
    algorithm: Algorithm,
    key: &DecodingKey,
) -> std::result::Result<VerifierKey, KeyError> {
    let scheme = match algorithm.method() {
        Method::Hmac(_) => {
            let secret = bytes_of(key)?;
            let hash = public::check_secret(algorithm, secret)?;
            return Ok(VerifierKey::Hmac(HmacKey::new(hash, secret)));
        }
        Method::Pair(scheme) => scheme,
    };
    let material = match (scheme, key.kind()) {
        (_, DecodingKeyKind::RsaModulusExponent { n, e }) => PublicMaterial::Rsa {
            modulus: without_zeros(n).into(),
            exponent: without_zeros(e).into(),
        },
        // Their loaders take EC and Ed25519 keys out of the DER and keep the bare point.
        (Scheme::Ecdsa(curve), DecodingKeyKind::SecretOrDer(bytes))
            if bytes.len() == 1 + 2 * curve.coordinate() =>
        {
            PublicMaterial::Ec { curve, point: public::uncompressed(curve, bytes)?.into() }
        }
        (Scheme::Ed25519, DecodingKeyKind::SecretOrDer(bytes)) if bytes.len() == 32 => {
            let mut point = [0; 32];
            point.copy_from_slice(bytes);
            PublicMaterial::Ed25519(point)
        }
        (_, DecodingKeyKind::SecretOrDer(der)) => public::read(Form::of(der)?, der)?,
    };
    if let PublicMaterial::Rsa { modulus, .. } = &material {
        public::check_rsa_size(modulus)?;
    }
    Ok(VerifierKey::Pair(Verifier::new(scheme, &material)?))
}

fn bytes_of(key: &DecodingKey) -> std::result::Result<&[u8], KeyError> {
    key.try_get_as_bytes().map_err(|_| KeyError::Inconsistent)
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

impl signature::Verifier<Vec<u8>> for TheirVerifier {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        let good = match &self.key {
            VerifierKey::Hmac(key) => key.verify(message, signature),
            VerifierKey::Pair(verifier) => verifier.verify(message, signature),
        };
        if good { Ok(()) } else { Err(signature::Error::new()) }
    }
}

impl JwtVerifier for TheirVerifier {
    fn algorithm(&self) -> Alg {
        self.algorithm
    }
}

fn read_private(der: &[u8]) -> Result<PrivateMaterial> {
    Form::of(der).and_then(|form| private::read(form, der)).map_err(|error| failed(&error))
}

fn rsa_components_of_private(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    match read_private(der)? {
        PrivateMaterial::Rsa(key) => Ok((key.modulus.into(), key.exponent.into())),
        _ => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

fn rsa_components_of_public(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    match Form::of(der).and_then(|form| public::read(form, der)) {
        Ok(PublicMaterial::Rsa { modulus, exponent }) => Ok((modulus.into(), exponent.into())),
        Ok(_) => Err(ErrorKind::InvalidKeyFormat.into()),
        Err(error) => Err(failed(&error)),
    }
}

fn ec_components(der: &[u8], algorithm: Alg) -> Result<(EllipticCurve, Vec<u8>, Vec<u8>)> {
    let (curve, name) = match algorithm {
        Alg::ES256 => (Curve::P256, EllipticCurve::P256),
        Alg::ES384 => (Curve::P384, EllipticCurve::P384),
        _ => return Err(ErrorKind::InvalidEcdsaKey.into()),
    };
    let material = read_private(der)?;
    // Preparing it proves that the public point is that of the private number.
    let signer = Signer::new(Scheme::Ecdsa(curve), &material)
        .map_err(|error| failed(&KeyError::from(error)))?;
    match signer.public() {
        PublicMaterial::Ec { point, .. } => {
            let coordinates = point.get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at_checked(curve.coordinate()).unwrap_or_default();
            Ok((name, x.to_vec(), y.to_vec()))
        }
        _ => Err(ErrorKind::InvalidEcdsaKey.into()),
    }
}

fn ed_component(der: &[u8], curve: &EllipticCurve) -> Result<Vec<u8>> {
    if *curve != EllipticCurve::Ed25519 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let material = read_private(der)?;
    let signer =
        Signer::new(Scheme::Ed25519, &material).map_err(|error| failed(&KeyError::from(error)))?;
    match signer.public() {
        PublicMaterial::Ed25519(point) => Ok(point.to_vec()),
        _ => Err(ErrorKind::InvalidEddsaKey.into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is theirs")]
fn compute_digest(data: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>> {
    Ok(match hash {
        ThumbprintHash::SHA256 => digest(Hash::Sha256, data),
        ThumbprintHash::SHA384 => digest(Hash::Sha384, data),
        ThumbprintHash::SHA512 => digest(Hash::Sha512, data),
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    })
}
