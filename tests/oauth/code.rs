//! Authorization codes: RFC 6749 §4.1, RFC 7636, INVARIANTS 24, 71-73.

use std::time::Duration;

use hallpass::{
    MemoryStore,
    authority::{CodeBinding, CodeError, CodeRedemption, IssueError, Refresh, RefreshError},
    id::Audience,
    secret::AuthorizationCode,
    store::{CodeRefusal, EndReason, SessionStore, StoreErrorKind},
    testing::{CountingStore, FailingStore, Fault, StoreMethod, TestAuthority},
};

use crate::support::{
    REDIRECT, VERIFIER, ada, authority, authority_with, beside, binding, code, grant, id, is_live,
};

fn by_partner(client: &hallpass::id::ClientId) -> CodeRedemption<'_> {
    CodeRedemption::new(client, VERIFIER).redirect_uri(REDIRECT)
}

fn refusal(result: Result<hallpass::authority::RedeemedCode, CodeError>) -> CodeRefusal {
    match result {
        Err(CodeError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_gives_a_session_with_what_was_granted() {
    let (auth, partner) = (authority(), id("partner"));
    let grant = grant("invoice:*:read offline_access").claim("tenant", "acme").acr("high");
    let code = auth.issue_code(grant, binding()).await.unwrap();
    assert!(code.expose_secret().starts_with("hp_ac_"));

    let redeemed = auth.redeem_code(&code, by_partner(&partner)).await.unwrap();
    let issued = redeemed.issued();
    let who = auth.verify(issued.access_token()).await.unwrap();
    assert_eq!(who.subject(), "ada");
    assert_eq!(who.scope().as_str(), "offline_access invoice:*:read");
    assert_eq!(who.session_id(), Some(issued.session_id()));
    assert!(redeemed.is_refreshable());

    let refresh = Refresh::new(issued.refresh_token()).client(&partner);
    let next = auth.refresh_with(refresh).await.unwrap();
    assert_eq!(next.session_id(), issued.session_id());
    let body = redeemed.into_response().body().to_owned();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["scope"], "offline_access invoice:*:read");
    assert!(body["refresh_token"].is_string() && body.get("id_token").is_none(), "{body}");
}

/// The session row is there, so that the access token can be revoked; the refresh token is not
/// given out, and the row does not outlive what it is for.
#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let (auth, partner) = (authority(), id("partner"));
    let code = auth.issue_code(grant("invoice:*:read"), binding().refreshable(false)).await;
    let redeemed = auth.redeem_code(&code.unwrap(), by_partner(&partner)).await.unwrap();
    assert!(!redeemed.is_refreshable());
    let (session, ends) = (redeemed.issued().session_id(), redeemed.issued().session_expires_at());
    let access = hallpass::secret::AccessToken::new(
        redeemed.issued().access_token().expose_secret().to_owned(),
    );
    assert!(redeemed.issued().expires_at() <= ends);
    assert!(ends <= TestAuthority::STARTS_AT + Duration::from_secs(60 + 600));
    assert!(!redeemed.into_response().body().contains("refresh_token"));

    assert!(auth.verify(&access).await.is_ok());
    assert!(auth.end_session(&session).await.unwrap());
    assert!(auth.verify(&access).await.is_err());
}

/// INVARIANTS 71, 72.
#[tokio::test]
async fn a_replayed_code_ends_its_session_and_no_other() {
    let (auth, partner) = (authority(), id("partner"));
    let (one, two) = (code(&auth, "a:1:read").await, code(&auth, "a:1:read").await);
    let first = auth.redeem_code(&one, by_partner(&partner)).await.unwrap();
    let other = auth.redeem_code(&two, by_partner(&partner)).await.unwrap();

    // Not by a stranger, nor by who does not know the verifier.
    let spa = id("spa");
    assert_eq!(refusal(auth.redeem_code(&one, by_partner(&spa)).await), CodeRefusal::OtherClient);
    let wrong = "x".repeat(43);
    let guess = CodeRedemption::new(&partner, &wrong).redirect_uri(REDIRECT);
    assert_eq!(refusal(auth.redeem_code(&one, guess).await), CodeRefusal::Used);
    assert!(is_live(&auth, &first.issued().session_id()).await);

    for _ in 0..2 {
        match auth.redeem_code(&one, by_partner(&partner)).await {
            Err(CodeError::Replayed(session)) => {
                assert_eq!(session, first.issued().session_id());
            }
            other => panic!("{other:?}"),
        }
    }
    let row = auth.store().find_session(&first.issued().session_id()).await.unwrap().unwrap();
    assert_eq!(row.state.ended.unwrap().1, EndReason::CodeReplayed);
    assert!(auth.verify(first.issued().access_token()).await.is_err());
    let refresh = Refresh::new(first.issued().refresh_token()).client(&partner);
    let refused = auth.refresh_with(refresh).await.unwrap_err();
    assert!(matches!(refused, RefreshError::Ended(EndReason::CodeReplayed)), "{refused:?}");
    assert!(auth.verify(other.issued().access_token()).await.is_ok());
}

/// INVARIANTS 72.
#[tokio::test]
async fn another_client_does_not_burn_a_code_and_a_wrong_verifier_or_redirect_does() {
    let (auth, partner, spa) = (authority(), id("partner"), id("spa"));
    let one = code(&auth, "a:1:read").await;
    assert_eq!(refusal(auth.redeem_code(&one, by_partner(&spa)).await), CodeRefusal::OtherClient);
    assert!(auth.redeem_code(&one, by_partner(&partner)).await.is_ok());

    let wrong = "x".repeat(43);
    for burning in [
        CodeRedemption::new(&partner, &wrong).redirect_uri(REDIRECT),
        CodeRedemption::new(&partner, VERIFIER).redirect_uri("https://partner.test/callback/"),
        CodeRedemption::new(&partner, VERIFIER),
    ] {
        let one = code(&auth, "a:1:read").await;
        assert_eq!(refusal(auth.redeem_code(&one, burning).await), CodeRefusal::Mismatch);
        assert_eq!(refusal(auth.redeem_code(&one, by_partner(&partner)).await), CodeRefusal::Used);
    }
}

/// RFC 6749 §4.1.3: the redirect address is asked for only where the request had one.
#[tokio::test]
async fn a_code_asked_for_without_a_redirect_is_redeemed_without_one() {
    let (auth, partner) = (authority(), id("partner"));
    let bare = CodeBinding::new(crate::support::CHALLENGE);
    let one = auth.issue_code(grant("a:1:read"), bare.clone()).await.unwrap();
    assert!(auth.redeem_code(&one, CodeRedemption::new(&partner, VERIFIER)).await.is_ok());
    let two = auth.issue_code(grant("a:1:read"), bare).await.unwrap();
    assert_eq!(refusal(auth.redeem_code(&two, by_partner(&partner)).await), CodeRefusal::Mismatch);
}

/// INVARIANTS 24, 35, 73: without a store call.
#[tokio::test]
async fn junk_expired_codes_and_malformed_verifiers_never_reach_the_store() {
    let store = std::sync::Arc::new(CountingStore::new(MemoryStore::new()));
    let clock = hallpass::testing::TestClock::at(TestAuthority::STARTS_AT);
    let auth = TestAuthority::sharing(store.clone(), clock, |builder| {
        builder.client(crate::support::partner()).server_store(store.clone())
    });
    let partner = id("partner");
    let one = code(&auth, "a:1:read").await;
    let refresh = auth.issue(grant("a:1:read")).await.unwrap();
    let before = store.total();

    for bad in ["", "x", "hp_ac_", refresh.refresh_token().expose_secret()] {
        let refused = auth.redeem_code(bad, by_partner(&partner)).await.unwrap_err();
        assert!(matches!(refused, CodeError::Token(_)), "{bad}: {refused:?}");
    }
    for bad in [&"a".repeat(42), &"a".repeat(129), "", &format!("{VERIFIER}+")] {
        let given = CodeRedemption::new(&partner, bad).redirect_uri(REDIRECT);
        let refused = auth.redeem_code(&one, given).await.unwrap_err();
        assert!(matches!(refused, CodeError::Verifier), "{bad}: {refused:?}");
    }
    auth.clock().advance(Duration::from_secs(60));
    let refused = auth.redeem_code(&one, by_partner(&partner)).await.unwrap_err();
    assert!(matches!(refused, CodeError::Token(hallpass::token::OpaqueError::Expired)));
    assert_eq!(store.total(), before);
}

/// INVARIANTS 49.
#[tokio::test]
async fn redeeming_is_one_command() {
    let store = std::sync::Arc::new(CountingStore::new(MemoryStore::new()));
    let clock = hallpass::testing::TestClock::at(TestAuthority::STARTS_AT);
    let auth = TestAuthority::sharing(store.clone(), clock, |builder| {
        builder.client(crate::support::partner()).server_store(store.clone())
    });
    let one = code(&auth, "a:1:read").await;
    let before = store.total();
    let _ = auth.redeem_code(&one, by_partner(&id("partner"))).await.unwrap();
    assert_eq!(store.total() - before, 1);
}

/// INVARIANTS 71: however many, through two authorities.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_parallel_exchanges_one_wins() {
    race(&authority()).await;
}

