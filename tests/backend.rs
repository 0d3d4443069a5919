//! An authority and its verifiers on the second backend: the same tokens, keys and answers.
//! Must not know signatures one by one; the tests of the keys do.

#![cfg(test)]

use std::{sync::Arc, time::Duration};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Timestamp, Verifier,
    authority::AuthorityBuilder,
    key::{Backend, KeyPolicy, KeyRing},
    secret::MasterSecret,
    testing::{TestAuthority, TestClock},
    verifier::VerifyError,
};

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";
const START: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn builder(clock: &TestClock) -> AuthorityBuilder {
    Authority::builder(ISSUER).audience(AUDIENCE).clock(clock.clone())
}

fn signs(authority: &Authority) -> Backend {
    authority.key_ring().signing_key(START).unwrap().backend()
}

async fn token(authority: &Authority) -> String {
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web");
    let minted = authority.issue_access(grant).await.unwrap();
    minted.access_token().expose_secret().to_owned()
}

/// With the feature on, and unless it is told, an authority computes on ring as ever.
#[tokio::test]
async fn the_backend_is_the_hosts_choice() {
    let clock = TestClock::at(START);
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let with =
        |key: &SigningKey| builder(&clock).signing_key(key.clone()).store(MemoryStore::new());
    let plain = with(&key).build().unwrap();
    let chosen = with(&key).backend(Backend::AwsLc).build().unwrap();
    let moved = with(&key.with_backend(Backend::AwsLc).unwrap()).build().unwrap();
    let backends = [&plain, &chosen, &moved].map(signs);
    assert_eq!(backends, [Backend::Ring, Backend::AwsLc, Backend::AwsLc]);
    for issuer in [&plain, &chosen, &moved] {
        let token = token(issuer).await;
        assert_eq!(issuer.jwks().to_json(), plain.jwks().to_json());
        for verifier in [&plain, &chosen, &moved] {
            assert_eq!(verifier.verify(token.as_str()).await.unwrap().subject(), "ada");
            let refused = verifier.verify(&format!("{token}A")).await;
            assert!(refused.is_err());
        }
    }
    let also = SigningKey::generate(Algorithm::ES256).unwrap().verifying_key();
    let chosen = with(&key).verifying_key(also.clone()).backend(Backend::AwsLc).build().unwrap();
    assert!(chosen.key_ring().verifying_keys().iter().all(|key| key.backend() == Backend::AwsLc));
    let mixed = with(&key).verifying_key(also.with_backend(Backend::AwsLc).unwrap()).build();
    let ring: KeyRing = mixed.unwrap().key_ring();
    let mixed: Vec<_> = ring.verifying_keys().iter().map(|key| key.backend()).collect();
    assert_eq!(mixed, [Backend::Ring, Backend::AwsLc]);
}

/// Instances on either backend share the keys of one store, through rotation and withdrawal.
#[tokio::test]
async fn managed_keys_are_one_set_whatever_computes_them() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let (store, clock) = (Arc::new(MemoryStore::new()), TestClock::at(START));
        let instance = |backend| {
            builder(&clock)
                .managed_keys(store.clone(), algorithm, KeyPolicy::new(DAY * 2))
                .master_secret(MasterSecret::from_bytes([7; 32]))
                .store(store.clone())
                .backend(backend)
                .build()
                .unwrap()
        };
        let instances = [instance(Backend::AwsLc), instance(Backend::Ring)];
        for (authority, backend) in instances.iter().zip([Backend::AwsLc, Backend::Ring]) {
            authority.ready().await.unwrap();
            assert_eq!(signs(authority), backend);
        }
        // Each rotates in turn; the other takes over what it made.
        for turn in [0, 1] {
            let before = token(&instances[turn]).await;
            instances[turn].rotate_keys_now().await.unwrap();
            let after = token(&instances[turn]).await;
            for (authority, backend) in instances.iter().zip([Backend::AwsLc, Backend::Ring]) {
                for token in [&before, &after] {
                    assert!(authority.verify(token.as_str()).await.is_ok());
                }
                authority.ready().await.unwrap();
                assert_eq!(authority.jwks().to_json(), instances[0].jwks().to_json());
                let ring = authority.key_ring();
                assert!(ring.verifying_keys().iter().all(|key| key.backend() == backend));
                assert_eq!(signs(authority), backend);
            }
        }
        let last = token(&instances[0]).await;
        let kid = instances[0].key_ring().signing_key(START).unwrap().kid().clone();
        instances[0].withdraw_key(&kid).await.unwrap();
        for authority in &instances {
            let refused = authority.verify(last.as_str()).await;
            assert!(matches!(refused, Err(VerifyError::UnknownKey | VerifyError::Revoked { .. })));
        }
        assert_eq!(signs(&instances[0]), Backend::AwsLc);
    }
}

/// Keys read from a real server, through a rotation.
#[tokio::test]
async fn remote_keys_check_on_either() {
    let auth = TestAuthority::new();
    let server = auth.jwks_server();
    let verifiers = [Backend::Ring, Backend::AwsLc].map(|backend| {
        Verifier::builder(TestAuthority::ISSUER)
            .audience(TestAuthority::AUDIENCE)
            .remote_jwks(server.url())
            .backend(backend)
            .clock(auth.clock().clone())
            .verified_cache(0)
            .stateless()
            .build()
            .unwrap()
    });
    let first = auth.token("ada").mint();
    let next = server.rotate();
    let second = auth.token("ada").signed_by(&next).mint();
    let known = auth.jwks().keys()[0].verifying_key().kid().clone();
    let forged = auth.token("ada").signed_by(&next.with_kid(known)).mint();
    for verifier in &verifiers {
        for token in [&first, &second] {
            assert_eq!(verifier.verify(token).await.unwrap().subject(), "ada");
        }
        assert!(matches!(verifier.verify(&forged).await, Err(VerifyError::BadSignature)));
    }
}
