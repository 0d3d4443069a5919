//! Knows how to read the public half of a key, SubjectPublicKeyInfo (RFC 5280 §4.1) and PKCS#1
//! (RFC 8017 A.1.1), and which public keys are fit for an algorithm.
//! Must not know text encodings or private keys.

use crate::crypto::{CryptoError, Curve, Hash, PublicMaterial, Scheme, Verifier, check_on_curve};

use super::{
    Algorithm, KeyError,
    algorithm::Method,
    asn1::{self, Form, KeyType},
    der::{self, Reader},
};

/// Reads a public key of any form. A private one is an error that says so.
pub(super) fn read(form: Form, bytes: &[u8]) -> Result<PublicMaterial, KeyError> {
    match form {
        Form::Spki => spki(bytes),
        Form::Pkcs1Public => pkcs1(bytes),
        Form::Pkcs8 | Form::Sec1 | Form::Pkcs1Private => Err(KeyError::WrongHalf {
            found: "private",
            expected: "public",
            hint: "; whoever only verifies must not hold it: take the public half with `openssl pkey -in key.pem -pubout -out public.pem`",
        }),
    }
}

fn spki(bytes: &[u8]) -> Result<PublicMaterial, KeyError> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let key_type = asn1::key_type(fields.sequence()?)?;
    let public = fields.bit_string(der::BIT_STRING)?;
    fields.finish()?;
    match key_type {
        KeyType::Ed25519 => {
            let point = public
                .try_into()
                .map_err(|_| KeyError::Der { problem: "an Ed25519 key is not 32 bytes long" })?;
            Ok(PublicMaterial::Ed25519(point))
        }
        KeyType::Ec(curve) => {
            Ok(PublicMaterial::Ec { curve, point: uncompressed(curve, public)?.into() })
        }
        KeyType::Rsa => pkcs1(public),
    }
}

fn pkcs1(bytes: &[u8]) -> Result<PublicMaterial, KeyError> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let modulus = fields.unsigned()?.into();
    let exponent = fields.unsigned()?.into();
    fields.finish()?;
    Ok(PublicMaterial::Rsa { modulus, exponent })
}

/// `point`, if it is written out in full: JWK has no other form, and neither has the backend.
pub(super) fn uncompressed(curve: Curve, point: &[u8]) -> Result<&[u8], KeyError> {
    match point.first() {
        Some(4) if point.len() == 1 + 2 * curve.coordinate() => Ok(point),
        Some(2 | 3) => Err(KeyError::Unsupported {
            found: "an EC key with a compressed point",
            advice: "write it in full with `openssl ec -in key.pem -conv_form uncompressed -out full.pem` (and `-pubin -pubout` for a public key)",
        }),
        _ => Err(KeyError::Der { problem: "the public point is not as long as its curve" }),
    }
}

/// What some public key is, for error texts.
pub(super) const fn kind(material: &PublicMaterial) -> &'static str {
    match material {
        PublicMaterial::Ed25519(_) => "an Ed25519 key",
        PublicMaterial::Ec { curve: Curve::P256, .. } => "a P-256 key",
        PublicMaterial::Ec { curve: Curve::P384, .. } => "a P-384 key",
        PublicMaterial::Rsa { .. } => "an RSA key",
    }
}

/// The bits of a big-endian number without leading zeros.
pub(super) fn bits(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(leading as usize)
}

/// What the backend verifies with. Shorter keys have been factored, or soon will be.
pub(super) fn check_rsa_size(modulus: &[u8]) -> Result<(), KeyError> {
    match bits(modulus) {
        2048..=8192 => Ok(()),
        bits => Err(KeyError::RsaSize { bits, expected: "2048 to 8192" }),
    }
}

/// Prepares `material` to verify `algorithm`, if it is fit for that.
pub(super) fn prepare(
    algorithm: Algorithm,
    material: &PublicMaterial,
) -> Result<Verifier, KeyError> {
    let wrong =
        KeyError::WrongKind { found: kind(material), algorithm, expected: algorithm.needs() };
    let Method::Pair(scheme) = algorithm.method() else { return Err(wrong) };
    let name = match (scheme, material) {
        (Scheme::Ed25519, PublicMaterial::Ed25519(_)) => "Ed25519",
        (Scheme::Ecdsa(Curve::P256), PublicMaterial::Ec { curve: Curve::P256, .. }) => "P-256",
        (Scheme::Ecdsa(Curve::P384), PublicMaterial::Ec { curve: Curve::P384, .. }) => "P-384",
        (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), PublicMaterial::Rsa { modulus, .. }) => {
            check_rsa_size(modulus)?;
            "RSA"
        }
        _ => return Err(wrong),
    };
    let on_curve = match material {
        PublicMaterial::Ec { curve, point } => check_on_curve(*curve, point),
        PublicMaterial::Ed25519(_) | PublicMaterial::Rsa { .. } => Ok(()),
    };
    on_curve.and_then(|()| Verifier::new(scheme, material)).map_err(|error| match error {
        CryptoError::Random => KeyError::Random,
        _ => KeyError::InvalidPublic { kind: name },
    })
}

/// Whether a secret is long enough for the hash (RFC 7518 §3.2: "A key of the same size as the
/// hash output … or larger MUST be used").
pub(super) fn check_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Hash, KeyError> {
    let Method::Hmac(hash) = algorithm.method() else {
        return Err(KeyError::WrongKind {
            found: "a shared secret",
            algorithm,
            expected: algorithm.needs(),
        });
    };
    // The public key of another algorithm, which everybody has, is the classic wrong secret.
    if secret.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Err(KeyError::Unsupported {
            found: "a PEM block as a shared secret",
            advice: "expected random bytes, made with `openssl rand -base64 64`; a PEM key is loaded with `from_pem`",
        });
    }
    if secret.len() < hash.length() {
        return Err(KeyError::ShortSecret { algorithm, least: hash.length(), found: secret.len() });
    }
    Ok(hash)
}
