//! Signatures of Project Wycheproof, read from `tests/vectors/wycheproof`: thousands of good ones and
//! of ones with one thing wrong, each under a key that is read the way a host's is.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::super::*;

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

/// How the tests of a file ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    accepted: usize,
    refused: usize,
    /// Refused with their key: a secret shorter than the hash, a point of small order.
    unfit: usize,
}

const fn hash_length(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HS384 => 48,
        Algorithm::HS512 => 64,
        _ => 32,
    }
}

#[track_caller]
fn check(algorithm: Algorithm, accepted: usize, refused: usize, unfit: usize) {
    for &backend in Backend::ALL {
        check_on(backend, algorithm, &Counts { accepted, refused, unfit });
    }
}

#[track_caller]
fn check_on(backend: Backend, algorithm: Algorithm, expected_counts: &Counts) {
    let file = format!("tests/vectors/wycheproof/{}.json", algorithm.name().to_lowercase());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(file["algorithm"], algorithm.name());
    let mut counts = Counts::default();
    for group in file["groups"].as_array().unwrap() {
        let key = match group.get("jwk") {
            Some(jwk) => VerifyingKey::from_jwk(&jwk.to_string()),
            None => VerifyingKey::hmac(algorithm, &bytes(&group["secret"])),
        };
        // Whatever the loader takes, the backend does.
        let key = key.map(|key| key.with_backend(backend).unwrap());
        for test in group["tests"].as_array().unwrap() {
            let (number, comment, result) = (&test[0], &test[1], &test[4]);
            let Ok(key) = &key else {
                counts.unfit += 1;
                continue;
            };
            assert_eq!(key.algorithm(), algorithm);
            let signature = bytes(&test[3]);
            let holds = key.verify(&bytes(&test[2]), &signature);
            // JOSE has no tags that were cut (RFC 7518 §3.2). `acceptable` is what a lenient
            // verifier may take; ours takes none of it.
            let is_cut = group.get("secret").is_some() && signature.len() < hash_length(algorithm);
            let expected = result == "valid" && !is_cut;
            assert_eq!(holds, expected, "{algorithm} on {backend} {number}: {comment}");
            *(if holds { &mut counts.accepted } else { &mut counts.refused }) += 1;
        }
    }
    assert_eq!(&counts, expected_counts, "{algorithm} on {backend}");
}

#[test]
fn ecdsa() {
    check(Algorithm::ES256, 173, 89, 0);
    check(Algorithm::ES384, 193, 87, 0);
}

#[test]
fn ed25519() {
    check(Algorithm::EdDSA, 88, 63, 0);
}

/// Secrets shorter than the hash are no keys of ours (RFC 7518 §3.2).
#[test]
fn hmac() {
    check(Algorithm::HS256, 30, 138, 6);
    check(Algorithm::HS384, 30, 138, 6);
    check(Algorithm::HS512, 30, 138, 6);
}

#[test]
fn rsa_pkcs1() {
    check(Algorithm::RS256, 9, 250, 0);
    check(Algorithm::RS384, 7, 251, 0);
    check(Algorithm::RS512, 8, 251, 0);
}

#[test]
fn rsa_pss() {
    check(Algorithm::PS256, 63, 45, 0);
    check(Algorithm::PS384, 95, 46, 0);
    check(Algorithm::PS512, 132, 47, 0);
}
