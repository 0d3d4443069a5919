//! Knows how to read and write the private half of a key: PKCS#8 (RFC 5958), SEC 1 (RFC 5915),
//! PKCS#1 (RFC 8017 A.1.2).
//! Must not know text encodings, nor keep a copy that is not wiped.

use zeroize::Zeroizing;

use crate::crypto::{Curve, PrivateMaterial, RsaPrivate};

use super::{
    KeyError,
    asn1::{self, Form, KeyType},
    der::{self, Reader},
};

const VERSION: KeyError = KeyError::Der { problem: "it has an unknown version" };

/// Reads a private key of any form. A public one is an error that says so.
pub(super) fn read(form: Form, bytes: &[u8]) -> Result<PrivateMaterial, KeyError> {
    match form {
        Form::Pkcs8 => pkcs8(bytes),
        Form::Sec1 => sec1(bytes, None, None),
        Form::Pkcs1Private => pkcs1(bytes),
        Form::Spki | Form::Pkcs1Public => Err(KeyError::WrongHalf {
            found: "public",
            expected: "private",
            hint: "; a public key verifies: load it with `VerifyingKey`",
        }),
    }
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateMaterial, KeyError> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let version = fields.read(der::INTEGER)?;
    let key_type = asn1::key_type(fields.sequence()?)?;
    let private = fields.read(der::OCTET_STRING)?;
    if fields.peek() == Some(der::CONTEXT_0) {
        // Attributes say nothing about the key.
        fields.read(der::CONTEXT_0)?;
    }
    let public = match version {
        [0] => None,
        [1] => match fields.peek() {
            Some(der::CONTEXT_1_PRIMITIVE) => Some(fields.bit_string(der::CONTEXT_1_PRIMITIVE)?),
            // Early writers of Ed25519, ring 0.16 among them, wrote the tag as constructed.
            Some(der::CONTEXT_1) => {
                let mut inner = Reader::new(fields.read(der::CONTEXT_1)?);
                let public = inner.bit_string(der::BIT_STRING)?;
                inner.finish()?;
                Some(public)
            }
            _ => None,
        },
        _ => return Err(VERSION),
    };
    fields.finish()?;
    match key_type {
        KeyType::Ed25519 => ed25519(private, public),
        KeyType::Ec(curve) => sec1(private, Some(curve), public),
        KeyType::Rsa => pkcs1(private),
    }
}

fn ed25519(private: &[u8], public: Option<&[u8]>) -> Result<PrivateMaterial, KeyError> {
    const LENGTH: KeyError = KeyError::Der { problem: "an Ed25519 key is not 32 bytes long" };
    let mut outer = Reader::new(private);
    let seed = outer.read(der::OCTET_STRING)?;
    outer.finish()?;
    let public = match public {
        Some(public) => Some(public.try_into().map_err(|_| LENGTH)?),
        None => None,
    };
    Ok(PrivateMaterial::Ed25519 { seed: wiped(seed).ok_or(LENGTH)?, public })
}

/// 32 bytes that are wiped when dropped, written in place.
pub(super) fn wiped(bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    if bytes.len() != out.len() {
        return None;
    }
    out.copy_from_slice(bytes);
    Some(out)
}

