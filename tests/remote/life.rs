//! Knows that a verifier outlives its issuer's absences and follows its rotations.
//! Must not know how often the issuer is asked; `freshness` and `floods` do.

use std::time::{Duration, Instant};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, key::KeyPolicy, secret::MasterSecret,
    testing::TestAuthority, verifier::VerifyError,
};

use crate::{
    server::{Server, reply, reserve, script},
    world::*,
};

#[tokio::test]
async fn a_verifier_starts_while_the_issuer_is_down_and_recovers() {
    let address = reserve().await;
    let auth = TestAuthority::new();
    let verifier = verifier(auth.clock(), format!("http://{address}/jwks"));
    let token = token(&auth);

    assert!(trouble(verifier.verify_jwt(&token)).contains("was not asked yet"));
    let text = trouble(verifier.ready().await);
    assert!(text.contains("the issuer did not answer; the server cannot be reached"), "{text}");
    assert!(trouble(verifier.verify(&token).await).contains("did not answer"));
    assert!(trouble(verifier.verify_jwt(&token)).contains("did not answer"));
    // Junk is junk, whether there are keys or not.
    for junk in ["x", "a.b.c", "e30.e30.AA"] {
        let error = verifier.verify(junk).await.unwrap_err();
        assert!(!matches!(error, VerifyError::Keys(_)), "{junk}: {error}");
    }

    let server = Server::start_at(address, always(keys())).await;
    auth.clock().advance(SECOND);
    assert_eq!(verifier.verify(&token).await.unwrap().subject(), "ada");
    assert!(verifier.verify_jwt(&token).is_ok());
    verifier.ready().await.unwrap();
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn the_background_work_alone_recovers_it() {
    let address = reserve().await;
    let auth = TestAuthority::new();
    let verifier = verifier(auth.clock(), format!("http://{address}/jwks"));
    let token = token(&auth);
    let mut waits = Vec::new();
    for _ in 0..4 {
        let wait = verifier.tick().await;
        waits.push(wait.as_secs());
        auth.clock().advance(wait);
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    let _server = Server::start_at(address, always(keys())).await;
    assert_eq!(verifier.tick().await, MINUTE, "nothing is due sooner");
    assert!(verifier.verify_jwt(&token).is_ok());
}

#[tokio::test]
async fn a_rotation_is_survived_with_and_without_lead() {
    let clock = TestAuthority::new().clock().clone();
    let store = shared(MemoryStore::new());
    let authority = Authority::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .managed_keys(store.clone(), Algorithm::ES256, KeyPolicy::new(24 * HOUR))
        .master_secret(MasterSecret::from_bytes([7; 32]))
        .store(store)
        .clock(clock.clone())
        .build()
        .unwrap();
    authority.ready().await.unwrap();
    let issuer = authority.clone();
    let server = serving(move || reply(200, issuer.jwks().to_json())).await;
    let verifier = verifier(&clock, server.url("/jwks"));
    let mint = async || {
        let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web");
        authority.issue_access(grant).await.unwrap()
    };
    let first = mint().await;
    assert!(verifier.verify(first.access_token()).await.is_ok());

    // With its lead the next key is known before it signs: no token waits for a request.
    clock.advance(10 * MINUTE);
    authority.rotate_keys().await.unwrap();
    let asked = server.requests();
    let second = mint().await;
    assert!(verifier.verify_jwt(second.access_token()).is_ok());
    assert_eq!(server.requests(), asked);

    // Without: the first token under it makes the verifier look.
    clock.advance(SECOND);
    verifier.tick().await;
    authority.rotate_keys_now().await.unwrap();
    authority.rotate_keys_now().await.unwrap();
    let third = mint().await;
    assert!(matches!(verifier.verify_jwt(third.access_token()), Err(VerifyError::UnknownKey)));
    assert!(verifier.verify(third.access_token()).await.is_ok());
    for token in [&first, &second, &third] {
        assert!(verifier.verify_jwt(token.access_token()).is_ok());
    }
}

#[tokio::test]
async fn a_request_does_not_wait_for_keys_that_are_only_stale() {
    let slow = Duration::from_secs(1);
    let server = Server::start(script({
        let first = std::sync::atomic::AtomicBool::new(true);
        move |_| match first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            true => keys(),
            false => keys().after(slow),
        }
    }))
    .await;
    let (auth, verifier) = pair(&server);
    let token = token(&auth);
    assert!(verifier.verify(&token).await.is_ok());
    auth.clock().advance(5 * MINUTE);
    let began = Instant::now();
    for _ in 0..100 {
        assert!(verifier.verify(&token).await.is_ok());
    }
    assert!(began.elapsed() < slow, "{:?}", began.elapsed());
    eventually(|| server.requests() == 2).await;
    // The background work does not begin it again.
    while verifier.tick().await < MINUTE {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn old_keys_are_believed_until_the_limit_and_no_longer() {
    let server = serving(keys).await;
    let (auth, verifier) = pair(&server);
    let token = token(&auth);
    assert!(verifier.verify(&token).await.is_ok());
    let address = server.stop().await;
    auth.clock().advance(30 * MINUTE);
    for _ in 0..30 {
        assert!(verifier.verify(&token).await.is_ok());
        verifier.ready().await.unwrap();
        verifier.tick().await;
        auth.clock().advance(MINUTE - SECOND);
    }
    auth.clock().advance(30 * SECOND - Duration::from_millis(1));
    assert!(verifier.verify(&token).await.is_ok());
    // While what we know is old, a new name may be a new key's: that is no fault of the token.
    assert!(trouble(verifier.verify(&naming("new")).await).contains("old"));
    auth.clock().advance(Duration::from_millis(1));
    assert!(trouble(verifier.verify(&token).await).contains("did not answer"));
    trouble(verifier.verify_jwt(&token));
    trouble(verifier.ready().await);
    // Neither does setting the wall clock back make old keys young.
    auth.clock().step_back(HOUR);
    trouble(verifier.verify_jwt(&token));

    let _server = Server::start_at(address, always(keys())).await;
    auth.clock().advance(30 * SECOND);
    verifier.ready().await.unwrap();
    assert!(verifier.verify_jwt(&token).is_ok());
}

/// A key that is withdrawn in an emergency may be the only one.
#[tokio::test]
async fn an_issuer_that_takes_all_its_keys_back_is_obeyed() {
    let answers = shared(std::sync::Mutex::new(jwks()));
    let served = answers.clone();
    let server = serving(move || reply(200, served.lock().unwrap().clone())).await;
    let (auth, verifier) = pair(&server);
    let token = token(&auth);
    assert!(verifier.verify(&token).await.is_ok());
    *answers.lock().unwrap() = r#"{"keys":[]}"#.to_owned();
    auth.clock().advance(5 * MINUTE);
    verifier.tick().await;
    assert!(trouble(verifier.verify_jwt(&token)).contains("no key that can be used"));
    assert!(trouble(verifier.ready().await).contains("no key that can be used"));
    *answers.lock().unwrap() = jwks();
    auth.clock().advance(30 * SECOND);
    assert!(verifier.verify(&token).await.is_ok());
}
