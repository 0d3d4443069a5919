//! Knows how a key is named after itself: the JWK thumbprint (RFC 7638, RFC 8037 §2).
//! Must not know private keys, except for the label under which an HMAC secret names itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    crypto::{Curve, HmacKey, PublicMaterial, sha256},
    id::KeyId,
};

use super::KeyError;

/// The members of a public key, as JWK writes them, in the lexicographic order RFC 7638 §3.3
/// hashes them in.
pub(super) fn members(material: &PublicMaterial) -> Vec<(&'static str, String)> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match material {
        PublicMaterial::Ed25519(point) => {
            vec![("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", encode(point))]
        }
        PublicMaterial::Ec { curve, point } => {
            let name = match curve {
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
            };
            let coordinates = point.get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at_checked(curve.coordinate()).unwrap_or_default();
            vec![("crv", name.into()), ("kty", "EC".into()), ("x", encode(x)), ("y", encode(y))]
        }
        PublicMaterial::Rsa { modulus, exponent } => {
            vec![("e", encode(exponent)), ("kty", "RSA".into()), ("n", encode(modulus))]
        }
    }
}

/// The SHA-256 thumbprint of a public key, 43 characters of base64url.
pub(super) fn thumbprint(material: &PublicMaterial) -> Result<KeyId, KeyError> {
    let mut json = String::from("{");
    for (index, (name, value)) in members(material).iter().enumerate() {
        // Names and values need no escape: they are fixed words or base64url.
        let comma = if index == 0 { "" } else { "," };
        json.push_str(&format!("{comma}\"{name}\":\"{value}\""));
    }
    json.push('}');
    name(&sha256(&[json.as_bytes()]))
}

/// A name for a shared secret: 128 bits of its tag of a fixed label. A thumbprint would be a
/// plain hash of the secret. The label has no dot, so it is never the signing input of a token.
pub(super) fn secret_name(key: &HmacKey) -> Result<KeyId, KeyError> {
    let tag = key.sign(b"hallpass/v1/kid");
    name(tag.as_ref().get(..16).unwrap_or_default())
}

fn name(bytes: &[u8]) -> Result<KeyId, KeyError> {
    KeyId::parse(&URL_SAFE_NO_PAD.encode(bytes)).map_err(|_| KeyError::Inconsistent)
}