/// An `ECPrivateKey`, whose curve and public point may stand inside or in the PKCS#8 around it.
fn sec1(
    bytes: &[u8],
    curve: Option<Curve>,
    public: Option<&[u8]>,
) -> Result<PrivateMaterial, KeyError> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    if fields.read(der::INTEGER)? != [1] {
        return Err(VERSION);
    }
    let scalar = fields.read(der::OCTET_STRING)?;
    let mut named = None;
    if fields.peek() == Some(der::CONTEXT_0) {
        let mut inner = Reader::new(fields.read(der::CONTEXT_0)?);
        named = Some(asn1::curve(&mut inner)?);
        inner.finish()?;
    }
    let mut inside = None;
    if fields.peek() == Some(der::CONTEXT_1) {
        let mut inner = Reader::new(fields.read(der::CONTEXT_1)?);
        inside = Some(inner.bit_string(der::BIT_STRING)?);
        inner.finish()?;
    }
    fields.finish()?;
    let curve = match (curve, named) {
        (Some(curve), Some(named)) if curve != named => {
            return Err(KeyError::Der { problem: "it names two different curves" });
        }
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => return Err(KeyError::Der { problem: "it names no curve" }),
    };
    if scalar.len() != curve.coordinate() {
        return Err(KeyError::Der { problem: "the private number is not as long as its curve" });
    }
    let point = match (inside, public) {
        (Some(inside), Some(public)) if inside != public => return Err(KeyError::Inconsistent),
        (Some(point), _) | (None, Some(point)) => point,
        (None, None) => return Err(KeyError::NoPublicHalf),
    };
    Ok(PrivateMaterial::Ec {
        curve,
        scalar: Zeroizing::new(scalar.to_vec()),
        point: super::public::uncompressed(curve, point)?.into(),
    })
}

fn pkcs1(bytes: &[u8]) -> Result<PrivateMaterial, KeyError> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    match fields.read(der::INTEGER)? {
        [0] => {}
        [1] => {
            return Err(KeyError::Unsupported {
                found: "an RSA key with more than two primes",
                advice: "make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem`",
            });
        }
        _ => return Err(VERSION),
    }
    let modulus = fields.unsigned()?.into();
    let exponent = fields.unsigned()?.into();
    let mut private = || fields.unsigned().map(|number| Zeroizing::new(number.to_vec()));
    let key = RsaPrivate {
        modulus,
        exponent,
        private_exponent: private()?,
        prime1: private()?,
        prime2: private()?,
        exponent1: private()?,
        exponent2: private()?,
        coefficient: private()?,
    };
    fields.finish()?;
    Ok(PrivateMaterial::Rsa(key))
}

/// Writes PKCS#8 version 1, the public point of an EC key inside: what [`read`] takes back, and
/// every other tool too.
pub(super) fn write_pkcs8(material: &PrivateMaterial) -> Zeroizing<Vec<u8>> {
    let (identifier, private) = match material {
        PrivateMaterial::Ed25519 { seed, .. } => (
            der::field(der::OBJECT_ID, &[asn1::ED25519]),
            der::field(der::OCTET_STRING, &[&seed[..]]),
        ),
        PrivateMaterial::Ec { curve, scalar, point } => {
            let mut identifier = der::field(der::OBJECT_ID, &[asn1::EC_PUBLIC_KEY]);
            identifier.extend_from_slice(&der::field(der::OBJECT_ID, &[asn1::curve_id(*curve)]));
            let public = der::field(der::BIT_STRING, &[&[0], &point[..]]);
            let private = der::field(
                der::SEQUENCE,
                &[
                    &der::unsigned(&[1]),
                    &der::field(der::OCTET_STRING, &[&scalar[..]]),
                    &der::field(der::CONTEXT_1, &[&public]),
                ],
            );
            (identifier, private)
        }
        PrivateMaterial::Rsa(key) => {
            let mut identifier = der::field(der::OBJECT_ID, &[asn1::RSA_ENCRYPTION]);
            identifier.extend_from_slice(&der::field(der::NULL, &[]));
            let private = der::field(
                der::SEQUENCE,
                &[
                    &der::unsigned(&[]),
                    &der::unsigned(&key.modulus),
                    &der::unsigned(&key.exponent),
                    &der::unsigned(&key.private_exponent),
                    &der::unsigned(&key.prime1),
                    &der::unsigned(&key.prime2),
                    &der::unsigned(&key.exponent1),
                    &der::unsigned(&key.exponent2),
                    &der::unsigned(&key.coefficient),
                ],
            );
            (identifier, private)
        }
    };
    der::field(
        der::SEQUENCE,
        &[
            &der::unsigned(&[]),
            &der::field(der::SEQUENCE, &[&identifier]),
            &der::field(der::OCTET_STRING, &[&private]),
        ],
    )
}
