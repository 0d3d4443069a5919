//! Both backends take the same keys and say the same of every signature.

use std::{sync::LazyLock, thread};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{super::*, round_trip::key};
use crate::{
    Timestamp,
    crypto::{CryptoError, PrivateMaterial, PublicMaterial, Scheme, Signer, Verifier},
};

/// A key of every algorithm, on each backend.
static PAIRS: LazyLock<Vec<[SigningKey; 2]>> = LazyLock::new(|| {
    let on_both = |algorithm| {
        let one = key(algorithm);
        [one.clone(), one.with_backend(Backend::AwsLc).unwrap()]
    };
    Algorithm::ALL.map(on_both).into()
});

fn verdicts(pair: &[SigningKey; 2], message: &[u8], signature: &[u8]) -> [bool; 2] {
    [&pair[0], &pair[1]].map(|key| key.verifying_key().verify(message, signature))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 24 } else { 256 }))]

    /// Each verifies what the other signs, and both refuse the same with one bit changed.
    #[test]
    fn each_verifies_what_the_other_signs(
        message in vec(any::<u8>(), 1..400),
        signature_bit: Index,
        message_bit: Index,
    ) {
        for pair in PAIRS.iter() {
            let algorithm = pair[0].algorithm();
            let signatures = [&pair[0], &pair[1]].map(|key| key.sign(&message).unwrap());
            let is_random = algorithm.name().starts_with(['P', 'E']) && algorithm != Algorithm::EdDSA;
            prop_assert_eq!(signatures[0].as_ref() == signatures[1].as_ref(), !is_random);
            for signature in signatures {
                let good = signature.as_ref();
                prop_assert_eq!(verdicts(pair, &message, good), [true; 2], "{}", algorithm);
                let at = signature_bit.index(good.len() * 8);
                let mut bad = good.to_vec();
                bad[at / 8] ^= 1 << (at % 8);
                prop_assert_eq!(verdicts(pair, &message, &bad), [false; 2], "{} {}", algorithm, at);
                let at = message_bit.index(message.len() * 8);
                let mut other = message.clone();
                other[at / 8] ^= 1 << (at % 8);
                prop_assert_eq!(verdicts(pair, &other, good), [false; 2], "{} {}", algorithm, at);
            }
        }
    }

    /// No bytes, of whatever length, are a signature to one and not to the other; none panic.
    #[test]
    fn both_refuse_what_is_no_signature(
        message in vec(any::<u8>(), 0..40),
        signature in vec(any::<u8>(), 0..600),
        length: Index,
    ) {
        for pair in PAIRS.iter() {
            let whole = pair[0].sign(&message).unwrap();
            let cut = &whole.as_ref()[..length.index(whole.as_ref().len())];
            let fitted: Vec<u8> = signature.iter().copied().cycle().take(if signature.is_empty() {
                0
            } else {
                whole.as_ref().len()
            }).collect();
            let longer = [whole.as_ref(), &[0]].concat();
            for bad in [&signature[..], cut, &fitted, &longer] {
                prop_assert_eq!(verdicts(pair, &message, bad), [false; 2]);
            }
        }
    }
}

/// What others see of a key, and what is kept of it, does not tell its backend.
#[test]
fn a_key_is_the_same_on_both() {
    for [one, other] in PAIRS.iter() {
        let algorithm = one.algorithm();
        let json = |key: &SigningKey| key.verifying_key().jwk().map(|jwk| jwk.to_json());
        assert_eq!((one.kid(), json(one)), (other.kid(), json(other)), "{algorithm}");
        assert_eq!(one.encoded_header(), other.encoded_header());
        assert_eq!(one.private_der(), other.private_der());
        // ring is the faster one at shared secrets, and keeps them.
        let expected = if algorithm.is_symmetric() { Backend::Ring } else { Backend::AwsLc };
        assert_eq!((one.backend(), other.backend()), (Backend::Ring, expected));
        assert_eq!(other.verifying_key().backend(), expected);
        let back = other.with_backend(Backend::Ring).unwrap();
        assert_eq!(
            (back.backend(), back.verifying_key().backend()),
            (Backend::Ring, Backend::Ring)
        );
        assert!(one.verifying_key().verify(b"m", back.sign(b"m").unwrap().as_ref()));
        let renamed = other.with_kid(crate::id::KeyId::parse("another").unwrap());
        assert_eq!((renamed.backend(), renamed.verifying_key().backend()), (expected, expected));
    }
}

