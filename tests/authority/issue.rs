//! Issue: what a grant becomes.

use std::collections::HashSet;

use hallpass::{
    Grant, MemoryStore, Timestamp,
    authority::{IssueError, Policy},
    scope::{Limits, Negotiation, OmittedScope, Scope},
    store::{ProofKey, StoreErrorKind},
    testing::{Fault, TestAuthority},
};

use super::support::*;

#[tokio::test]
async fn a_grant_becomes_two_tokens_that_say_what_was_granted() {
    let auth = TestAuthority::new();
    let grant =
        grant().claim("tenant", "acme").roles(["clerk"]).auth_time(TestAuthority::STARTS_AT);
    let issued = auth.issue(grant).await.unwrap();
    let who = auth.verify(issued.access_token()).await.unwrap();
    assert_eq!(who.subject(), "ada");
    assert_eq!(who.client_id(), Some("web"));
    assert_eq!(who.scope().as_str(), SCOPE);
    assert_eq!(who.session_id(), Some(issued.session_id()));
    assert_eq!(who.token_id(), Some(issued.token_id()));
    assert_eq!(who.roles().collect::<Vec<_>>(), ["clerk"]);
    assert_eq!(who.expires_at(), Some(issued.expires_at()));
    let body: serde_json::Value = serde_json::from_str(issued.into_response().body()).unwrap();
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], SCOPE);
}

#[tokio::test]
async fn inv_05_every_access_token_has_an_id_of_its_own() {
    let auth = TestAuthority::new();
    let mut seen = HashSet::new();
    for _ in 0..50 {
        assert!(seen.insert(login(&auth).await.token_id()));
        assert!(seen.insert(auth.issue_access(grant()).await.unwrap().token_id()));
    }
}

/// With a session and without one, whoever may grant what is asked for.
#[tokio::test]
async fn no_scope_is_granted_beyond_the_limits() {
    let limits = Limits::default().items(2);
    let auth = with(|builder| builder.negotiation(Negotiation::new().limits(limits)));
    for (text, fits) in [("a:1:read b:1:read", true), ("a:1:read b:1:read c:1:read", false)] {
        let grant = || Grant::new("ada", text.parse().unwrap());
        assert_eq!(auth.issue(grant()).await.is_ok(), fits);
        assert_eq!(auth.issue_access(grant()).await.is_ok(), fits);
    }
}

/// Also the defect "empty scope stored as inherit everything".
#[tokio::test]
async fn an_empty_scope_never_means_everything() {
    for omitted in [OmittedScope::Inherit, OmittedScope::Default("*".parse().unwrap())] {
        let auth = with(|builder| builder.negotiation(Negotiation::new().omitted(omitted)));
        let issued = auth.issue(Grant::new("ada", Scope::empty())).await.unwrap();
        assert!(issued.scope().is_empty());
        let next = auth.refresh(issued.refresh_token()).await.unwrap();
        let who = auth.verify(next.access_token()).await.unwrap();
        assert!(!who.allows(&("invoice", "7", "read")));
        let key = auth.issue_api_key(Grant::new("ada", Scope::empty()), "key", None).await.unwrap();
        let who = auth.verify(key.api_key()).await.unwrap();
        assert!(!who.allows(&("invoice", "7", "read")));
    }
}

#[tokio::test]
async fn a_lifetime_of_nothing_is_refused_and_none_given_is_not_now() {
    let auth = TestAuthority::new();
    for lifetime in [std::time::Duration::ZERO, std::time::Duration::from_millis(999)] {
        let short = || grant().access_lifetime(lifetime);
        assert!(matches!(auth.issue(short()).await, Err(IssueError::Expired)));
        assert!(matches!(auth.issue_access(short()).await, Err(IssueError::Expired)));
    }
    let past = grant().access_until(TestAuthority::STARTS_AT);
    assert!(matches!(auth.issue(past).await, Err(IssueError::Expired)));
    let minted = auth.issue_access(grant()).await.unwrap();
    assert_eq!(minted.expires_at(), TestAuthority::STARTS_AT + 10 * MINUTE);
}

/// An end that the grant names holds for a session, too, and for all that comes of it.
#[tokio::test]
async fn access_until_ends_the_session() {
    let auth = TestAuthority::new();
    let until = TestAuthority::STARTS_AT + 15 * MINUTE;
    let issued = auth.issue(grant().access_until(until)).await.unwrap();
    assert_eq!(issued.session_expires_at(), until);
    auth.clock().advance(10 * MINUTE);
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(next.expires_at(), until);
    auth.clock().advance(5 * MINUTE);
    assert!(auth.refresh(next.refresh_token()).await.is_err());
}

