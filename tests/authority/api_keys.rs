//! API keys: made, used, changed, replaced, ended.

use std::time::Duration;

use hallpass::{
    MemoryStore, Verifier,
    authority::ApiKeyError,
    secret::MasterSecret,
    store::{ApiKeyChange, ApiKeyStore, ProofKey, StoreErrorKind},
    testing::{Fault, StoreMethod, TestAuthority},
    verifier::{RevokedBy, TokenKind, VerifyError},
};

use super::{permissions::Permissions, support::*};

#[tokio::test]
async fn a_key_reads_like_any_other_token() {
    let auth = TestAuthority::new();
    let issued = auth.issue_api_key(grant().claim("tenant", "acme"), "ci", None).await.unwrap();
    let who = auth.verify(issued.api_key()).await.unwrap();
    assert_eq!(who.kind(), TokenKind::ApiKey);
    assert_eq!((who.subject(), who.client_id()), ("ada", Some("web")));
    assert_eq!(who.expires_at(), None);
    assert!(who.allows(&("invoice", "7", "write")));
    assert_eq!(auth.api_key_id(issued.api_key()).unwrap(), issued.id());
    let listed = auth.list_api_keys(&ada(), None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "ci"));
}

#[tokio::test]
async fn what_an_api_key_cannot_hold_is_refused_not_dropped() {
    let auth = TestAuthority::new();
    let bound = grant().bound_to(ProofKey::Jkt("key".into()));
    assert!(matches!(auth.issue_api_key(bound, "ci", None).await, Err(ApiKeyError::Bound)));
    for name in ["", "a\nb", &"x".repeat(201)] {
        let refused = auth.issue_api_key(grant(), name, None).await;
        assert!(matches!(refused, Err(ApiKeyError::Name)));
    }
    let soon = TestAuthority::STARTS_AT + Duration::from_millis(900);
    assert!(auth.issue_api_key(grant(), "ci", Some(soon)).await.is_err(), "over in whole seconds");
    let short = auth.issue_api_key(grant().access_lifetime(HOUR), "ci", None).await.unwrap();
    assert_eq!(short.record().expires_at, Some(TestAuthority::STARTS_AT + HOUR));
}

#[tokio::test]
async fn an_ended_key_is_revoked_at_once_and_told_apart_from_an_unknown_one() {
    let auth = TestAuthority::new();
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    assert!(auth.verify(issued.api_key()).await.is_ok());
    assert!(auth.end_api_key(&issued.id()).await.unwrap());
    let error = auth.verify(issued.api_key()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { by: RevokedBy::Token }), "{error}");
    assert!(!auth.end_api_key(&issued.id()).await.unwrap(), "inv 65");
    let elsewhere = TestAuthority::new();
    let error = elsewhere.verify(issued.api_key()).await.unwrap_err();
    assert!(matches!(error, VerifyError::UnknownToken), "{error}");
}

#[tokio::test]
async fn a_rotated_key_works_for_the_overlap_and_one_caller_wins() {
    let auth = TestAuthority::new();
    let old = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    assert!(auth.verify(old.api_key()).await.is_ok(), "now it is cached");
    let new = auth.rotate_api_key(&old.id(), HOUR, None).await.unwrap();
    assert_eq!((new.record().expires_at, new.record().replaced_by), (None, None));
    let again = auth.rotate_api_key(&old.id(), HOUR, None).await;
    assert!(matches!(again, Err(ApiKeyError::AlreadyReplaced)));
    auth.clock().advance(HOUR - SECOND);
    assert!(auth.verify(old.api_key()).await.is_ok());
    assert!(auth.verify(new.api_key()).await.is_ok());
    auth.clock().advance(SECOND);
    assert!(auth.verify(old.api_key()).await.is_err());
    let who = auth.verify(new.api_key()).await.unwrap();
    assert_eq!(who.scope().as_str(), SCOPE);
    assert!(matches!(
        auth.rotate_api_key(&old.id(), HOUR, None).await,
        Err(ApiKeyError::NotLive | ApiKeyError::AlreadyReplaced)
    ));
}

#[tokio::test]
async fn an_expiry_only_comes_nearer() {
    let auth = TestAuthority::new();
    let at = |after| Some(TestAuthority::STARTS_AT + after);
    let issued = auth.issue_api_key(grant(), "ci", at(DAY)).await.unwrap();
    let change = |expires_at| ApiKeyChange { expires_at: Some(expires_at), ..Default::default() };
    for later in [at(DAY + SECOND), None] {
        let refused = auth.update_api_key(&issued.id(), &change(later)).await;
        assert!(matches!(refused, Err(ApiKeyError::Extended)));
    }
    let _ = auth.update_api_key(&issued.id(), &change(at(HOUR))).await.unwrap();
    let refused = auth.update_api_key(&issued.id(), &change(at(DAY))).await;
    assert!(matches!(refused, Err(ApiKeyError::Extended)), "not back again either");
    auth.clock().advance(HOUR);
    assert!(matches!(auth.verify(issued.api_key()).await, Err(VerifyError::Expired)));
}