#[test]
fn a_key_of_another_kind_is_an_error_with_a_name() {
    let ed25519 = PrivateMaterial::Ed25519 { seed: zeroize::Zeroizing::new([7; 32]), public: None };
    let public = Signer::new(Scheme::Ed25519, &ed25519).unwrap().public();
    let wrong_public = PublicMaterial::Ed25519([9; 32]);
    for (scheme, public) in [
        (Scheme::Ecdsa(crate::crypto::Curve::P256), &public),
        (Scheme::RsaPss(crate::crypto::Hash::Sha256), &public),
        (Scheme::Ed25519, &wrong_public),
    ] {
        let signer = Signer::on(Backend::AwsLc, scheme, &ed25519, public);
        assert_eq!(signer.unwrap_err(), CryptoError::Key);
    }
    for scheme in
        [Scheme::Ecdsa(crate::crypto::Curve::P384), Scheme::RsaPkcs1(crate::crypto::Hash::Sha512)]
    {
        let verifier = Verifier::on(Backend::AwsLc, scheme, &public);
        assert_eq!(verifier.unwrap_err(), CryptoError::Key);
    }
    let error = KeyError::Backend { backend: Backend::AwsLc };
    assert_eq!(error.to_string(), "aws-lc-rs cannot prepare the key");
}

/// A ring makes its next keys on the backend that it was put on, and is put on none by itself.
#[test]
fn a_ring_stays_on_its_backend() {
    let now = Timestamp::from_unix_seconds(1_700_000_000);
    let policy = KeyPolicy::new(std::time::Duration::from_secs(60));
    let ring = KeyRing::managed(Algorithm::ES256, policy, now).unwrap();
    let backends = |ring: &KeyRing| -> Vec<Backend> {
        let held = ring.keys().filter_map(HeldKey::signing_key).map(SigningKey::backend);
        held.chain(ring.verifying_keys().iter().map(VerifyingKey::backend)).collect()
    };
    assert_eq!(backends(&ring), [Backend::Ring; 4]);
    assert_eq!(backends(&ring.rotate_now(now).unwrap()), [Backend::Ring; 6]);
    let moved = ring.with_backend(Backend::AwsLc).unwrap();
    assert_eq!(backends(&moved), [Backend::AwsLc; 4]);
    let rotated = moved.rotate_now(now).unwrap();
    assert_eq!(backends(&rotated), [Backend::AwsLc; 6]);
    assert_eq!(rotated.jwks(now).keys().len(), 3);
    let signing = rotated.signing_key(now).unwrap();
    let withdrawn = rotated.withdraw(signing.kid(), now).unwrap();
    assert!(backends(&withdrawn).iter().all(|backend| *backend == Backend::AwsLc));
}

/// A prepared key is one object behind all clones, in whatever thread.
#[test]
fn one_key_serves_many_threads() {
    for pair in PAIRS.iter() {
        thread::scope(|scope| {
            for thread in 0..4_u8 {
                scope.spawn(move || {
                    for turn in 0..8_u8 {
                        let message = [thread, turn];
                        let signature = pair[1].sign(&message).unwrap();
                        assert_eq!(verdicts(pair, &message, signature.as_ref()), [true; 2]);
                        assert_eq!(verdicts(pair, &[turn, 99], signature.as_ref()), [false; 2]);
                    }
                });
            }
        });
    }
}
