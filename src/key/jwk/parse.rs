//! Knows that the members of a JWK must agree before it is a key (RFC 7517 §4).
//! Must not know what the key is used for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    crypto::{Curve, PrivateMaterial, PublicMaterial, RsaPrivate},
    id::KeyId,
};

use super::super::{Algorithm, KeyError, private::wiped, public};

/// A JWK whose members agree.
pub(in crate::key) enum Parsed {
    Public { algorithm: Algorithm, kid: Option<KeyId>, material: PublicMaterial },
    Private { algorithm: Algorithm, kid: Option<KeyId>, material: PrivateMaterial },
    Secret { algorithm: Algorithm, kid: Option<KeyId>, secret: Zeroizing<Vec<u8>> },
}

/// The members we read. A member that comes twice is an error of the parser; unknown members
/// are ignored (RFC 7517 §4). Encoded numbers are borrowed: they need no escape in JSON, and a
/// private one must not be copied.
#[derive(Deserialize)]
struct Members<'a> {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<&'a str>,
    y: Option<&'a str>,
    n: Option<&'a str>,
    e: Option<&'a str>,
    k: Option<&'a str>,
    d: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    dp: Option<&'a str>,
    dq: Option<&'a str>,
    qi: Option<&'a str>,
    oth: Option<serde::de::IgnoredAny>,
}

const fn member(member: &'static str, problem: &'static str, expected: &'static str) -> KeyError {
    KeyError::JwkMember { member, problem, expected }
}

pub(in crate::key) fn parse(json: &str) -> Result<Parsed, KeyError> {
    let members: Members<'_> = serde_json::from_str(json).map_err(|_| KeyError::Jwk {
        problem: "expected one JSON object with `kty`, every member once and of its type",
    })?;
    let kid = match &members.kid {
        Some(kid) => Some(
            KeyId::parse(kid)
                .map_err(|_| member("kid", "not usable", "1 to 255 printable ASCII characters"))?,
        ),
        None => None,
    };
    if members.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(member("use", "for something else", "`sig`"));
    }
    let parsed = match members.kty.as_str() {
        "OKP" => okp(&members, kid)?,
        "EC" => ec(&members, kid)?,
        "RSA" => rsa(&members, kid)?,
        "oct" => oct(&members, kid)?,
        _ => return Err(member("kty", "unknown", "`OKP`, `EC`, `RSA` or `oct`")),
    };
    let (operation, expected) = match parsed {
        Parsed::Public { .. } => ("verify", "`verify` among them"),
        Parsed::Private { .. } => ("sign", "`sign` among them"),
        Parsed::Secret { .. } => ("verify", "`sign` and `verify` among them"),
    };
    if let Some(allowed) = &members.key_ops {
        let has = |operation: &str| allowed.iter().any(|allowed| allowed == operation);
        let both = !matches!(parsed, Parsed::Secret { .. }) || has("sign");
        if !has(operation) || !both {
            return Err(member("key_ops", "for something else", expected));
        }
    }
    Ok(parsed)
}

impl Members<'_> {
    /// The algorithm: `alg` if it is there, which must then be one that `fits`.
    fn algorithm(
        &self,
        default: Option<Algorithm>,
        fits: &[Algorithm],
        expected: &'static str,
    ) -> Result<Algorithm, KeyError> {
        match &self.alg {
            None => default.ok_or(member("alg", "missing", expected)),
            Some(name) => fits
                .iter()
                .copied()
                .find(|algorithm| algorithm.name() == name)
                .ok_or(member("alg", "not one that fits the key", expected)),
        }
    }
}

fn decode(
    name: &'static str,
    value: Option<&str>,
    length: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let value = value.ok_or(member(name, "missing", "base64url without padding"))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len()));
    URL_SAFE_NO_PAD
        .decode_vec(value, &mut bytes)
        .map_err(|_| member(name, "not base64url", "base64url without padding"))?;
    match length {
        Some(length) if bytes.len() != length => {
            Err(member(name, "of the wrong length", "the length of the curve"))
        }
        _ => Ok(bytes),
    }
}