/// The same on an engine that outlives the process.
#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_parallel_exchanges_one_wins_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = hallpass::store::SqliteStore::open(folder.path().join("t.db")).await.unwrap();
    race(&crate::support::authority_on(std::sync::Arc::new(store), |builder| builder)).await;
}

async fn race<S: hallpass::store::ServerStore>(auth: &TestAuthority<S>) {
    let second = beside(auth);
    let keep = code(auth, "a:1:read").await;
    let kept = auth.redeem_code(&keep, by_partner(&id("partner"))).await.unwrap();
    for _ in 0..10 {
        let one = code(auth, "a:1:read").await.expose_secret().to_owned();
        let tasks: Vec<_> = (0..20)
            .map(|index| {
                let auth = if index % 2 == 0 { auth.clone() } else { second.clone() };
                let one = AuthorizationCode::new(one.clone());
                tokio::spawn(async move {
                    let partner = id("partner");
                    auth.redeem_code(&one, by_partner(&partner)).await
                })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(redeemed) => won.push(redeemed),
                Err(CodeError::Replayed(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(won.len(), 1);
        // All others were replays: the session is over, and only that one.
        assert!(!is_live(auth, &won[0].issued().session_id()).await);
    }
    assert!(is_live(auth, &kept.issued().session_id()).await);
}

/// A lost answer is asked for again as the same attempt, so that nobody is taken for a thief.
#[tokio::test]
async fn a_lost_answer_does_not_end_the_session() {
    let store = std::sync::Arc::new(FailingStore::new(MemoryStore::new()));
    let clock = hallpass::testing::TestClock::at(TestAuthority::STARTS_AT);
    let auth = TestAuthority::sharing(store.clone(), clock, |builder| {
        builder.client(crate::support::partner()).server_store(store.clone())
    });
    let partner = id("partner");
    for fault in
        [Fault::After(StoreErrorKind::Unavailable), Fault::Before(StoreErrorKind::Unavailable)]
    {
        let one = code(&auth, "a:1:read").await;
        store.fail_next_of(StoreMethod::RedeemCode, 1, fault);
        let redeemed = auth.redeem_code(&one, by_partner(&partner)).await.unwrap();
        assert!(is_live(&auth, &redeemed.issued().session_id()).await);
        assert!(auth.verify(redeemed.issued().access_token()).await.is_ok());
    }
}

/// INVARIANTS 16: what was revoked in between opens nothing.
#[tokio::test]
async fn a_code_of_a_revoked_subject_or_client_opens_nothing() {
    let (auth, partner) = (authority(), id("partner"));
    for way in 0..3 {
        let one = code(&auth, "a:1:read").await;
        match way {
            0 => drop(auth.revoke_subject(&ada()).await.unwrap()),
            1 => drop(auth.revoke_client(&partner).await.unwrap()),
            _ => drop(auth.revoke_subject_at_client(&ada(), &partner).await.unwrap()),
        }
        let refused = refusal(auth.redeem_code(&one, by_partner(&partner)).await);
        assert_eq!(refused, CodeRefusal::Revoked);
        // A new login in the same millisecond works.
        let next = code(&auth, "a:1:read").await;
        assert!(auth.redeem_code(&next, by_partner(&partner)).await.is_ok(), "{way}");
    }
}

/// RFC 8707 §2.2.
#[tokio::test]
async fn fewer_audiences_may_be_asked_for_and_no_others() {
    let auth = authority_with(|builder| builder.audience("https://b.test"));
    let (partner, b) = (id("partner"), Audience::parse("https://b.test").unwrap());
    let wide = grant("a:1:read").audience(TestAuthority::AUDIENCE).audience("https://b.test");
    let one = auth.issue_code(wide, binding()).await.unwrap();
    let asked = [b];
    let redeemed = auth.redeem_code(&one, by_partner(&partner).audience(&asked)).await.unwrap();
    let token = redeemed.issued().access_token().expose_secret().to_owned();
    assert!(claims(&token)["aud"] == "https://b.test", "{}", claims(&token));

    let narrow = grant("a:1:read").audience(TestAuthority::AUDIENCE);
    let two = auth.issue_code(narrow, binding()).await.unwrap();
    let refused = auth.redeem_code(&two, by_partner(&partner).audience(&asked)).await.unwrap_err();
    assert!(matches!(refused, CodeError::AudienceExceeded));
    let sessions = auth.list_sessions(&ada(), None, 10).await.unwrap();
    assert_eq!(sessions.len(), 1, "the refused one has ended");
}

pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_store_that_remembers_no_codes_says_so() {
    let auth = TestAuthority::new();
    let error = auth.issue_code(grant("a:1:read"), binding()).await.unwrap_err();
    assert!(matches!(&error, IssueError::Unavailable(error)
        if error.kind() == StoreErrorKind::Misconfigured));
}

/// INVARIANTS 40.
#[tokio::test]
async fn nothing_that_is_printed_holds_a_code_or_a_token() {
    let (auth, partner) = (authority(), id("partner"));
    let one = code(&auth, "openid a:1:read").await;
    let redemption = by_partner(&partner);
    let asked = format!("{redemption:?}");
    let redeemed = auth.redeem_code(&one, redemption).await.unwrap();
    let printed = format!("{one:?} {asked} {redeemed:?} {:?}", redeemed.id_token());
    let secrets = [
        VERIFIER,
        one.expose_secret(),
        redeemed.issued().access_token().expose_secret(),
        redeemed.issued().refresh_token().expose_secret(),
        redeemed.id_token().unwrap().expose_secret(),
    ];
    for secret in secrets {
        let (_, end) = secret.split_at(secret.len() - 20);
        assert!(!printed.contains(end), "{printed}");
    }
}