#[tokio::test]
async fn a_change_is_the_answer_of_the_next_check() {
    let auth = TestAuthority::new();
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    assert!(auth.verify(issued.api_key()).await.unwrap().allows(&("invoice", "7", "write")));
    let change = ApiKeyChange {
        scope: Some("invoice:*:read".parse().unwrap()),
        name: Some("reader".to_owned()),
        ..Default::default()
    };
    let record = auth.update_api_key(&issued.id(), &change).await.unwrap();
    assert_eq!(record.name, "reader");
    assert!(!auth.verify(issued.api_key()).await.unwrap().allows(&("invoice", "7", "write")));
}

#[tokio::test]
async fn inv_32_a_key_gives_no_more_than_its_subject_has_now() {
    let permissions = Permissions::of("invoice:*:*");
    let auth = with(|builder| builder.permissions(permissions.clone()));
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    assert!(auth.verify(issued.api_key()).await.unwrap().allows(&("invoice", "7", "write")));
    permissions.set("invoice:*:read");
    auth.clock().advance(MINUTE);
    let who = auth.verify(issued.api_key()).await.unwrap();
    assert!(who.allows(&("invoice", "7", "read")));
    assert!(!who.allows(&("invoice", "7", "write")), "after a minute at most");
    let wide = ApiKeyChange { scope: Some("*".parse().unwrap()), ..Default::default() };
    let record = auth.update_api_key(&issued.id(), &wide).await.unwrap();
    assert_eq!(record.scope.as_str(), "invoice:*:read", "a change is narrowed as an issue is");
    permissions.fail(true);
    auth.clock().advance(MINUTE);
    assert!(matches!(auth.verify(issued.api_key()).await, Err(VerifyError::Permissions(_))));
}

#[tokio::test]
async fn last_use_is_noted_every_five_minutes_and_off_the_request_path() {
    let auth = counting();
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    let last_used = || async {
        auth.store().inner().find_api_key(&issued.id()).await.unwrap().unwrap().last_used_at
    };
    for minute in 0..=11 {
        assert!(auth.verify(issued.api_key()).await.is_ok());
        let noted = auth.store().calls(StoreMethod::TouchApiKey);
        let _ = auth.tick().await;
        let written = auth.store().calls(StoreMethod::TouchApiKey) - noted;
        assert_eq!(written, u64::from(minute % 5 == 0), "minute {minute}");
        auth.clock().advance(MINUTE);
    }
    assert_eq!(last_used().await, Some(TestAuthority::STARTS_AT + 10 * MINUTE));
}

#[tokio::test]
async fn a_store_that_fails_refuses_a_key_that_is_not_cached() {
    let auth = failing(|builder| builder);
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    auth.ready().await.unwrap();
    auth.store().fail_method(StoreMethod::FindApiKey, Fault::Before(StoreErrorKind::Unavailable));
    assert!(matches!(auth.verify(issued.api_key()).await, Err(VerifyError::Store(_))));
    auth.store().heal();
    assert!(auth.verify(issued.api_key()).await.is_ok());
    auth.store().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    assert!(auth.verify(issued.api_key()).await.is_ok(), "cached, and the feed is fresh");
    auth.clock().advance(6 * SECOND);
    assert!(auth.verify(issued.api_key()).await.is_err(), "the feed is not: the row must decide");
}

/// Both halves of the builder take a store by value or shared.
#[tokio::test]
async fn a_resource_server_checks_keys_with_store_and_secret() {
    let secret = [3; 32];
    let auth = with(|builder| builder.master_secret(MasterSecret::from_bytes(secret)));
    let issued = auth.issue_api_key(grant(), "ci", None).await.unwrap();
    let builder = || {
        Verifier::builder(TestAuthority::ISSUER)
            .audience(TestAuthority::AUDIENCE)
            .jwks(&auth.jwks())
            .clock(auth.clock().clone())
    };
    let verifier = builder()
        .api_keys(auth.store().clone(), MasterSecret::from_bytes(secret))
        .revocations(auth.store().clone())
        .build()
        .unwrap();
    assert_eq!(verifier.verify(issued.api_key()).await.unwrap().subject(), "ada");
    let _ = auth.revoke(issued.api_key()).await.unwrap();
    assert!(verifier.verify(issued.api_key()).await.is_err());

    let elsewhere = builder()
        .api_keys(MemoryStore::new(), MasterSecret::from_bytes(secret))
        .stateless()
        .build()
        .unwrap();
    let error = elsewhere.verify(issued.api_key()).await.unwrap_err();
    assert!(matches!(error, VerifyError::UnknownToken), "{error}");
}

/// The successor has the rights of the key that it replaces, and a life of its own.
#[tokio::test]
async fn a_successor_starts_anew() {
    let auth = TestAuthority::new();
    let (soon, later) = (TestAuthority::STARTS_AT + HOUR, TestAuthority::STARTS_AT + 2 * HOUR);
    let old = auth.issue_api_key(grant(), "ci", Some(soon)).await.unwrap();
    assert!(auth.verify(old.api_key()).await.is_ok());
    let _ = auth.tick().await;
    let used = auth.store().find_api_key(&old.id()).await.unwrap().unwrap();
    assert!(used.last_used_at.is_some());
    let new = auth.rotate_api_key(&old.id(), 2 * HOUR, Some(later)).await.unwrap();
    let kept = auth.store().find_api_key(&new.id()).await.unwrap().unwrap();
    assert_eq!(kept.expires_at, Some(later));
    assert_eq!((kept.last_used_at, kept.replaced_by, kept.ended), (None, None, None));
    assert_eq!((kept.subject, kept.scope), (used.subject, used.scope));
}
