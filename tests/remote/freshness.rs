//! Knows how often the issuer is asked: as its answers say, within our bounds.
//! Must not know how `Cache-Control` is parsed.

use crate::{server::Server, world::*};

/// How many seconds after a read the next one happens.
async fn next_read(cache_control: Option<&str>, age: Option<&str>) -> u64 {
    let mut answer = keys();
    for (name, value) in [("Cache-Control", cache_control), ("Age", age)] {
        if let Some(value) = value {
            answer = answer.header(name, value);
        }
    }
    let server = Server::start(always(answer)).await;
    let (auth, verifier) = pair(&server);
    let token = token(&auth);
    assert!(verifier.verify(&token).await.is_ok());
    for second in 1..=400 {
        auth.clock().advance(SECOND);
        verifier.tick().await;
        assert!(verifier.verify(&token).await.is_ok());
        if server.requests() > 1 {
            assert_eq!(server.requests(), 2);
            return second;
        }
    }
    panic!("it was never read again");
}

#[tokio::test]
async fn the_answer_says_how_long_it_is_fresh_within_bounds() {
    for (cache_control, age, expected) in [
        (None, None, 300),
        (Some("public, max-age=60"), None, 60),
        (Some("max-age=120"), Some("50"), 70),
        (Some("max-age=0"), None, 30),
        (Some("no-store"), None, 30),
        (Some("max-age=86400"), None, 300),
        (Some("max-age=banana"), None, 30),
    ] {
        assert_eq!(next_read(cache_control, age).await, expected, "{cache_control:?}");
    }
}

#[tokio::test]
async fn a_known_key_needs_no_request() {
    let server = serving(keys).await;
    let (auth, verifier) = pair(&server);
    verifier.ready().await.unwrap();
    server.stop().await;
    let token = token(&auth);
    for _ in 0..1000 {
        assert!(verifier.verify(&token).await.is_ok());
    }
}
