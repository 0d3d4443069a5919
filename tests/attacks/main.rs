//! Known attacks on signed tokens, one file each. The first line of a file names the RFC section
//! or the CVE that describes it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "helpers of tests fail loudly and take what is written in place"
)]

mod algorithm_confusion;
mod algorithm_none;
mod another_kind;
mod borrowed_signature;
mod critical_extension;
mod duplicate_members;
mod embedded_key;
mod encrypted;
mod huge;
mod json_serialization;
mod key_name_injection;
mod malleable_text;
mod nested;
mod psychic_signature;
mod subjects_and_scopes;
mod time_edges;
mod trailing_data;
mod unencoded_payload;
mod weak_secret;
mod wrong_place;

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    key::{Algorithm, VerifyingKey},
    verifier::Verifier,
};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const SECRET: &[u8] = b"a shared secret of thirty-two bytes or more";

/// A verifier with an ES256 key named `ec` and an HS256 key named `mac`.
pub(crate) struct Target {
    pub(crate) verifier: Verifier,
    pub(crate) pair: EcdsaKeyPair,
}

pub(crate) fn target() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "ec",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        });
        let ec = VerifyingKey::from_jwk(&jwk.to_string()).unwrap();
        let mac = VerifyingKey::hmac(Algorithm::HS256, SECRET).unwrap();
        let verifier = Verifier::builder(ISSUER)
            .audience(AUDIENCE)
            .key(ec)
            .key(mac.with_kid("mac".parse().unwrap()))
            .stateless()
            .build()
            .unwrap();
        Target { verifier, pair }
    })
}

pub(crate) fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "ada", "aud": AUDIENCE, "exp": now() + 600, "iat": now(),
        "jti": "AAAAAAAAAAAAAAAAAAAAAAAA", "client_id": "web", "scope": "invoice:*:read",
    })
}

pub(crate) fn claims_with(changes: Value) -> String {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.to_string()
}

pub(crate) fn sign_ec(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = target().pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signature))
}

pub(crate) fn sign_mac(secret: &[u8], header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", encode(tag))
}

pub(crate) const EC_HEADER: &str = r#"{"typ":"at+jwt","alg":"ES256","kid":"ec"}"#;
pub(crate) const MAC_HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256","kid":"mac"}"#;

pub(crate) fn good() -> String {
    sign_ec(EC_HEADER, &claims().to_string())
}

/// Demands that the token is refused with this error.
#[track_caller]
pub(crate) fn refused(token: &str, error: &str) {
    let found = target().verifier.verify_jwt(token).map(drop).unwrap_err();
    assert_eq!(format!("{found:?}"), error);
}

#[test]
fn the_target_accepts_what_is_genuine() {
    let verifier = &target().verifier;
    assert!(verifier.verify_jwt(&good()).is_ok());
    assert!(verifier.verify_jwt(&sign_mac(SECRET, MAC_HEADER, &claims().to_string())).is_ok());
}
