//! Verify: what is accepted, and what is known of revocation when it is.

use std::{sync::Arc, time::Duration};

use hallpass::{
    MemoryStore, Verifier,
    store::{SessionStore, StoreErrorKind},
    testing::{CountingStore, Fault, StoreMethod, TestAuthority},
    verifier::{FailureKind, VerifyError},
};

use super::support::*;

fn verifier_on<S: hallpass::store::Store>(auth: &TestAuthority<S>) -> Verifier {
    Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .jwks(&auth.jwks())
        .revocations(Arc::clone(auth.store()))
        .clock(auth.clock().clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn inv_69_each_wrong_token_has_its_own_refusal() {
    let auth = TestAuthority::new();
    let token = || auth.token("ada").scope(SCOPE);
    assert!(auth.verify(&token().mint()).await.is_ok());
    for (wrong, expected) in [
        (token().expired(), "the token has expired"),
        (token().not_yet_valid(), "the token is not valid yet"),
        (token().wrong_audience(), "the token is for another audience"),
        (token().wrong_issuer(), "the token was issued by another issuer"),
        (token().wrong_key(), "the signature does not hold"),
        (token().id_token_like(), "the token's type is not that of an access token"),
        (token().lifetime(25 * HOUR), "the token's lifetime is too long"),
    ] {
        let error = auth.verify(&wrong.clone().mint()).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{wrong:?}");
        assert_eq!(error.kind(), FailureKind::BadCredential);
    }
}

#[tokio::test]
async fn inv_35_the_instant_of_expiry_is_expired_and_39_the_leeway_is_for_jwts_alone() {
    let auth = with(|builder| builder.leeway(Duration::ZERO));
    let issued = login(&auth).await;
    let key = auth
        .issue_api_key(grant(), "key", Some(TestAuthority::STARTS_AT + 10 * MINUTE))
        .await
        .unwrap();
    auth.clock().advance(10 * MINUTE - Duration::from_millis(1));
    assert!(is_live(&auth, &issued).await);
    assert!(auth.verify(key.api_key()).await.is_ok());
    auth.clock().advance(Duration::from_millis(1));
    assert!(matches!(auth.verify(issued.access_token()).await, Err(VerifyError::Expired)));
    assert!(auth.verify(key.api_key()).await.is_err());

    // With a leeway the JWT goes on for just as long, and nothing else does.
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let deadline = issued.session_expires_at();
    let key = auth.issue_api_key(grant(), "key", Some(issued.expires_at())).await.unwrap();
    auth.clock().advance(10 * MINUTE + Duration::from_millis(29_999));
    assert!(is_live(&auth, &issued).await);
    assert!(auth.verify(key.api_key()).await.is_err());
    auth.clock().advance(Duration::from_millis(1));
    assert!(!is_live(&auth, &issued).await);
    auth.clock().set(deadline);
    assert!(auth.refresh(issued.refresh_token()).await.is_err());
}

#[tokio::test]
async fn inv_42_a_token_is_refused_at_every_door_but_its_own() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let key = auth.issue_api_key(grant(), "key", None).await.unwrap();
    let verify = auth.verify(issued.refresh_token()).await;
    assert!(matches!(verify, Err(VerifyError::WrongKind)));
    assert!(auth.refresh(issued.access_token()).await.is_err());
    assert!(auth.refresh(key.api_key()).await.is_err());
    assert!(auth.api_key_id(issued.refresh_token()).is_err());
    // The same body under another prefix fails its checksum, and its seal behind that.
    let body = text(&issued).strip_prefix("hp_rt_").unwrap();
    assert!(auth.verify(&format!("hp_ak_{body}")).await.is_err());
}

#[tokio::test]
async fn a_jwt_costs_no_store_call_while_the_feed_is_fresh() {
    let auth = counting();
    let issued = login(&auth).await;
    auth.ready().await.unwrap();
    auth.store().reset();
    for _ in 0..100 {
        assert!(is_live(&auth, &issued).await);
    }
    assert_eq!(auth.store().total(), 0);
    auth.clock().advance(Duration::from_millis(500));
    for _ in 0..100 {
        assert!(is_live(&auth, &issued).await);
    }
    assert_eq!(auth.store().total(), 1, "one poll when it is due");
}

#[tokio::test]
async fn inv_61_every_verifier_of_the_process_refuses_at_once() {
    let auth = TestAuthority::new();
    let other = verifier_on(&auth);
    other.ready().await.unwrap();
    let issued = login(&auth).await;
    assert!(other.verify(issued.access_token()).await.is_ok());
    let _ = auth.revoke(issued.refresh_token()).await.unwrap();
    let refused = other.verify_jwt(issued.access_token());
    assert!(matches!(refused, Err(VerifyError::Revoked { .. })));
    assert!(auth.verifier().verify_jwt(issued.access_token()).is_err());
}

#[tokio::test]
async fn inv_63_a_verifier_that_starts_reads_what_was_revoked_before_it_accepts() {
    let auth = failing(|builder| builder);
    let issued = login(&auth).await;
    let _ = auth.revoke(issued.refresh_token()).await.unwrap();
    let restarted = verifier_on(&auth);
    let refused = restarted.verify_jwt(issued.access_token());
    assert!(matches!(refused, Err(VerifyError::Stale)), "nothing was read yet");
    auth.store()
        .fail_method(StoreMethod::ReadRevocations, Fault::Before(StoreErrorKind::Unavailable));
    assert!(restarted.ready().await.is_err());
    assert!(matches!(restarted.verify(issued.access_token()).await, Err(VerifyError::Stale)));
    auth.store().heal();
    restarted.ready().await.unwrap();
    let refused = restarted.verify(issued.access_token()).await;
    assert!(matches!(refused, Err(VerifyError::Revoked { .. })));
}

#[tokio::test]
async fn staleness_fails_closed_and_opens_only_by_name() {
    let auth = failing(|builder| builder);
    let open = failing(|builder| builder.dangerous_allow_stale());
    for auth in [&auth, &open] {
        auth.ready().await.unwrap();
        auth.store().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    }
    let token = auth.token("ada").mint();
    auth.clock().advance(5 * SECOND);
    open.clock().advance(5 * SECOND);
    assert!(auth.verify(&token).await.is_ok(), "old, and not too old");
    auth.clock().advance(Duration::from_millis(1));
    open.clock().advance(Duration::from_millis(1));
    let error = auth.verify(&token).await.unwrap_err();
    assert!(matches!(error, VerifyError::Stale));
    assert_eq!(error.kind(), FailureKind::Unavailable);
    assert!(open.verify(&token).await.is_ok());
    // The wall clock set back does not make it fresh.
    auth.clock().step_back(HOUR);
    assert!(!auth.verifier().is_fresh());
    auth.store().heal();
    auth.clock().step_forward(HOUR);
    auth.clock().advance(SECOND);
    assert!(auth.verify(&token).await.is_ok());
}

/// A store that answers slowly is asked once, not for ever.
#[tokio::test]
async fn ready_ends_even_if_its_answer_is_stale_on_arrival() {
    #[derive(Debug)]
    struct Slow(MemoryStore, hallpass::testing::TestClock);

    #[async_trait::async_trait]
    impl hallpass::store::RevocationFeed for Slow {
        async fn read_revocations(
            &self,
            after: Option<&hallpass::store::Cursor>,
            limit: u32,
        ) -> Result<hallpass::store::FeedPage, hallpass::store::StoreError> {
            self.1.advance(MINUTE);
            self.0.read_revocations(after, limit).await
        }

        async fn changed(&self) {
            self.0.changed().await;
        }

        fn subscribe(&self, sink: std::sync::Weak<dyn hallpass::store::RevocationSink>) {
            self.0.subscribe(sink);
        }
    }

    let auth = TestAuthority::new();
    let verifier = Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .jwks(&auth.jwks())
        .revocations(Slow(MemoryStore::new(), auth.clock().clone()))
        .clock(auth.clock().clone())
        .build()
        .unwrap();
    verifier.ready().await.unwrap();
    assert!(!verifier.is_fresh());
}

#[tokio::test]
async fn inv_24_junk_reaches_no_store() {
    let auth = TestAuthority::on(CountingStore::new(MemoryStore::new()));
    for junk in ["", ".", "a.b.c", "hp_rt_", "hp_ak_x", "hp_ac_x", "hp_cs_x", &"x".repeat(9_000)] {
        assert!(auth.verify(junk).await.is_err());
        assert!(auth.refresh(junk).await.is_err());
        let revoked = auth.revoke(junk).await.unwrap();
        assert_eq!(revoked, hallpass::authority::Revocation::Nothing);
    }
    assert!(auth.verify(&auth.token("ada").wrong_key().mint()).await.is_err());
    assert_eq!(auth.store().total(), 0, "not even to get ready");
}

#[tokio::test]
async fn inv_43_every_single_character_change_is_refused_without_the_store() {
    let auth = counting();
    let issued = login(&auth).await;
    let key = auth.issue_api_key(grant(), "key", None).await.unwrap();
    auth.store().reset();
    let alphabet: Vec<char> =
        ('0'..='9').chain('A'..='Z').chain('a'..='z').chain("-_.=+/ ~é".chars()).collect();
    for good in [text(&issued), key.api_key().expose_secret()] {
        let chars: Vec<char> = good.chars().collect();
        for at in 0..chars.len() {
            for other in alphabet.iter().filter(|other| **other != chars[at]) {
                let mut changed = chars.clone();
                changed[at] = *other;
                let changed: String = changed.into_iter().collect();
                assert!(auth.refresh(&changed).await.is_err(), "{at} {other}");
                assert!(auth.verify(&changed).await.is_err(), "{at} {other}");
                let _ = auth.revoke(&changed).await.unwrap();
            }
            let cut: String = chars[..at].iter().collect();
            assert!(auth.refresh(&cut).await.is_err());
            assert!(auth.verify(&cut).await.is_err());
        }
    }
    assert_eq!(auth.store().total(), 0);
    assert!(auth.refresh(issued.refresh_token()).await.is_ok(), "the good one was not harmed");
}

#[tokio::test]
async fn inv_45_opaque_tokens_are_token68_and_never_the_same() {
    let auth = TestAuthority::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let issued = login(&auth).await;
        let token = text(&issued).to_owned();
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b)));
        assert!(seen.insert(token));
    }
}

#[tokio::test]
async fn inv_18_a_session_without_its_row_is_refused() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let empty = with(|builder| builder);
    let error = empty.refresh(issued.refresh_token()).await.unwrap_err();
    assert!(matches!(error, hallpass::authority::RefreshError::StateRollback), "{error}");
    assert!(auth.store().find_session(&issued.session_id()).await.unwrap().is_some());
}
