//! What is sealed opens in its own place only, byte for byte.

use std::time::Duration;

use super::*;
use crate::{Algorithm, id::KeyId};

fn sealer(byte: u8, issuer: &str) -> Sealer {
    let issuer = Issuer::parse(issuer).unwrap();
    Sealer::derive(&MasterSecret::from_bytes([byte; 32]), &issuer).unwrap()
}

const HERE: &str = "https://auth.example.com";

fn record() -> SigningKeyRecord {
    let mut times = KeyTimes::published(Timestamp::from_unix_seconds(1_700_000_000));
    times.active_at = Some(Timestamp::from_unix_seconds(1_700_000_600));
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    sealer(1, HERE).seal_one(&key, times).unwrap()
}

#[test]
fn every_algorithm_that_can_be_made_comes_back() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        let key = SigningKey::generate(algorithm).unwrap();
        let record = sealer(1, HERE).seal_one(&key, KeyTimes::published(Timestamp::EPOCH)).unwrap();
        let back = sealer(1, HERE).open(&record).unwrap();
        assert_eq!((back.kid(), back.algorithm()), (key.kid(), algorithm));
        assert_eq!(back.private_der(), key.private_der());
        let private = key.private_der().unwrap();
        let seed = private.windows(32).last().unwrap();
        assert!(!record.sealed_private.windows(32).any(|bytes| bytes == seed));
    }
}

#[test]
fn no_byte_of_the_sealed_text_may_differ() {
    let good = record();
    assert!(sealer(1, HERE).open(&good).is_ok());
    for at in 0..good.sealed_private.len() {
        let mut bad = good.clone();
        bad.sealed_private[at] ^= 1;
        assert!(sealer(1, HERE).open(&bad).is_err(), "byte {at}");
        bad.sealed_private.truncate(at);
        assert!(sealer(1, HERE).open(&bad).is_err(), "cut at {at}");
    }
}

#[test]
fn it_is_bound_to_name_public_half_times_secret_and_issuer() {
    let good = record();
    let other = record();
    let second = Duration::from_secs(1);
    let moved = |at: Option<Timestamp>| Some(at.map_or(Timestamp::EPOCH, |at| at + second));
    type Change = fn(&mut SigningKeyRecord, &SigningKeyRecord);
    let changes: [(&str, Change); 4] = [
        ("kid", |bad, other| bad.kid = other.kid.clone()),
        ("jwk", |bad, other| bad.public_jwk.clone_from(&other.public_jwk)),
        ("jwk's text", |bad, _| bad.public_jwk.push(' ')),
        ("sealed", |bad, other| bad.sealed_private.clone_from(&other.sealed_private)),
    ];
    for (what, change) in changes {
        let mut bad = good.clone();
        change(&mut bad, &other);
        assert!(sealer(1, HERE).open(&bad).is_err(), "{what}");
    }
    for field in 0..4 {
        let mut bad = good.clone();
        let times = &mut bad.times;
        match field {
            0 => times.published_at = times.published_at + second,
            1 => times.active_at = moved(times.active_at),
            2 => times.retire_at = moved(times.retire_at),
            _ => times.gone_at = moved(times.gone_at),
        }
        assert!(sealer(1, HERE).open(&bad).is_err(), "time {field}");
    }
    // A time moved from one field to the next is another context.
    let mut bad = good.clone();
    (bad.times.retire_at, bad.times.active_at) = (bad.times.active_at, None);
    assert!(sealer(1, HERE).open(&bad).is_err());
    assert!(sealer(2, HERE).open(&good).is_err());
    assert!(sealer(1, "https://auth.example.org").open(&good).is_err());
}

/// Even whoever has the key-encryption key cannot have one key's public half published for
/// another's private half.
#[test]
fn a_sound_seal_around_halves_that_differ_is_refused() {
    let sealer = sealer(1, HERE);
    let (one, two) = (record(), record());
    let key = sealer.open(&one).unwrap();
    let forge = |kid: &KeyId, jwk: &str| {
        let id = sealer.keys[0].0;
        let context = sealer.context(id, kid.as_str(), "ES256", jwk, one.times);
        let text = sealer.keys[0].1.seal(&context, &key.private_der().unwrap()).unwrap();
        SigningKeyRecord {
            kid: kid.clone(),
            public_jwk: jwk.to_owned(),
            sealed_private: [vec![VERSION, id], text].concat(),
            times: one.times,
        }
    };
    assert!(sealer.open(&forge(&one.kid, &one.public_jwk)).is_ok());
    let why = "its halves or its name do not belong together";
    assert_eq!(sealer.open(&forge(&two.kid, &two.public_jwk)).unwrap_err(), why);
    assert_eq!(sealer.open(&forge(&one.kid, &two.public_jwk)).unwrap_err(), why);
    let named = KeyId::parse("another-name").unwrap();
    assert_eq!(sealer.open(&forge(&named, &one.public_jwk)).unwrap_err(), why);
}
