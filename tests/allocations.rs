//! What a check of a token takes from the allocator: one block for an owned witness, and at most
//! one more; a decision on it takes none.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey, Verified, Verifier};

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";

fn key(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::HS256 => SigningKey::hmac(algorithm, &[7; 32]),
        other => SigningKey::generate(other),
    }
    .unwrap()
}

async fn token(key: &SigningKey, scope: &str) -> String {
    let authority = Authority::builder(ISSUER)
        .audience(AUDIENCE)
        .signing_key(key.clone())
        .store(MemoryStore::new())
        .build()
        .unwrap();
    let grant = Grant::new("user-42", scope.parse().unwrap())
        .client("web")
        .access_lifetime(Duration::from_secs(60));
    let minted = authority.issue_access(grant).await.unwrap();
    minted.access_token().expose_secret().to_owned()
}

/// How often checking `token` allocates, and what it gives.
fn count(verifier: &Verifier, token: &str) -> (u64, Verified) {
    let mut verified = None;
    let counted = allocation_counter::measure(|| verified = Some(verifier.verify_jwt(token)));
    (counted.count_total, verified.unwrap().unwrap())
}

fn scope_of(items: usize) -> String {
    (0..items).map(|n| format!("invoice:{n}:read")).collect::<Vec<_>>().join(" ")
}

/// RSA is left out: the backend itself allocates to check its signatures.
#[tokio::test]
async fn verify_allocates_at_most_twice_and_allows_never() {
    for algorithm in [Algorithm::HS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = key(algorithm);
        let verifier = Verifier::builder(ISSUER)
            .audience(AUDIENCE)
            .key(key.verifying_key())
            .stateless()
            .build()
            .unwrap();
        // The first token of all makes the tables of those that come again.
        let _ = count(&verifier, &token(&key, "first:*:read").await);
        for items in [1, 6, 8] {
            let token = token(&key, &scope_of(items)).await;
            let (allocations, verified) = count(&verifier, &token);
            assert!(allocations <= 2, "{algorithm:?}, {items} items: {allocations}");
            let counted = allocation_counter::measure(|| {
                assert!(verified.allows(&("invoice", "0", "read")));
                assert!(!verified.allows(&("invoice", "0", "write")));
                assert_eq!(verified.subject(), "user-42");
                assert_eq!(verified.audiences().next(), Some(AUDIENCE));
                let _again = verified.clone();
            });
            assert_eq!(counted.count_total, 0, "{algorithm:?}, {items} items");
        }
    }
}

/// The second sight keeps the token; from the third on it is known, at no cost.
#[tokio::test]
async fn a_token_that_comes_again_is_checked_without_allocating() {
    for algorithm in [Algorithm::HS256, Algorithm::EdDSA] {
        let authority = Authority::builder(ISSUER)
            .audience(AUDIENCE)
            .signing_key(key(algorithm))
            .store(MemoryStore::new())
            .build()
            .unwrap();
        authority.ready().await.unwrap();
        let grant = Grant::new("user-42", scope_of(6).parse().unwrap()).client("web");
        let issued = authority.issue(grant).await.unwrap();
        let token = issued.access_token();
        for _ in 0..2 {
            let _ = authority.verify(token).await.unwrap();
        }
        let verifier = authority.verifier();
        let counted = allocation_counter::measure(|| {
            let who = verifier.verify_jwt(token).unwrap();
            assert!(who.allows(&("invoice", "0", "read")));
        });
        assert_eq!(counted.count_total, 0, "{algorithm:?}");
    }
}

/// A token that is refused for its form or its key costs nothing at all; a false signature, at
/// most what it takes to see that.
#[tokio::test]
async fn junk_is_refused_without_allocating() {
    let key = key(Algorithm::EdDSA);
    let verifier = Verifier::builder(ISSUER)
        .audience(AUDIENCE)
        .key(key.verifying_key())
        .stateless()
        .build()
        .unwrap();
    let good = token(&key, "invoice:*:read").await;
    let (body, signature) = good.rsplit_once('.').unwrap();
    let zeros = format!("{body}.{}", "A".repeat(signature.len()));
    let long = "a".repeat(10_000);
    for junk in ["", "a", "a.b", "..", &long, &zeros] {
        let counted = allocation_counter::measure(|| {
            assert!(verifier.verify_jwt(junk).is_err());
        });
        assert_eq!(counted.count_total, 0, "{junk}");
    }
}
