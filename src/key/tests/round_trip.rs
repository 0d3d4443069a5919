//! Every algorithm: what a key signs, its public half verifies, and nothing else.

use super::super::*;
use crate::Timestamp;

/// A key of every algorithm; RSA from a file, as there is no other way.
pub(super) fn key(algorithm: Algorithm) -> SigningKey {
    match SigningKey::generate(algorithm) {
        Err(KeyError::CannotGenerate { .. }) => SigningKey::from_pem(
            algorithm,
            include_str!("../../../tests/vectors/keys/rsa2048.pkcs8.pem"),
        )
        .unwrap(),
        key => key.unwrap(),
    }
}

#[test]
fn every_algorithm_signs_and_verifies() {
    for &backend in Backend::ALL {
        for algorithm in Algorithm::ALL {
            let signing = key(algorithm).with_backend(backend).unwrap();
            let verifying = signing.verifying_key();
            let signature = signing.sign(b"message").unwrap();
            let signature = signature.as_ref();
            assert!(verifying.verify(b"message", signature), "{algorithm}");
            assert!(!verifying.verify(b"massage", signature), "{algorithm}");
            assert!(!verifying.verify(b"message", &[]), "{algorithm}");
            assert!(!verifying.verify(b"message", &signature[1..]), "{algorithm}");
            assert!(!verifying.verify(b"message", &[signature, &[0]].concat()), "{algorithm}");
            assert!(!verifying.verify(b"message", &vec![0; signature.len()]), "{algorithm}");
            for bit in [0, signature.len() * 4, signature.len() * 8 - 1] {
                let mut changed = signature.to_vec();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(!verifying.verify(b"message", &changed), "{algorithm} bit {bit}");
            }
            if algorithm != Algorithm::RS256 && SigningKey::generate(algorithm).is_ok() {
                assert!(!key(algorithm).verifying_key().verify(b"message", signature));
            }
        }
    }
}

#[test]
fn what_is_stored_comes_back() {
    for &backend in Backend::ALL {
        for algorithm in Algorithm::ALL {
            let signing = key(algorithm).with_backend(backend).unwrap();
            let Some(bytes) = signing.private_der() else {
                assert!(algorithm.is_symmetric() && signing.expose_private_pem().is_none());
                continue;
            };
            let back = SigningKey::from_der(algorithm, &bytes).unwrap();
            assert_eq!(back.kid(), signing.kid());
            let signature = back.sign(b"message").unwrap();
            assert!(signing.verifying_key().verify(b"message", signature.as_ref()), "{algorithm}");
            assert_eq!(back.private_der().unwrap(), bytes);
        }
    }
}

#[test]
fn a_key_is_found_by_kid_and_by_header() {
    // Six RSA algorithms share one key, and so one thumbprint.
    let all: Vec<_> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| !matches!(algorithm.name(), "RS384" | "RS512"))
        .filter(|algorithm| !algorithm.name().starts_with("PS"))
        .map(key)
        .collect();
    let keys = VerifyingKeys::new(all.iter().map(SigningKey::verifying_key)).unwrap();
    let now = Timestamp::from_unix_seconds(1);
    for key in &all {
        let found = keys.find(key.kid().as_str(), now).unwrap();
        assert_eq!((found.kid(), found.algorithm()), (key.kid(), key.algorithm()));
        let (found, _) = keys.find_by_encoded_header(key.encoded_header(), now).unwrap();
        assert_eq!(found.kid(), key.kid());
        assert!(keys.find(&format!("{}x", key.kid()), now).is_none());
        let longer = format!("x{}", key.encoded_header());
        assert!(keys.find_by_encoded_header(&longer, now).is_none());
    }
    assert!(keys.find("", now).is_none() && keys.find("x", now).is_none());
}

#[test]
fn names_with_one_ending_are_told_apart() {
    let now = Timestamp::from_unix_seconds(1);
    let named = |kid: &str| {
        key(Algorithm::EdDSA).verifying_key().with_kid(crate::id::KeyId::parse(kid).unwrap())
    };
    let names = ["a-2024-key-one", "b-2024-key-one", "one", "e", "\u{7e}"];
    let all: Vec<_> = names.into_iter().map(named).collect();
    let keys = VerifyingKeys::new(all.clone()).unwrap();
    for key in &all {
        assert_eq!(keys.find(key.kid().as_str(), now).unwrap().kid(), key.kid());
        let (found, _) = keys.find_by_encoded_header(key.encoded_header(), now).unwrap();
        assert_eq!(found.kid(), key.kid());
    }
    assert!(keys.find("c-2024-key-one", now).is_none());
    assert!(keys.find("2024-key-one", now).is_none());
}
