//! Keys from outside: PEM, DER, JWK, JWK Set. What is read says the same when it is written, and a
//! public key is never read from where a private one is, nor the reverse.

use hallpass::{
    Algorithm, SigningKey,
    key::{Jwk, Jwks, VerifyingKey},
};

const ALGORITHMS: [Algorithm; 12] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
];

/// The target.
pub fn run(data: &[u8]) {
    // Checking that the halves of an RSA key fit takes milliseconds: one algorithm at a time.
    let algorithm = ALGORITHMS[data.iter().fold(0, |sum, byte| sum + usize::from(*byte)) % 12];
    let (private, public) =
        (SigningKey::from_der(algorithm, data), VerifyingKey::from_der(algorithm, data));
    assert!(private.is_err() || public.is_err());
    let _ = private.map(|key| written(&key));
    let _ = public.map(|key| published(&key));
    let Ok(text) = str::from_utf8(data) else { return };
    let (private, public) =
        (SigningKey::from_pem(algorithm, text), VerifyingKey::from_pem(algorithm, text));
    assert!(private.is_err() || public.is_err());
    let _ = private.map(|key| written(&key));
    let _ = public.map(|key| published(&key));
    if let Ok(key) = SigningKey::from_jwk(text) {
        written(&key);
    }
    if let Ok(key) = VerifyingKey::from_jwk(text) {
        published(&key);
    }
    if let Ok(jwk) = Jwk::parse(text) {
        published(jwk.verifying_key());
    }
    if let Ok(set) = Jwks::parse(text) {
        for jwk in set.keys() {
            published(jwk.verifying_key());
        }
        let json = set.to_json();
        let again = Jwks::parse(&json).expect("what we publish");
        assert_eq!((again.to_json(), again.keys().len()), (json, set.keys().len()));
        assert!(again.skipped().is_empty());
        let _ = set.verifying_keys();
    }
}

fn published(key: &VerifyingKey) {
    let Some(jwk) = key.jwk() else { return };
    let json = jwk.to_json();
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
        assert!(value.get(private).is_none(), "{private} is published");
    }
    let again = Jwk::parse(&json).expect("what we publish");
    assert_eq!(again.to_json(), json);
    assert_eq!(again.verifying_key().kid(), key.kid());
    assert_eq!(again.verifying_key().algorithm(), key.algorithm());
}

fn written(key: &SigningKey) {
    published(&key.verifying_key());
    assert_eq!(key.verifying_key().kid(), key.kid());
    let Some(pem) = key.expose_private_pem() else { return };
    let again = SigningKey::from_pem(key.algorithm(), pem.expose_secret()).expect("our own PEM");
    let public = |key: &SigningKey| key.verifying_key().jwk().map(|jwk| jwk.to_json());
    let again = again.with_kid(key.kid().clone());
    assert_eq!(public(&again), public(key));
}
