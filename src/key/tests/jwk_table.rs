//! A JWK becomes a key only when all its members agree.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::super::*;
use super::round_trip::key;

fn public(algorithm: Algorithm) -> Map<String, Value> {
    let json = key(algorithm).verifying_key().jwk().unwrap().to_json();
    serde_json::from_str(&json).unwrap()
}

/// The public JWK of this algorithm with these members changed (null: left out).
pub(super) fn changed(algorithm: Algorithm, changes: &Value) -> String {
    let mut jwk = public(algorithm);
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => jwk.remove(name),
            value => jwk.insert(name.clone(), value.clone()),
        };
    }
    Value::Object(jwk).to_string()
}

#[track_caller]
fn refused(jwk: &str, text: &str) {
    assert_eq!(VerifyingKey::from_jwk(jwk).unwrap_err().to_string(), text, "{jwk}");
}

#[test]
fn what_we_publish_we_read() {
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let key = key(algorithm);
        let json = key.verifying_key().jwk().unwrap().to_json();
        let back = VerifyingKey::from_jwk(&json).unwrap();
        assert_eq!((back.algorithm(), back.kid()), (algorithm, key.kid()));
        let signature = key.sign(b"message").unwrap();
        assert!(back.verify(b"message", signature.as_ref()));
        let members: Vec<_> = public(algorithm).keys().cloned().collect();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(!members.iter().any(|member| member == private), "{algorithm} {private}");
        }
    }
    assert!(key(Algorithm::HS256).verifying_key().jwk().is_none());
}

#[test]
fn contradictions_are_refused() {
    use Algorithm::{ES256, ES384, EdDSA, RS256};
    let x48 = URL_SAFE_NO_PAD.encode([1; 48]);
    let even = URL_SAFE_NO_PAD.encode([0xfe; 256]);
    let short = URL_SAFE_NO_PAD.encode([0xff; 255]);
    let zero_first = URL_SAFE_NO_PAD.encode([[0; 128], [0xff; 128]].concat());
    let long = URL_SAFE_NO_PAD.encode(vec![0xff; 1025]);
    let alg =
        |expected| format!("the JWK's `alg` is not one that fits the key; expected {expected}");
    for (algorithm, changes, text) in [
        (ES256, json!({"alg": "ES384"}), &*alg("`ES256` or no `alg`")),
        (ES256, json!({"alg": "none"}), &alg("`ES256` or no `alg`")),
        (ES256, json!({"alg": "HS256"}), &alg("`ES256` or no `alg`")),
        (ES256, json!({"crv": "P-384"}), &alg("`ES384` or no `alg`")),
        (
            ES256,
            json!({"crv": "P-384", "alg": null}),
            "the JWK's `x` is of the wrong length; expected the length of the curve",
        ),
        (
            ES384,
            json!({"crv": "P-256", "alg": "ES256"}),
            "the JWK's `x` is of the wrong length; expected the length of the curve",
        ),
        (
            ES256,
            json!({"crv": "P-521"}),
            "the JWK's `crv` is missing or unknown; expected `P-256` or `P-384`",
        ),
        (
            ES256,
            json!({"crv": "secp256k1", "alg": "ES256K"}),
            "the JWK's `crv` is missing or unknown; expected `P-256` or `P-384`",
        ),
        (
            ES256,
            json!({"crv": null}),
            "the JWK's `crv` is missing or unknown; expected `P-256` or `P-384`",
        ),
        (ES256, json!({"y": null}), "the JWK's `y` is missing; expected base64url without padding"),
        (
            ES256,
            json!({"x": "A A"}),
            "the JWK's `x` is not base64url; expected base64url without padding",
        ),
        (
            ES256,
            json!({"x": x48}),
            "the JWK's `x` is of the wrong length; expected the length of the curve",
        ),
        (ES256, json!({"kty": "OKP"}), "the JWK's `crv` is missing or unknown; expected `Ed25519`"),
        (
            ES256,
            json!({"kty": "RSA"}),
            "the JWK's `n` is missing; expected base64url without padding",
        ),
        (
            ES256,
            json!({"kty": "ec"}),
            "the JWK's `kty` is unknown; expected `OKP`, `EC`, `RSA` or `oct`",
        ),
        (
            EdDSA,
            json!({"crv": "Ed448"}),
            "the JWK's `crv` is missing or unknown; expected `Ed25519`",
        ),
        (
            EdDSA,
            json!({"crv": "X25519"}),
            "the JWK's `crv` is missing or unknown; expected `Ed25519`",
        ),
        (EdDSA, json!({"alg": "ES256"}), &alg("`EdDSA` or no `alg`")),
        (
            EdDSA,
            json!({"x": x48}),
            "the JWK's `x` is of the wrong length; expected the length of the curve",
        ),
        (
            RS256,
            json!({"alg": "ES256"}),
            &alg("`RS256`, `RS384`, `RS512`, `PS256`, `PS384` or `PS512`"),
        ),
        (
            RS256,
            json!({"alg": "RSA-OAEP"}),
            &alg("`RS256`, `RS384`, `RS512`, `PS256`, `PS384` or `PS512`"),
        ),
        (RS256, json!({"e": "AQ"}), "the public key is not a valid RSA key"),
        (RS256, json!({"e": "Ag"}), "the public key is not a valid RSA key"),
        (
            RS256,
            json!({"e": "AAEAAQ"}),
            "the JWK's `e` is padded with zeros or empty; expected a number in the fewest bytes",
        ),
        (
            RS256,
            json!({"e": ""}),
            "the JWK's `e` is padded with zeros or empty; expected a number in the fewest bytes",
        ),
        (RS256, json!({"n": even}), "the public key is not a valid RSA key"),
        (RS256, json!({"n": short}), "the RSA key has 2040 bits; expected 2048 to 8192"),
        (RS256, json!({"n": long}), "the RSA key has 8200 bits; expected 2048 to 8192"),
        (
            RS256,
            json!({"n": zero_first}),
            "the JWK's `n` is padded with zeros or empty; expected a number in the fewest bytes",
        ),
        (RS256, json!({"use": "enc"}), "the JWK's `use` is for something else; expected `sig`"),
        (
            RS256,
            json!({"key_ops": ["encrypt"]}),
            "the JWK's `key_ops` is for something else; expected `verify` among them",
        ),
        (
            RS256,
            json!({"key_ops": []}),
            "the JWK's `key_ops` is for something else; expected `verify` among them",
        ),
        (
            RS256,
            json!({"kid": ""}),
            "the JWK's `kid` is not usable; expected 1 to 255 printable ASCII characters",
        ),
        (
            RS256,
            json!({"kid": "é"}),
            "the JWK's `kid` is not usable; expected 1 to 255 printable ASCII characters",
        ),
        (
            RS256,
            json!({"kid": 7}),
            "this is not a JWK: expected one JSON object with `kty`, every member once and of its type",
        ),
        (
            RS256,
            json!({"d": "AQAB", "p": "AQ"}),
            "the JWK's `q` is missing; expected base64url without padding",
        ),
    ] {
        refused(&changed(algorithm, &changes), text);
    }
}

