//! Which backend checks, as the builder was told, and that both say the same of a token.

use serde_json::json;

use super::support::*;
use crate::{
    clock::Timestamp,
    key::{Algorithm, Backend, SigningKey, VerifyingKey, VerifyingKeys},
    token::jwt,
    verifier::{RelaxedProfile, Verifier, VerifyError, source::Keys},
};

fn backends(verifier: &Verifier) -> Vec<Backend> {
    let Keys::Fixed(keys) = &verifier.0.checker.keys else { panic!("keys were given") };
    keys.iter().map(VerifyingKey::backend).collect()
}

fn given(keys: &[SigningKey]) -> crate::verifier::VerifierBuilder<crate::verifier::Decided> {
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).clock(TestClock::new()).stateless();
    keys.iter().fold(builder, |builder, key| builder.key(key.verifying_key()))
}

/// The feature alone changes nothing: each key stays where it was put, until the builder is told.
#[test]
fn each_key_stays_where_it_was_put() {
    let keys = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::HS256]
        .map(|algorithm| SigningKey::generate(algorithm).unwrap());
    assert_eq!(backends(&given(&keys).build().unwrap()), [Backend::Ring; 3]);
    let mixed = [keys[0].clone(), keys[1].with_backend(Backend::AwsLc).unwrap()];
    assert_eq!(backends(&given(&mixed).build().unwrap()), [Backend::Ring, Backend::AwsLc]);
    let moved = given(&keys).backend(Backend::AwsLc).build().unwrap();
    assert_eq!(backends(&moved), [Backend::AwsLc, Backend::AwsLc, Backend::Ring]);
    let back = given(&mixed).backend(Backend::Ring).build().unwrap();
    assert_eq!(backends(&back), [Backend::Ring; 2]);
}

#[test]
fn the_relaxed_profile_goes_along() {
    let (own, foreign) = (generate(), generate());
    let keys = VerifyingKeys::new([foreign.verifying_key()]).unwrap();
    let (end, longest) = (Timestamp::MAX, std::time::Duration::from_secs(60));
    let profile = RelaxedProfile::new("https://old.example.com", keys, end, longest);
    let verifier = given(&[own]).relaxed(profile).backend(Backend::AwsLc).build().unwrap();
    let profile = verifier.0.checker.relaxed.as_ref().unwrap();
    assert!(profile.keys().all(|key| key.backend() == Backend::AwsLc));
}

fn generate() -> SigningKey {
    SigningKey::generate(Algorithm::EdDSA).unwrap()
}

/// One token, whole and with each of its characters changed: one verdict from both.
#[test]
fn both_say_the_same_of_every_changed_token() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let claims = with(json!({}));
        let signed = |input: &[u8]| key.sign(input);
        let token = jwt::encode_payload(key.encoded_header(), claims.as_bytes(), signed).unwrap();
        let verifiers = [Backend::Ring, Backend::AwsLc].map(|backend| {
            let builder = given(std::slice::from_ref(&key)).verified_cache(0);
            builder.backend(backend).build().unwrap()
        });
        for verifier in &verifiers {
            assert!(verifier.verify_jwt(token.as_str()).is_ok());
        }
        let signature_at = token.rfind('.').unwrap();
        for at in 0..token.len() {
            let mut bad = token.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).unwrap();
            let [one, other] = [&verifiers[0], &verifiers[1]]
                .map(|verifier| verifier.verify_jwt(bad.as_str()).unwrap_err().to_string());
            assert_eq!(one, other, "{algorithm} at {at}");
            // The last character has bits to spare, which must be zero.
            let in_signature = signature_at < at && at < token.len() - 1;
            assert!(!in_signature || one == VerifyError::BadSignature.to_string(), "{at}: {one}");
        }
    }
}
