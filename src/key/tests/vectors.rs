//! The examples of the RFCs, read from `tests/vectors`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::super::*;

fn vectors(json: &str, name: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(json).unwrap();
    json[name].as_array().unwrap().clone()
}

#[test]
fn signatures_of_the_rfcs() {
    let mut all = vectors(include_str!("../../../tests/vectors/jws-rfc.json"), "signatures");
    all.extend(vectors(include_str!("../../../tests/vectors/rfc7520.json"), "signatures"));
    assert_eq!(all.len(), 7);
    for (vector, &backend) in all.iter().flat_map(|one| Backend::ALL.iter().map(move |b| (one, b)))
    {
        let name = format!("{} on {backend}", vector["name"]);
        let key = SigningKey::from_jwk(&vector["jwk"].to_string()).unwrap();
        let key = key.with_backend(backend).unwrap();
        let input = vector["signing_input"].as_str().unwrap().as_bytes();
        let expected = URL_SAFE_NO_PAD.decode(vector["signature"].as_str().unwrap()).unwrap();
        assert!(key.verifying_key().verify(input, &expected), "{name}");
        let ours = key.sign(input).unwrap();
        if vector["deterministic"].as_bool().unwrap() {
            assert_eq!(ours.as_ref(), expected, "{name}");
        } else {
            assert_ne!(ours.as_ref(), expected, "{name}");
            assert!(key.verifying_key().verify(input, ours.as_ref()), "{name}");
        }
        assert!(!key.verifying_key().verify(&input[1..], &expected), "{name}");
    }
}

/// What is not offered is refused by name, when the key is read.
#[test]
fn keys_of_rfc_7520_for_something_else_are_refused() {
    let keys = vectors(include_str!("../../../tests/vectors/rfc7520.json"), "refused");
    assert_eq!(keys.len(), 2);
    for key in keys {
        let jwk = key["jwk"].to_string();
        assert!(SigningKey::from_jwk(&jwk).is_err(), "{}", key["name"]);
        assert!(VerifyingKey::from_jwk(&jwk).is_err(), "{}", key["name"]);
    }
}

#[test]
fn thumbprints_of_the_rfcs() {
    let vectors =
        vectors(include_str!("../../../tests/vectors/thumbprint-rfc.json"), "thumbprints");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let key = VerifyingKey::from_jwk(&vector["jwk"].to_string()).unwrap();
        assert_eq!(key.kid().as_str(), vector["thumbprint"].as_str().unwrap());
    }
}

/// CVE-2022-21449: `r` and `s` of zero fit every message where the range is not checked.
#[test]
fn psychic_signatures_are_refused() {
    for &backend in Backend::ALL {
        for algorithm in [Algorithm::ES256, Algorithm::ES384] {
            let key = SigningKey::generate(algorithm).unwrap().with_backend(backend).unwrap();
            let length = key.sign(b"m").unwrap().as_ref().len();
            assert_eq!(length, if algorithm == Algorithm::ES256 { 64 } else { 96 });
            let half = length / 2;
            let signature = key.sign(b"m").unwrap();
            for bad in [
                vec![0; length],
                vec![0xff; length],
                [&[0; 48][..half], &signature.as_ref()[half..]].concat(),
                [&signature.as_ref()[..half], &[0; 48][..half]].concat(),
                // The DER form, which JOSE does not use.
                [&[0x30, 6, 2, 1, 1, 2, 1, 1][..], &vec![0; length - 8]].concat(),
                vec![0x30, 6, 2, 1, 1, 2, 1, 1],
            ] {
                assert!(!key.verifying_key().verify(b"m", &bad), "{algorithm} {bad:?}");
            }
        }
    }
}

/// A point of small order would accept one signature for about every eighth message, or for all.
#[test]
fn small_order_points_are_no_keys() {
    let order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let order_8_b = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let mut points = vec![[0; 32], [0xff; 32], [0xff; 32], [0xff; 32], [0; 32]];
    points[1][0] = 0xec;
    points[2][0] = 0xed;
    points[3][0] = 0xee;
    points[4][0] = 1;
    points.iter_mut().skip(1).take(3).for_each(|point| point[31] = 0x7f);
    for hex in [order_8, order_8_b] {
        let bytes: Vec<u8> = (0..32)
            .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2).unwrap(), 16).unwrap())
            .collect();
        points.push(bytes.try_into().unwrap());
    }
    for point in points {
        for sign in [0, 0x80] {
            let mut point = point;
            point[31] |= sign;
            let x = URL_SAFE_NO_PAD.encode(point);
            let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
            assert_eq!(
                VerifyingKey::from_jwk(&jwk).unwrap_err(),
                KeyError::InvalidPublic { kind: "Ed25519" },
                "{point:x?}"
            );
        }
    }
}

/// RFC 8032 §5.1.3: the `y` of a point is below 2^255 - 19. Backends differ in whether they look.
#[test]
fn points_of_a_second_spelling_are_no_keys() {
    for (lowest, is_key) in
        [(0xed, false), (0xef, false), (0xf0, false), (0xff, false), (0xeb, true)]
    {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (lowest, 0x7f);
        let x = URL_SAFE_NO_PAD.encode(point);
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
        let key = VerifyingKey::from_jwk(&jwk);
        assert_eq!(key.is_ok(), is_key, "{lowest:x}");
        for &backend in Backend::ALL {
            let moved = key.clone().map(|key| key.with_backend(backend));
            // Whether it lies on the curve shows at its first signature, on each backend.
            assert!(moved.is_err() || moved.unwrap().is_ok_and(|key| !key.verify(b"m", &[0; 64])));
        }
    }
}

#[test]
fn off_curve_points_are_no_keys() {
    for (kty, length) in [("P-256", 32), ("P-384", 48)] {
        let x = URL_SAFE_NO_PAD.encode(vec![1; length]);
        let jwk = format!(r#"{{"kty":"EC","crv":"{kty}","x":"{x}","y":"{x}"}}"#);
        assert_eq!(
            VerifyingKey::from_jwk(&jwk).unwrap_err(),
            KeyError::InvalidPublic { kind: kty }
        );
    }
}
