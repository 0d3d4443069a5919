//! Knows that `jsonwebtoken` works on our provider. A binary of its own: a provider is installed
//! once per process.
#![expect(
    clippy::disallowed_methods,
    reason = "these go through the process-wide provider, which is what is tested here"
)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{fs, sync::Once};

use hallpass::key::{self, jsonwebtoken_provider::PROVIDER};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode,
    jwk::{Jwk, JwkSet, ThumbprintHash},
};
use serde_json::{Value, json};

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| PROVIDER.install_default().unwrap());
}

fn file(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/vectors/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn claims() -> Value {
    json!({"sub": "user-42", "exp": 4_000_000_000_u64})
}

fn pairs(algorithm: Algorithm) -> (EncodingKey, Vec<DecodingKey>) {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            (EncodingKey::from_secret(&[7; 64]), vec![DecodingKey::from_secret(&[7; 64])])
        }
        Algorithm::ES256 => (
            EncodingKey::from_ec_der(&file("p256.pkcs8.der")),
            vec![DecodingKey::from_ec_der(&file("p256.spki.der"))],
        ),
        Algorithm::ES384 => (
            EncodingKey::from_ec_der(&file("p384.pkcs8.der")),
            vec![DecodingKey::from_ec_der(&file("p384.spki.der"))],
        ),
        Algorithm::EdDSA => (EncodingKey::from_ed_der(&file("ed25519.pkcs8.der")), Vec::new()),
        _ => (
            EncodingKey::from_rsa_der(&file("rsa2048.pkcs1.der")),
            vec![
                DecodingKey::from_rsa_der(&file("rsa2048.pkcs1-public.der")),
                DecodingKey::from_rsa_der(&file("rsa2048.spki.der")),
            ],
        ),
    }
}

const ALL: [Algorithm; 12] = [
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

#[test]
fn encode_and_decode_round_trip() {
    install();
    for algorithm in ALL {
        let (encoding, mut decoding) = pairs(algorithm);
        // Their way from a private key to a JWK and back uses our key utilities.
        let jwk = Jwk::from_encoding_key(&encoding, algorithm).unwrap();
        decoding.push(DecodingKey::from_jwk(&jwk).unwrap());
        let token = encode(&Header::new(algorithm), &claims(), &encoding).unwrap();
        for key in &decoding {
            let mut validation = Validation::new(algorithm);
            let data = decode::<Value>(&token, key, &validation).unwrap();
            assert_eq!(data.claims, claims());
            let (body, signature) = token.rsplit_once('.').unwrap();
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            let changed = format!("{body}.{first}{}", signature.get(1..).unwrap());
            assert!(decode::<Value>(&changed, key, &validation).is_err(), "{algorithm:?}");
            validation.algorithms = vec![Algorithm::HS256, Algorithm::ES256];
            validation.algorithms.retain(|other| *other != algorithm);
            assert!(decode::<Value>(&token, key, &validation).is_err(), "{algorithm:?}");
        }
    }
}

/// Their JWK of a key and ours are one, thumbprint and all.
#[test]
fn both_name_a_key_alike() {
    install();
    for (theirs, ours, name) in [
        (Algorithm::ES256, key::Algorithm::ES256, "p256.pkcs8.der"),
        (Algorithm::EdDSA, key::Algorithm::EdDSA, "ed25519.pkcs8.der"),
        (Algorithm::PS256, key::Algorithm::PS256, "rsa2048.pkcs1.der"),
    ] {
        let encoding = match ours {
            key::Algorithm::ES256 => EncodingKey::from_ec_der(&file(name)),
            key::Algorithm::EdDSA => EncodingKey::from_ed_der(&file(name)),
            _ => EncodingKey::from_rsa_der(&file(name)),
        };
        let jwk = Jwk::from_encoding_key(&encoding, theirs).unwrap();
        let key = key::SigningKey::from_der(ours, &file(name)).unwrap();
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), key.kid().as_str());
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA384).unwrap().len(), 64);
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA512).unwrap().len(), 86);
        let as_ours = key::VerifyingKey::from_jwk(&serde_json::to_string(&jwk).unwrap()).unwrap();
        assert_eq!((as_ours.kid(), as_ours.algorithm()), (key.kid(), ours));
    }
}

/// What we publish, `jsonwebtoken` reads and verifies with: the set a partner would fetch.
#[test]
fn they_read_our_jwks() {
    install();
    let key = key::SigningKey::from_der(key::Algorithm::ES256, &file("p256.pkcs8.der")).unwrap();
    let ring = key::KeyRing::given(key.clone());
    let set: JwkSet =
        serde_json::from_str(&ring.jwks(hallpass::Timestamp::EPOCH).to_json()).unwrap();
    let jwk = set.find(key.kid().as_str()).unwrap();
    let (encoding, _) = pairs(Algorithm::ES256);
    let token = encode(&Header::new(Algorithm::ES256), &claims(), &encoding).unwrap();
    let decoding = DecodingKey::from_jwk(jwk).unwrap();
    assert!(decode::<Value>(&token, &decoding, &Validation::new(Algorithm::ES256)).is_ok());
}

#[test]
fn weak_and_wrong_keys_are_errors() {
    install();
    let header = |algorithm| Header::new(algorithm);
    let error = |algorithm, key: &EncodingKey| {
        encode(&header(algorithm), &claims(), key).unwrap_err().to_string()
    };
    let short = EncodingKey::from_secret(b"secret");
    assert!(error(Algorithm::HS256, &short).contains("at least 32 bytes, this has 6"));
    let rsa = EncodingKey::from_rsa_der(&file("rsa2048.spki.der"));
    assert!(error(Algorithm::RS256, &rsa).contains("found a public key, expected a private key"));
    let ec = EncodingKey::from_ec_der(&file("p256.pkcs8.der"));
    error(Algorithm::RS256, &ec);
    error(Algorithm::ES384, &ec);
    let nonsense = DecodingKey::from_ec_der(&[4; 65]);
    let (encoding, _) = pairs(Algorithm::ES256);
    let token = encode(&header(Algorithm::ES256), &claims(), &encoding).unwrap();
    assert!(decode::<Value>(&token, &nonsense, &Validation::new(Algorithm::ES256)).is_err());
}
