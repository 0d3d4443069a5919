//! `jsonwebtoken` on our provider and our own keys sign and verify alike.

use jsonwebtoken::{Algorithm as Alg, DecodingKey, EncodingKey};

use super::super::{Algorithm, SigningKey, jsonwebtoken_provider::PROVIDER};
use crate::crypto::PublicMaterial;

/// Each side verifies what the other signs.
#[test]
fn their_signatures_are_ours() {
    let rsa = include_bytes!("../../../tests/vectors/keys/rsa2048.pkcs1.der");
    for (theirs, key) in [
        (Alg::HS512, EncodingKey::from_secret(&[7; 64])),
        (Alg::RS256, EncodingKey::from_rsa_der(rsa)),
        (Alg::PS512, EncodingKey::from_rsa_der(rsa)),
        (
            Alg::ES256,
            EncodingKey::from_ec_der(include_bytes!("../../../tests/vectors/keys/p256.sec1.der")),
        ),
        (
            Alg::ES384,
            EncodingKey::from_ec_der(include_bytes!("../../../tests/vectors/keys/p384.pkcs8.der")),
        ),
        (
            Alg::EdDSA,
            EncodingKey::from_ed_der(include_bytes!(
                "../../../tests/vectors/keys/ed25519.pkcs8.der"
            )),
        ),
    ] {
        let algorithm: Algorithm = format!("{theirs:?}").parse().unwrap();
        let own = if algorithm.is_symmetric() {
            SigningKey::hmac(algorithm, key.as_bytes()).unwrap()
        } else {
            SigningKey::from_der(algorithm, key.as_bytes()).unwrap()
        };
        let signer = (PROVIDER.signer_factory)(&theirs, &key).unwrap();
        assert_eq!(signer.algorithm(), theirs);
        let signature = signer.try_sign(b"message").unwrap();
        assert!(own.verifying_key().verify(b"message", &signature), "{algorithm}");

        let decoding = match own.verifying_key().public_material() {
            None => DecodingKey::from_secret(&[7; 64]),
            Some(PublicMaterial::Ed25519(point)) => DecodingKey::from_ed_der(point),
            Some(PublicMaterial::Ec { point, .. }) => DecodingKey::from_ec_der(point),
            Some(PublicMaterial::Rsa { modulus, exponent }) => {
                DecodingKey::from_rsa_raw_components(&[&[0], &modulus[..]].concat(), exponent)
            }
        };
        let verifier = (PROVIDER.verifier_factory)(&theirs, &decoding).unwrap();
        assert_eq!(verifier.algorithm(), theirs);
        let signature = own.sign(b"message").unwrap().as_ref().to_vec();
        assert!(verifier.verify(b"message", &signature).is_ok(), "{algorithm}");
        assert!(verifier.verify(b"massage", &signature).is_err(), "{algorithm}");
    }
}
