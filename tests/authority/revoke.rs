//! Revoke: how access is taken back, and how far that reaches.

use hallpass::{
    authority::{Revocation, RevokeError},
    store::StoreErrorKind,
    testing::{Fault, StoreMethod, TestAuthority},
    verifier::{RevokedBy, VerifyError},
};

use super::support::*;

#[tokio::test]
async fn an_access_token_alone() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(auth.revoke(issued.access_token()).await.unwrap(), Revocation::AccessToken);
    let error = auth.verify(issued.access_token()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { by: RevokedBy::Token }), "{error}");
    assert!(is_live(&auth, &next).await);
    assert!(auth.refresh(next.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn inv_13_a_refresh_token_with_its_whole_session_and_nothing_else() {
    let auth = TestAuthority::new();
    let (issued, other) = (login(&auth).await, login(&auth).await);
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    let revoked = auth.revoke(issued.refresh_token()).await.unwrap();
    assert_eq!(revoked, Revocation::Session(issued.session_id()), "an old generation will do");
    assert!(!is_live(&auth, &issued).await);
    assert!(!is_live(&auth, &next).await);
    assert!(is_live(&auth, &other).await);
}

#[tokio::test]
async fn inv_65_revoking_again_or_nothing_at_all_is_no_error() {
    let auth = TestAuthority::new();
    let stranger = TestAuthority::configured(hallpass::MemoryStore::new(), |builder| {
        builder.master_secret(hallpass::secret::MasterSecret::from_bytes([9; 32]))
    });
    let issued = login(&auth).await;
    let _ = auth.revoke(issued.refresh_token()).await.unwrap();
    let foreign = login(&stranger).await;
    for _ in 0..2 {
        for nothing in [text(&issued), text(&foreign), "junk", ""] {
            assert_eq!(auth.revoke(nothing).await.unwrap(), Revocation::Nothing);
        }
        assert!(!auth.end_session(&issued.session_id()).await.unwrap());
        assert!(!auth.end_session(&foreign.session_id()).await.unwrap());
    }
    for token in [
        auth.token("ada").expired(),
        auth.token("ada").wrong_issuer(),
        auth.token("ada").wrong_key(),
    ] {
        assert_eq!(auth.revoke(&token.mint()).await.unwrap(), Revocation::Nothing);
    }
    // The second time is as good as the first.
    let again = login(&auth).await;
    for _ in 0..2 {
        assert_eq!(auth.revoke(again.access_token()).await.unwrap(), Revocation::AccessToken);
    }
}

#[tokio::test]
async fn inv_62_one_record_for_all_that_a_subject_has() {
    let auth = TestAuthority::new();
    let mut issued = Vec::new();
    for _ in 0..20 {
        issued.push(login(&auth).await);
    }
    let alone = auth.issue_access(grant()).await.unwrap();
    let other = auth.token("bob").mint();
    let key = auth.issue_api_key(grant(), "script", None).await.unwrap();
    let counts = auth.revoke_subject(&ada()).await.unwrap();
    assert_eq!((counts.sessions, counts.api_keys), (20, 1));
    assert_eq!(auth.verifier().revocations().len(), 1);
    for issued in &issued {
        assert!(!is_live(&auth, issued).await);
        assert!(auth.refresh(issued.refresh_token()).await.is_err());
    }
    let error = auth.verify(alone.access_token()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { by: RevokedBy::Subject }), "{error}");
    let error = auth.verify(key.api_key()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { by: RevokedBy::Subject }), "{error}");
    assert!(auth.verify(&other).await.is_ok());
    let again = auth.revoke_subject(&ada()).await.unwrap();
    assert_eq!((again.sessions, again.api_keys), (0, 0));
}

#[tokio::test]
async fn signing_out_everywhere_keeps_api_keys() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let key = auth.issue_api_key(grant(), "script", None).await.unwrap();
    assert!(auth.verify(key.api_key()).await.is_ok());
    let counts = auth.sign_out_everywhere(&ada()).await.unwrap();
    assert_eq!((counts.sessions, counts.api_keys), (1, 0));
    assert!(!is_live(&auth, &issued).await);
    assert!(auth.verify(key.api_key()).await.is_ok());
}

#[tokio::test]
async fn a_client_and_a_subject_at_a_client() {
    let auth = TestAuthority::new();
    let at_web = login(&auth).await;
    let at_phone = auth.issue(grant().client("phone")).await.unwrap();
    let bob = auth.issue(hallpass::Grant::new("bob", SCOPE.parse().unwrap()).client("web")).await;
    let bob = bob.unwrap();
    let _ = auth.revoke_subject_at_client(&ada(), &client("web")).await.unwrap();
    assert!(!is_live(&auth, &at_web).await);
    assert!(is_live(&auth, &at_phone).await);
    assert!(is_live(&auth, &bob).await);
    let counts = auth.revoke_client(&client("web")).await.unwrap();
    assert_eq!(counts.sessions, 1);
    assert!(!is_live(&auth, &bob).await);
    assert!(is_live(&auth, &at_phone).await);
}

/// A record outlives every token that it covers.
#[tokio::test]
async fn inv_62_a_record_lives_as_long_as_the_last_token() {
    let auth = with(|builder| {
        builder.policy(hallpass::authority::Policy::new().access_lifetime(24 * HOUR))
    });
    let issued = login(&auth).await;
    let _ = auth.revoke_subject(&ada()).await.unwrap();
    for _ in 0..49 {
        let _ = auth.tick().await;
        let error = auth.verify(issued.access_token()).await.unwrap_err();
        assert!(
            matches!(error, VerifyError::Revoked { .. } | VerifyError::Expired),
            "never accepted: {error}"
        );
        auth.clock().advance(HOUR / 2);
    }
    auth.clock().advance(24 * HOUR);
    let _ = auth.tick().await;
    let pruned = auth.prune(100).await.unwrap();
    assert!(auth.verifier().revocations().is_empty(), "and not for ever: {pruned:?}");
}

/// A session ends for every token that it has, also for those that a clock set back made look
/// older than their session.
#[tokio::test]
async fn inv_38_a_clock_set_back_hides_no_token_from_its_sessions_end() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    auth.clock().step_back(HOUR);
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    assert!(is_live(&auth, &next).await);
    assert!(auth.end_session(&issued.session_id()).await.unwrap());
    assert!(!is_live(&auth, &next).await);

    let issued = login(&auth).await;
    auth.clock().step_back(HOUR);
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    let _ = auth.revoke_subject(&ada()).await.unwrap();
    assert!(!is_live(&auth, &next).await);

    let alone = auth.issue_access(grant()).await.unwrap();
    assert_eq!(auth.revoke(alone.access_token()).await.unwrap(), Revocation::AccessToken);
    assert!(auth.verify(alone.access_token()).await.is_err());
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_repeating_is_safe() {
    let auth = failing(|builder| builder);
    let issued = login(&auth).await;
    for fault in
        [Fault::Before(StoreErrorKind::Unavailable), Fault::After(StoreErrorKind::Unavailable)]
    {
        auth.store().fail_next_of(StoreMethod::EndSession, 1, fault);
        let error = auth.revoke(issued.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RevokeError::Unavailable(_)), "{error}");
    }
    let _ = auth.revoke(issued.refresh_token()).await.unwrap();
    assert!(!is_live(&auth, &issued).await);
}
