//! Keys: published, rotated, withdrawn.

use hallpass::{
    Algorithm, Authority, SigningKey,
    authority::{IssueError, SigningError},
    key::{KeyPolicy, KeyRing},
    store::StoreErrorKind,
    testing::{Fault, StoreMethod, TestAuthority},
    verifier::{RevokedBy, VerifyError},
};

use super::support::*;

fn managed() -> KeyRing {
    let policy = KeyPolicy::new(24 * HOUR);
    KeyRing::managed(Algorithm::EdDSA, policy, TestAuthority::STARTS_AT).unwrap()
}

fn kid(authority: &Authority, now: hallpass::Timestamp) -> hallpass::id::KeyId {
    authority.key_ring().signing_key(now).unwrap().kid().clone()
}

#[tokio::test]
async fn inv_66_after_a_rotation_old_tokens_verify_and_new_ones_have_the_new_key() {
    let auth = with(|builder| builder.key_ring(managed()));
    let before = login(&auth).await;
    assert!(auth.rotate_keys().await.is_err(), "nobody has seen the next key yet");
    auth.clock().advance(10 * MINUTE - SECOND);
    assert!(auth.rotate_keys().await.is_err());
    auth.clock().advance(SECOND);
    auth.rotate_keys().await.unwrap();
    let after = auth.refresh(before.refresh_token()).await.unwrap();
    assert!(is_live(&auth, &before).await);
    assert!(is_live(&auth, &after).await);
    let header = |issued: &hallpass::authority::Issued| {
        issued.access_token().expose_secret().split('.').next().unwrap().to_owned()
    };
    assert_ne!(header(&before), header(&after));
}

#[tokio::test]
async fn a_schedule_is_kept_by_tick() {
    let policy = KeyPolicy::new(24 * HOUR).rotate_every(30 * DAY);
    let ring = KeyRing::managed(Algorithm::EdDSA, policy, TestAuthority::STARTS_AT).unwrap();
    let auth = with(|builder| builder.key_ring(ring));
    let first = kid(&auth, TestAuthority::STARTS_AT);
    let _ = auth.tick().await;
    assert_eq!(kid(&auth, TestAuthority::STARTS_AT), first);
    auth.clock().advance(30 * DAY);
    let _ = auth.tick().await;
    assert_ne!(kid(&auth, TestAuthority::STARTS_AT + 30 * DAY), first);
    assert!(is_live(&auth, &login(&auth).await).await);
}

#[tokio::test]
async fn a_withdrawn_key_is_believed_nowhere_and_signs_nowhere() {
    let ring = managed();
    let here = with(|builder| builder.key_ring(ring.clone()));
    let there = TestAuthority::sharing(here.store().clone(), here.clock().clone(), |builder| {
        builder.key_ring(ring)
    });
    here.ready().await.unwrap();
    there.ready().await.unwrap();
    let issued = login(&here).await;
    let bad = kid(&here, TestAuthority::STARTS_AT);
    here.withdraw_key(&bad).await.unwrap();
    assert!(here.verify(issued.access_token()).await.is_err());
    let error = there.verify(issued.access_token()).await.unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::Revoked { by: RevokedBy::SigningKey } | VerifyError::UnknownKey
        ),
        "{error}"
    );
    // The other instance has the key in its own ring, and must not go on signing with it.
    let next = there.refresh(issued.refresh_token()).await.unwrap();
    assert!(is_live(&there, &next).await);
    let published = there.jwks().to_json();
    assert!(!published.contains(bad.as_str()));
    assert!(here.withdraw_key(&bad).await.is_ok(), "once more is no harm");
}

#[tokio::test]
async fn a_withdrawal_that_the_store_did_not_take_is_told_later() {
    let auth = failing(|builder| builder.key_ring(managed()));
    auth.ready().await.unwrap();
    let bad = kid(&auth, TestAuthority::STARTS_AT);
    let issued = login(&auth).await;
    auth.store().fail_method(StoreMethod::Revoke, Fault::Before(StoreErrorKind::Unavailable));
    assert!(auth.withdraw_key(&bad).await.is_err());
    assert!(!is_live(&auth, &issued).await, "here it is withdrawn");
    let _ = auth.tick().await;
    assert!(auth.withdraw_key(&bad).await.is_err(), "repeating it tries again");
    assert!(auth.verifier().revocations().is_empty());
    auth.store().heal();
    let _ = auth.tick().await;
    assert_eq!(auth.verifier().revocations().len(), 1);
}

#[tokio::test]
async fn a_given_key_that_is_withdrawn_leaves_none_and_that_is_said() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let only = kid(&auth, TestAuthority::STARTS_AT);
    auth.withdraw_key(&only).await.unwrap();
    assert!(!is_live(&auth, &issued).await);
    let error = auth.issue(grant()).await.unwrap_err();
    assert!(matches!(error, IssueError::Signing(SigningError::NoKey)), "{error}");
}

/// Inv 20: a refresh that cannot sign can be tried again with the same token.
#[tokio::test]
async fn inv_20_a_signing_error_after_the_rotation_does_not_cost_the_login() {
    let broken = TestAuthority::new();
    let issued = login(&broken).await;
    let only = kid(&broken, TestAuthority::STARTS_AT);
    broken.withdraw_key(&only).await.unwrap();
    assert!(broken.refresh(issued.refresh_token()).await.is_err());
    let mended =
        TestAuthority::sharing(broken.store().clone(), broken.clock().clone(), |builder| {
            builder.signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        });
    let next = mended.refresh(issued.refresh_token()).await.unwrap();
    assert!(is_live(&mended, &next).await);
}

#[tokio::test]
async fn a_key_that_is_not_there_cannot_be_withdrawn() {
    let auth = TestAuthority::new();
    let unknown = hallpass::id::KeyId::parse("unknown").unwrap();
    assert!(auth.withdraw_key(&unknown).await.is_err());
    let _ = auth.tick().await;
    assert!(auth.verifier().revocations().is_empty(), "nobody was told");
}
