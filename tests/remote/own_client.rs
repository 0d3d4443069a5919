//! Knows that a host's own HTTP client serves as well as ours, on any runtime or none.
//! Must not know a network: here the client is what is tested, and it answers by itself.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    remote::{Fetch, FetchError, FetchRequest, FetchResponse, RemoteFeed, RemoteJwks},
    store::RevocationFeed as _,
    testing::{TestAuthority, conformance::block_on},
};

use crate::world::*;

/// Answers what it was given, or hangs up.
#[derive(Debug, Default)]
struct Own {
    body: Vec<u8>,
    broken: AtomicBool,
    asked: AtomicUsize,
    seen: Mutex<String>,
}

#[async_trait]
impl Fetch for Own {
    async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.seen.lock().unwrap() = format!("{request:?}");
        assert!(request.timeout() > Duration::ZERO && request.max_bytes() > 0);
        match self.broken.load(Ordering::SeqCst) {
            true => Err(FetchError::TimedOut),
            false => Ok(FetchResponse::new(200, self.body.clone()).cache_control("max-age=60")),
        }
    }
}

#[test]
fn it_needs_no_runtime() {
    let own = Arc::new(Own { body: jwks().into(), ..Own::default() });
    let auth = TestAuthority::new();
    let keys = RemoteJwks::at("https://auth.test/keys").fetch(Arc::clone(&own));
    let verifier = verifier(auth.clock(), keys);
    let token = token(&auth);
    own.broken.store(true, Ordering::SeqCst);
    assert!(trouble(block_on(verifier.verify(&token))).contains("took too long"));
    own.broken.store(false, Ordering::SeqCst);
    auth.clock().advance(SECOND);
    assert!(block_on(verifier.verify(&token)).is_ok());
    auth.clock().advance(MINUTE);
    assert!(block_on(verifier.verify(&token)).is_ok());
    assert_eq!(own.asked.load(Ordering::SeqCst), 3, "whoever finds them old reads them");
    auth.clock().advance(MINUTE);
    assert_eq!(block_on(verifier.tick()), MINUTE);
    assert_eq!(own.asked.load(Ordering::SeqCst), 4);
}

/// A client that forgets the limit is not trusted with it.
#[test]
fn a_body_over_the_limit_is_refused_whoever_read_it() {
    let mut body = jwks().into_bytes();
    body.resize(300_000, b' ');
    let own = Own { body, ..Own::default() };
    let auth = TestAuthority::new();
    let keys = RemoteJwks::at("https://auth.test/keys").fetch(own);
    let verifier = verifier(auth.clock(), keys);
    assert!(trouble(block_on(verifier.verify(&token(&auth)))).contains("more than 262144 bytes"));
}

#[test]
fn a_request_prints_no_credential() {
    let own = Arc::new(Own::default());
    let feed = RemoteFeed::at("https://auth.test/feed?key=s3cret")
        .unwrap()
        .authorization("Bearer s3cret")
        .fetch(Arc::clone(&own));
    assert!(block_on(feed.read_revocations(None, 1)).is_err());
    let seen = own.seen.lock().unwrap().clone();
    assert!(seen.contains("https://auth.test/feed") && !seen.contains("s3cret"), "{seen}");
}
