//! No type that holds a secret prints it (invariant 40).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::super::*;
use crate::{Timestamp, secret};

/// Fails if `shown` has the secret as text, hex, base64 or a list of numbers.
#[track_caller]
fn hides(shown: &str, canary: &[u8]) {
    let hex: String = canary.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{canary:?}");
    let numbers = list.trim_matches(['[', ']']);
    for spelling in [
        &*String::from_utf8_lossy(canary),
        &*hex,
        &*hex.to_uppercase(),
        numbers,
        URL_SAFE_NO_PAD.encode(canary).as_str(),
    ] {
        assert!(!shown.contains(spelling), "{shown}");
    }
}

const CANARY: &[u8; 32] = b"canary-canary-canary-canary-0123";

#[test]
fn no_debug_shows_a_secret() {
    let text = || String::from_utf8(CANARY.to_vec()).unwrap();
    let key = SigningKey::hmac(Algorithm::HS256, CANARY).unwrap();
    let seed = URL_SAFE_NO_PAD.encode(CANARY);
    let master = secret::MasterSecret::from_bytes(*CANARY);
    let ring = KeyRing::given(key.clone());
    let hmac = crate::crypto::HmacKey::new(crate::crypto::Hash::Sha256, CANARY);
    for shown in [
        format!("{key:?} {key:#?}"),
        format!("{:?}", key.verifying_key()),
        format!("{ring:?} {ring:#?}"),
        format!("{:?}", ring.keys().collect::<Vec<_>>()),
        format!("{:?}", ring.verifying_keys()),
        format!("{:?}", ring.jwks(Timestamp::EPOCH)),
        ring.jwks(Timestamp::EPOCH).to_json(),
        format!("{hmac:?} {:?}", crate::crypto::SealKey::new(CANARY).unwrap()),
        format!("{master:?} {master:#?}"),
        format!("{:?}", master.derive_all("https://a", "x").unwrap()),
        format!("{:?}", secret::AccessToken::new(text())),
        format!("{:?}", secret::RefreshToken::new(text())),
        format!("{:?}", secret::ApiKey::new(text())),
        format!("{:#?}", secret::ClientSecret::new(text())),
        format!("{:?}", Some(secret::AuthorizationCode::new(text()))),
        format!("{:?}", secret::PrivateKeyPem::new(text())),
    ] {
        hides(&shown, CANARY);
    }
    // Derived keys and tags are secrets as well.
    let derived = master.derive_all("https://a", "x").unwrap();
    hides(&format!("{derived:?}"), &derived[0].key[..]);
    let tag = key.sign(b"message").unwrap();
    hides(&format!("{tag:?}"), tag.as_ref());
    // A wrong key's error does not quote it.
    let wrong = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{seed}","x":"{seed}"}}"#);
    let error = SigningKey::from_jwk(&wrong).unwrap_err();
    hides(&format!("{error} {error:?}"), CANARY);
    let error = SigningKey::from_jwk(&wrong.replace("{", "")).unwrap_err();
    hides(&format!("{error} {error:?}"), CANARY);
    let error = SigningKey::from_pem(Algorithm::ES256, &text()).unwrap_err();
    hides(&format!("{error} {error:?}"), CANARY);
}

/// On every backend, and with the seed in whatever form a backend might keep it.
#[test]
fn no_debug_shows_a_private_key() {
    let seed = URL_SAFE_NO_PAD.encode(CANARY);
    for &backend in Backend::ALL {
        let scheme = crate::crypto::Scheme::Ed25519;
        let material = crate::crypto::PrivateMaterial::Ed25519 {
            seed: zeroize::Zeroizing::new(*CANARY),
            public: None,
        };
        let public = crate::crypto::Signer::new(scheme, &material).unwrap().public();
        let signer = crate::crypto::Signer::on(backend, scheme, &material, &public).unwrap();
        assert_eq!(format!("{signer:?}"), "Signer([redacted])");
        let crate::crypto::PublicMaterial::Ed25519(point) = public else { panic!() };
        let x = URL_SAFE_NO_PAD.encode(point);
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{seed}","x":"{x}"}}"#);
        let key = SigningKey::from_jwk(&jwk).unwrap().with_backend(backend).unwrap();
        assert_eq!(key.backend(), backend);
        let ring = KeyRing::given(key.clone());
        for shown in [
            format!("{key:?} {key:#?}"),
            format!("{:?}", key.verifying_key()),
            format!("{ring:?} {ring:#?}"),
            ring.jwks(Timestamp::EPOCH).to_json(),
        ] {
            hides(&shown, CANARY);
        }
    }
}

#[test]
fn the_kid_of_a_secret_is_not_a_hash_of_it() {
    let key = SigningKey::hmac(Algorithm::HS256, CANARY).unwrap();
    assert_eq!(key.kid().as_str().len(), 22);
    let hash = URL_SAFE_NO_PAD.encode(crate::crypto::sha256(&[CANARY]));
    assert!(!hash.starts_with(key.kid().as_str()));
}
