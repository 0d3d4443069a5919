//! Knows that keys read over HTTP are put on the backend that the verifier was told.
//! Must not know a network: the issuer's answer is given here.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;

use super::*;
use crate::{
    clock::{Clock, SystemClock},
    key::{Algorithm, Backend, KeyPolicy, KeyRing, VerifyingKey},
    remote::{FetchError, FetchRequest, FetchResponse},
    token::Issuer,
};

/// An issuer that rotates when it is told.
#[derive(Debug)]
struct Rotating {
    ring: KeyRing,
    rotated: AtomicBool,
}

#[async_trait]
impl Fetch for Rotating {
    async fn fetch(&self, _: &FetchRequest) -> Result<FetchResponse, FetchError> {
        let now = SystemClock::new().now();
        let ring = match self.rotated.load(Ordering::SeqCst) {
            true => self.ring.rotate_now(now).unwrap(),
            false => self.ring.clone(),
        };
        Ok(FetchResponse::new(200, ring.jwks(now).to_json().into_bytes()))
    }
}

async fn backends(chosen: Backend) -> Vec<Vec<Backend>> {
    let clock = Arc::new(SystemClock::new());
    let policy = KeyPolicy::new(Duration::from_secs(60));
    let ring = KeyRing::managed(Algorithm::ES256, policy, clock.now()).unwrap();
    let issuer = Arc::new(Rotating { ring, rotated: AtomicBool::new(false) });
    let known = Known {
        issuer: Issuer::parse("https://auth.example.com").unwrap(),
        clock,
        backend: chosen,
    };
    let jwks = RemoteJwks::at("https://auth.example.com/jwks").fetch(issuer.clone());
    let keys = jwks.build(&known).unwrap();
    let seen = || keys.snapshot().unwrap().iter().map(VerifyingKey::backend).collect();
    keys.load().await.unwrap();
    let first: Vec<Backend> = seen();
    issuer.rotated.store(true, Ordering::SeqCst);
    assert!(!keys.find_missing("nobody").await.unwrap());
    vec![first, seen()]
}

#[tokio::test]
async fn keys_that_are_read_go_where_the_verifier_says() {
    for chosen in [Backend::Ring, Backend::AwsLc] {
        assert_eq!(backends(chosen).await, [vec![chosen; 2], vec![chosen; 3]]);
    }
}