#[test]
fn agreement_without_every_member_is_enough() {
    for (algorithm, changes) in [
        (Algorithm::ES256, json!({"alg": null, "use": null, "kid": null})),
        (Algorithm::EdDSA, json!({"alg": null, "key_ops": ["sign", "verify"]})),
        (Algorithm::RS256, json!({"alg": null})),
        (Algorithm::RS256, json!({"x5c": ["AA=="], "x5t": "x", "unknown": {"a": [1]}})),
    ] {
        let jwk = changed(algorithm, &changes);
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap().algorithm(), algorithm, "{jwk}");
    }
    let jwk = changed(Algorithm::ES256, &json!({"kid": null}));
    let thumbprint = VerifyingKey::from_jwk(&jwk).unwrap().kid().clone();
    assert_eq!(thumbprint.as_str().len(), 43);
}

#[test]
fn malformed_texts_are_refused() {
    const TEXT: &str =
        "this is not a JWK: expected one JSON object with `kty`, every member once and of its type";
    let good = changed(Algorithm::EdDSA, &json!({}));
    let twice = good.replacen('{', r#"{"alg":"EdDSA","#, 1);
    let trailing = format!("{good}x");
    for jwk in ["", "null", "[]", "{}", r#"{"kty":1}"#, &twice, &trailing] {
        refused(jwk, TEXT);
    }
}

#[test]
fn each_half_stays_where_it_belongs() {
    let private = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    refused(
        private,
        "found a private key, expected a public key; whoever only verifies must not hold it: leave out `d` and the other private members",
    );
    assert!(SigningKey::from_jwk(private).is_ok());
    let public = changed(Algorithm::EdDSA, &json!({}));
    assert_eq!(
        SigningKey::from_jwk(&public).unwrap_err().to_string(),
        "found a public key, expected a private key; a public key verifies: load it with `VerifyingKey`"
    );
    let other = private.replace("11qY", "12qY");
    assert_eq!(SigningKey::from_jwk(&other).unwrap_err(), KeyError::Inconsistent);
    let for_verifying = private.replace(r#""d""#, r#""key_ops":["verify"],"d""#);
    assert!(SigningKey::from_jwk(&for_verifying).is_err());
}

#[test]
fn shared_secrets_name_their_algorithm_and_are_long_enough() {
    let oct = |alg: &str, bytes: usize| {
        let k = URL_SAFE_NO_PAD.encode(vec![7; bytes]);
        format!(r#"{{"kty":"oct","k":"{k}"{alg}}}"#)
    };
    assert!(VerifyingKey::from_jwk(&oct(r#","alg":"HS256""#, 32)).is_ok());
    assert!(SigningKey::from_jwk(&oct(r#","alg":"HS512","kid":"a""#, 64)).is_ok());
    refused(&oct("", 32), "the JWK's `alg` is missing; expected `HS256`, `HS384` or `HS512`");
    refused(
        &oct(r#","alg":"RS256""#, 32),
        "the JWK's `alg` is not one that fits the key; expected `HS256`, `HS384` or `HS512`",
    );
    refused(
        &oct(r#","alg":"HS256""#, 31),
        "HS256 takes a secret of at least 32 bytes, this has 31; make one with `openssl rand -base64 32`",
    );
    refused(
        &oct(r#","alg":"HS256","key_ops":["verify"]"#, 32),
        "the JWK's `key_ops` is for something else; expected `sign` and `verify` among them",
    );
    assert_eq!(
        Jwk::parse(&oct(r#","alg":"HS256""#, 32)).unwrap_err().to_string(),
        "the JWK's `kty` is `oct`, a shared secret, which is never published; expected `OKP`, `EC` or `RSA`"
    );
}
