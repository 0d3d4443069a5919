//! Knows what a verifier on remote keys refuses to be built with.
//! Must not ask anybody.

use std::time::Duration;

use hallpass::{
    Algorithm, SigningKey, Verifier,
    remote::{HttpFetch, RemoteFeed, RemoteJwks},
    verifier::ConfigError,
};

use crate::world::*;

fn build(keys: impl Into<RemoteJwks>) -> Result<Verifier, ConfigError> {
    Verifier::builder("https://auth.example.com")
        .audience("api")
        .remote_jwks(keys)
        .stateless()
        .build()
}

#[test]
fn only_https_or_loopback_is_asked() {
    assert!(build("https://auth.example.com/jwks").is_ok());
    assert!(build("http://127.0.0.1:1/jwks".to_owned()).is_ok());
    assert!(build(RemoteJwks::discovered()).is_ok());
    for bad in ["http://auth.example.com/jwks", "http://192.168.0.1/jwks", "file:///jwks", ""] {
        assert!(matches!(build(bad), Err(ConfigError::Address { .. })), "{bad}");
        assert!(matches!(RemoteFeed::at(bad), Err(ConfigError::Address { .. })), "{bad}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let at = || RemoteJwks::at("https://auth.example.com/jwks");
    assert!(build(at().min_age(SECOND).max_age(SECOND).max_stale(SECOND)).is_ok());
    for bad in [
        at().min_age(10 * MINUTE),
        at().max_age(2 * HOUR),
        at().min_age(Duration::from_millis(999)),
        at().timeout(Duration::ZERO),
    ] {
        assert!(matches!(build(bad), Err(ConfigError::RemoteJwks { .. })));
    }
    let both = Verifier::builder("https://auth.example.com")
        .audience("api")
        .key(SigningKey::generate(Algorithm::EdDSA).unwrap().verifying_key())
        .remote_jwks("https://auth.example.com/jwks")
        .stateless()
        .build();
    assert!(matches!(both, Err(ConfigError::Keys { .. })));
}

#[test]
fn certificates_that_are_none_are_refused() {
    for bad in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(HttpFetch::trusting(bad).is_err(), "{bad}");
    }
    let key = include_str!("../vectors/tls/localhost.key.pem");
    assert!(HttpFetch::trusting(key).is_err());
}
