//! Knows that nobody can make a verifier flood its issuer (INVARIANTS 70).
//! Must not know what the keys are.

use std::{sync::Arc, time::Duration};

use hallpass::{remote::RemoteJwks, testing::TestAuthority, verifier::VerifyError};
use tokio::task::JoinSet;

use crate::{server::reply, world::*};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_unknown_names_are_five_requests_a_minute() {
    let server = serving(keys).await;
    let (auth, verifier) = pair(&server);
    verifier.ready().await.unwrap();
    assert_eq!(server.requests(), 1);
    for n in 0..500 {
        let error = verifier.verify(&naming(&format!("one-{n}"))).await.unwrap_err();
        assert!(matches!(error, VerifyError::UnknownKey), "{error}");
    }
    assert_eq!(server.requests(), 6);
    let mut tasks = JoinSet::new();
    for n in 0..500 {
        let verifier = verifier.clone();
        tasks.spawn(async move { verifier.verify(&naming(&format!("two-{n}"))).await.is_err() });
    }
    assert!(tasks.join_all().await.into_iter().all(|refused| refused));
    assert_eq!(server.requests(), 6);
    // Good tokens never notice.
    assert!(verifier.verify(&token(&auth)).await.is_ok());

    auth.clock().advance(MINUTE - SECOND);
    assert!(verifier.verify(&naming("still")).await.is_err());
    assert_eq!(server.requests(), 6);
    auth.clock().advance(SECOND);
    for n in 0..100 {
        assert!(verifier.verify(&naming(&format!("three-{n}"))).await.is_err());
    }
    assert_eq!(server.requests(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_at_once_share_a_request() {
    let pause = Duration::from_millis(300);
    let server = serving(move || keys().after(pause)).await;
    let (_auth, verifier) = pair(&server);
    verifier.ready().await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..100 {
        let verifier = verifier.clone();
        tasks.spawn(async move { verifier.verify(&naming(&format!("new-{n}"))).await.is_err() });
    }
    assert!(tasks.join_all().await.into_iter().all(|refused| refused));
    // One, and one more for those that came while it was under way.
    assert!((2..=3).contains(&server.requests()), "{}", server.requests());
}

#[tokio::test]
async fn the_limit_is_the_hosts() {
    for limit in [0_u16, 1, 12] {
        let server = serving(keys).await;
        let clock = TestAuthority::new().clock().clone();
        let keys = RemoteJwks::at(server.url("/jwks")).refetches_per_minute(limit);
        let verifier = verifier(&clock, keys);
        verifier.ready().await.unwrap();
        for n in 0..50 {
            assert!(verifier.verify(&naming(&n.to_string())).await.is_err());
        }
        assert_eq!(server.requests(), 1 + usize::from(limit));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_first_verifications_are_one_request() {
    let server = serving(|| keys().after(Duration::from_millis(200))).await;
    let (auth, verifier) = pair(&server);
    let token: Arc<str> = token(&auth).into();
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let (verifier, token) = (verifier.clone(), Arc::clone(&token));
        tasks.spawn(async move { verifier.verify(&*token).await.is_ok() });
    }
    assert!(tasks.join_all().await.into_iter().all(|accepted| accepted));
    assert_eq!(server.requests(), 1);
}

/// Without this an attacker who sends junk and hangs up keeps new keys from ever being read.
#[tokio::test]
async fn a_request_that_is_given_up_does_not_end_the_read_it_began() {
    let server = serving(|| keys().after(Duration::from_millis(100))).await;
    let (auth, verifier) = pair(&server);
    let good = token(&auth);
    let given_up = tokio::time::timeout(Duration::from_millis(10), verifier.verify(&good)).await;
    assert!(given_up.is_err());
    eventually(|| verifier.verify_jwt(&good).is_ok()).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_issuer_in_trouble_is_left_alone() {
    let server = serving(|| reply(500, "trouble")).await;
    let (auth, verifier) = pair(&server);
    let token = token(&auth);
    for _ in 0..1000 {
        assert!(trouble(verifier.verify(&token).await).contains("the status was 500"));
        trouble(verifier.ready().await);
    }
    assert_eq!(server.requests(), 1);
    // An hour of a token a second, each naming another key.
    for n in 0..3600 {
        auth.clock().advance(SECOND);
        trouble(verifier.verify(&naming(&n.to_string())).await);
    }
    assert!((120..=126).contains(&server.requests()), "{}", server.requests());
}
