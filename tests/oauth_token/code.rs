//! The authorization code grant at the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5).

use std::sync::Arc;

use hallpass::{Grant, authority::CodeBinding, oauth::Endpoint::Token, web::Answer};

use super::world::*;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https://partner.test/callback";

async fn code(world: &World, refreshable: bool) -> String {
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner");
    let binding = CodeBinding::new(CHALLENGE).redirect_uri(CALLBACK).refreshable(refreshable);
    let code = world.auth.issue_code(grant, binding).await.unwrap();
    code.expose_secret().to_owned()
}

async fn exchange(world: &World, code: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
    form.extend(more);
    world.post(Token, Some(&basic("partner", SECRET)), &form).await
}

const RIGHT: [(&str, &str); 2] = [("code_verifier", VERIFIER), ("redirect_uri", CALLBACK)];

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let world = World::new();
    let (kept, replayed) = (code(&world, true).await, code(&world, true).await);
    let answer = exchange(&world, &replayed, &RIGHT).await;
    grants(&answer);
    let (access, refresh) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
    assert_eq!(text(&answer, "scope"), "invoice:*:read");
    let kept = text(&exchange(&world, &kept, &RIGHT).await, "access_token");
    grants(&world.refresh("partner", &refresh).await);
    refuses(&exchange(&world, &replayed, &RIGHT).await, 400, "invalid_grant");
    assert!(!world.is_live(&access).await, "inv 71: what the code made has ended");
    refuses(&world.refresh("partner", &refresh).await, 400, "invalid_grant");
    assert!(world.is_live(&kept).await);
}

/// F77.
#[tokio::test]
async fn a_refresh_token_comes_where_it_was_granted() {
    let world = World::new();
    let code = code(&world, false).await;
    let answer = exchange(&world, &code, &RIGHT).await;
    grants(&answer);
    assert!(json(&answer).get("refresh_token").is_none());
    assert!(json(&answer).get("id_token").is_none());
}

/// INVARIANTS 72, 73.
#[tokio::test]
async fn a_wrong_verifier_or_redirect_gets_nothing() {
    let world = World::new();
    let other = "x".repeat(43);
    for more in [
        [("code_verifier", other.as_str()), ("redirect_uri", CALLBACK)],
        [("code_verifier", "short"), ("redirect_uri", CALLBACK)],
        [("code_verifier", VERIFIER), ("redirect_uri", "https://partner.test/callback/")],
        [("code_verifier", VERIFIER), ("redirect_uri", "")],
    ] {
        refuses(&exchange(&world, &code(&world, true).await, &more).await, 400, "invalid_grant");
    }
    let code = code(&world, true).await;
    refuses(&exchange(&world, &code, &[("redirect_uri", CALLBACK)]).await, 400, "invalid_request");
    world.auth.clock().advance(MINUTE);
    refuses(&exchange(&world, &code, &RIGHT).await, 400, "invalid_grant");
}

/// INVARIANTS 71, over the endpoint and two instances.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_exchanges_one_wins() {
    let world = World::new();
    let code = code(&world, true).await;
    let worlds = Arc::new([world.beside(), world]);
    let callers: Vec<_> = (0..20)
        .map(|n| {
            let (worlds, code) = (Arc::clone(&worlds), code.clone());
            tokio::spawn(async move { exchange(&worlds[n % 2], &code, &RIGHT).await })
        })
        .collect();
    let mut granted = 0;
    for caller in callers {
        let answer = caller.await.unwrap();
        if answer.status() == 200 {
            granted += 1;
        } else {
            refuses(&answer, 400, "invalid_grant");
        }
    }
    assert_eq!(granted, 1);
}