/// Times at the edge: nothing wraps, nothing panics, nothing that is over is given out.
#[tokio::test]
async fn the_end_of_year_9999_is_an_end() {
    let auth = TestAuthority::new();
    auth.clock().set(Timestamp::MAX);
    assert!(matches!(auth.issue(grant()).await, Err(IssueError::Expired)));
    assert!(matches!(auth.issue_access(grant()).await, Err(IssueError::Expired)));
    let never = auth.issue_api_key(grant(), "never", None).await.unwrap();
    assert!(auth.verify(never.api_key()).await.is_ok());

    let eve = Timestamp::MAX - HOUR;
    auth.clock().set(eve);
    let issued = login(&auth).await;
    assert!(issued.session_expires_at() <= Timestamp::MAX);
    assert!(is_live(&auth, &issued).await);
    let _ = auth.prune(10).await.unwrap();
}

#[tokio::test]
async fn a_login_in_the_millisecond_of_a_logout_works() {
    let auth = TestAuthority::new();
    let before = login(&auth).await;
    let _ = auth.revoke_subject(&ada()).await.unwrap();
    let after = login(&auth).await;
    let alone = auth.issue_access(grant()).await.unwrap();
    assert!(!is_live(&auth, &before).await);
    assert!(is_live(&auth, &after).await);
    assert!(auth.verify(alone.access_token()).await.is_ok());
    assert!(auth.refresh(after.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn nothing_is_given_out_when_the_store_fails() {
    for fault in
        [Fault::Before(StoreErrorKind::Unavailable), Fault::After(StoreErrorKind::Unavailable)]
    {
        let auth = failing(|builder| builder);
        auth.ready().await.unwrap();
        auth.store().fail_next(1, fault);
        assert!(matches!(auth.issue(grant()).await, Err(IssueError::Unavailable(_))));
        assert!(auth.issue(grant()).await.is_ok());
    }
}

#[tokio::test]
async fn bad_parts_of_a_grant_are_told_at_issue() {
    let auth = TestAuthority::new();
    let scope = || "invoice:*:read".parse::<Scope>().unwrap();
    let issue = |grant| auth.issue(grant);
    assert!(matches!(issue(Grant::new("", scope())).await, Err(IssueError::Id(_))));
    assert!(matches!(issue(Grant::new("ada", scope()).client("")).await, Err(IssueError::Id(_))));
    let registered = Grant::new("ada", scope()).claim("sub", "root");
    assert!(matches!(issue(registered).await, Err(IssueError::Claims(_))));
    let foreign = Grant::new("ada", scope()).audience("https://elsewhere.test");
    assert!(matches!(issue(foreign).await, Err(IssueError::Audience { .. })));
    let huge = Grant::new("ada", scope()).claim("big", "x".repeat(9_000));
    assert!(matches!(issue(huge).await, Err(IssueError::Signing(_))));
}

#[tokio::test]
async fn a_bound_session_carries_its_key() {
    let auth = TestAuthority::new();
    let issued = auth.issue(grant().bound_to(ProofKey::Jkt("abc".into()))).await.unwrap();
    let who = auth.verify(issued.access_token()).await.unwrap();
    let claims: serde_json::Value = who.claims().unwrap();
    assert_eq!(claims["cnf"]["jkt"], "abc");
}

/// What a limit of today forbids, a session of yesterday does not get either.
#[tokio::test]
async fn no_access_token_lives_longer_than_the_limit_of_now() {
    let first = with(|builder| builder.policy(Policy::new().access_lifetime(HOUR)));
    let issued = login(&first).await;
    let second = TestAuthority::sharing(first.store().clone(), first.clock().clone(), |builder| {
        builder.max_access_lifetime(10 * MINUTE)
    });
    let next = second.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(next.expires_at(), TestAuthority::STARTS_AT + 10 * MINUTE);
    assert!(is_live(&second, &next).await);
}

#[tokio::test]
async fn what_must_be_given_is_asked_for_by_name() {
    use hallpass::{Algorithm, Authority, SigningKey, authority::ConfigError};
    let builder = || Authority::builder("https://auth.test");
    let missing = builder().build().unwrap_err();
    assert!(matches!(missing, ConfigError::Missing { what: "the audience", .. }), "{missing}");
    let missing = builder().audience("https://api.test").build().unwrap_err();
    assert!(matches!(missing, ConfigError::Missing { what: "the signing key", .. }), "{missing}");
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let with_key = builder().audience("https://api.test").signing_key(key);
    let missing = with_key.build().unwrap_err();
    assert!(matches!(missing, ConfigError::Missing { what: "the store", .. }), "{missing}");
    let stale = builder()
        .audience("https://api.test")
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .store(MemoryStore::new())
        .max_staleness(std::time::Duration::from_millis(1));
    assert!(matches!(stale.build(), Err(ConfigError::Verifier(_))));
}
