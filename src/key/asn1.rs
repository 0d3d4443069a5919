//! Knows which keys the algorithm identifiers of X.509 and PKCS#8 name (RFC 5280 §4.1.2.7,
//! RFC 5480, RFC 8410), and what to tell those who bring another one.
//! Must not know the numbers of a key.

use crate::crypto::Curve;

use super::{
    KeyError,
    der::{self, Reader},
};

pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

/// The kind of key an algorithm identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    Ed25519,
    Ec(Curve),
    Rsa,
}

/// The form some DER bytes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Pkcs8,
    Sec1,
    Pkcs1Private,
    Spki,
    Pkcs1Public,
}

impl Form {
    /// Recognises `bytes` by the types of their first fields, which differ in every form.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, KeyError> {
        const NOT_A_KEY: KeyError =
            KeyError::Der { problem: "it has the form of no private or public key" };
        let mut fields = Reader::new(bytes).sequence()?;
        let mut tags = [None; 3];
        for tag in &mut tags {
            if !fields.is_empty() {
                *tag = Some(fields.read_any()?.0);
            }
        }
        match tags {
            [Some(der::INTEGER), Some(der::SEQUENCE), _] => Ok(Self::Pkcs8),
            [Some(der::INTEGER), Some(der::OCTET_STRING), _] => Ok(Self::Sec1),
            [Some(der::INTEGER), Some(der::INTEGER), Some(der::INTEGER)] => Ok(Self::Pkcs1Private),
            [Some(der::INTEGER), Some(der::INTEGER), None] => Ok(Self::Pkcs1Public),
            [Some(der::SEQUENCE), Some(der::BIT_STRING), None] => Ok(Self::Spki),
            [Some(der::SEQUENCE), Some(der::OCTET_STRING), None] => Err(KeyError::Encrypted),
            [Some(der::SEQUENCE), Some(der::SEQUENCE), Some(der::BIT_STRING)] => Err(CERTIFICATE),
            _ => Err(NOT_A_KEY),
        }
    }
}

pub(super) const CERTIFICATE: KeyError = KeyError::Unsupported {
    found: "a certificate",
    advice: "take its public key with `openssl x509 -in cert.pem -pubkey -noout -out public.pem`",
};

/// Reads the content of an `AlgorithmIdentifier`.
pub(super) fn key_type(mut fields: Reader<'_>) -> Result<KeyType, KeyError> {
    let id = fields.read(der::OBJECT_ID)?;
    let key_type = match id {
        ED25519 => KeyType::Ed25519,
        EC_PUBLIC_KEY => KeyType::Ec(curve(&mut fields)?),
        RSA_ENCRYPTION => {
            fields.read(der::NULL)?;
            KeyType::Rsa
        }
        other => return Err(unsupported(other)),
    };
    fields.finish()?;
    Ok(key_type)
}

/// Reads the name of a curve; curves written out as numbers have carried forged certificates
/// (CVE-2020-0601) and are refused.
pub(super) fn curve(fields: &mut Reader<'_>) -> Result<Curve, KeyError> {
    if fields.peek() == Some(der::SEQUENCE) {
        return Err(KeyError::Unsupported {
            found: "an EC key with explicit curve parameters",
            advice: "name the curve with `openssl ec -in key.pem -param_enc named_curve -out named.pem`",
        });
    }
    match fields.read(der::OBJECT_ID)? {
        P256 => Ok(Curve::P256),
        P384 => Ok(Curve::P384),
        _ => Err(KeyError::Unsupported {
            found: "an EC key on another curve",
            advice: "expected P-256 (ES256) or P-384 (ES384); make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem`",
        }),
    }
}

/// The name of a curve, as DER writes it.
pub(super) const fn curve_id(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => P256,
        Curve::P384 => P384,
    }
}

fn unsupported(id: &[u8]) -> KeyError {
    let (found, advice) = match id {
        [0x2b, 0x65, 0x6e] | [0x2b, 0x65, 0x6f] => (
            "a key for key agreement (X25519 or X448)",
            "expected a signing key; make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        [0x2b, 0x65, 0x71] => (
            "an Ed448 key",
            "expected Ed25519; make one with `openssl genpkey -algorithm ed25519 -out key.pem`",
        ),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => (
            "an RSA key restricted to RSASSA-PSS",
            "expected a plain RSA key, which PS256 takes too; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem`",
        ),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => ("a DSA key", "no JOSE algorithm takes one"),
        _ => ("a key of an unknown kind", "expected Ed25519, EC on P-256 or P-384, or RSA"),
    };
    KeyError::Unsupported { found, advice }
}