/// A number: RFC 7518 §2 wants the fewest bytes.
fn number(name: &'static str, value: Option<&str>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = decode(name, value, None)?;
    match bytes.first() {
        Some(1..) => Ok(bytes),
        _ => Err(member(name, "padded with zeros or empty", "a number in the fewest bytes")),
    }
}

fn okp(members: &Members<'_>, kid: Option<KeyId>) -> Result<Parsed, KeyError> {
    if members.crv.as_deref() != Some("Ed25519") {
        return Err(member("crv", "missing or unknown", "`Ed25519`"));
    }
    let algorithm =
        members.algorithm(Some(Algorithm::EdDSA), &[Algorithm::EdDSA], "`EdDSA` or no `alg`")?;
    let x = decode("x", members.x, Some(32))?;
    let public = *x.first_chunk().ok_or(member("x", "of the wrong length", "32 bytes"))?;
    match members.d {
        None => Ok(Parsed::Public { algorithm, kid, material: PublicMaterial::Ed25519(public) }),
        Some(_) => {
            let seed = wiped(&decode("d", members.d, Some(32))?).ok_or(member(
                "d",
                "of the wrong length",
                "32 bytes",
            ))?;
            let material = PrivateMaterial::Ed25519 { seed, public: Some(public) };
            Ok(Parsed::Private { algorithm, kid, material })
        }
    }
}

fn ec(members: &Members<'_>, kid: Option<KeyId>) -> Result<Parsed, KeyError> {
    let (curve, algorithm, expected) = match members.crv.as_deref() {
        Some("P-256") => (Curve::P256, Algorithm::ES256, "`ES256` or no `alg`"),
        Some("P-384") => (Curve::P384, Algorithm::ES384, "`ES384` or no `alg`"),
        _ => return Err(member("crv", "missing or unknown", "`P-256` or `P-384`")),
    };
    let algorithm = members.algorithm(Some(algorithm), &[algorithm], expected)?;
    let length = Some(curve.coordinate());
    let (x, y) = (decode("x", members.x, length)?, decode("y", members.y, length)?);
    let point: Box<[u8]> = [&[4], &x[..], &y[..]].concat().into();
    match members.d {
        None => {
            Ok(Parsed::Public { algorithm, kid, material: PublicMaterial::Ec { curve, point } })
        }
        Some(_) => {
            let scalar = decode("d", members.d, length)?;
            let material = PrivateMaterial::Ec { curve, scalar, point };
            Ok(Parsed::Private { algorithm, kid, material })
        }
    }
}

fn rsa(members: &Members<'_>, kid: Option<KeyId>) -> Result<Parsed, KeyError> {
    const FIT: [Algorithm; 6] = [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ];
    const NAMES: &str = "`RS256`, `RS384`, `RS512`, `PS256`, `PS384` or `PS512`";
    let modulus: Box<[u8]> = number("n", members.n)?.as_slice().into();
    let exponent: Box<[u8]> = number("e", members.e)?.as_slice().into();
    if members.d.is_none() {
        // Large providers publish RSA keys without `alg`, and sign RS256 with them.
        let algorithm = members.algorithm(Some(Algorithm::RS256), &FIT, NAMES)?;
        let material = PublicMaterial::Rsa { modulus, exponent };
        return Ok(Parsed::Public { algorithm, kid, material });
    }
    let algorithm = members.algorithm(None, &FIT, NAMES)?;
    if members.oth.is_some() {
        return Err(member("oth", "there: more than two primes", "a key with two primes"));
    }
    let material = PrivateMaterial::Rsa(RsaPrivate {
        modulus,
        exponent,
        private_exponent: number("d", members.d)?,
        prime1: number("p", members.p)?,
        prime2: number("q", members.q)?,
        exponent1: number("dp", members.dp)?,
        exponent2: number("dq", members.dq)?,
        coefficient: number("qi", members.qi)?,
    });
    Ok(Parsed::Private { algorithm, kid, material })
}

fn oct(members: &Members<'_>, kid: Option<KeyId>) -> Result<Parsed, KeyError> {
    const FIT: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    let algorithm = members.algorithm(None, &FIT, "`HS256`, `HS384` or `HS512`")?;
    let secret = decode("k", members.k, None)?;
    public::check_secret(algorithm, &secret)?;
    Ok(Parsed::Secret { algorithm, kid, secret })
}
