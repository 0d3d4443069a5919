//! Introspection (RFC 7662).

use hallpass::{
    Grant,
    oauth::Endpoint::Introspect,
    testing::{StoreMethod, TestAuthority},
    web::Answer,
};
use serde_json::json as object;

use super::world::*;

async fn look(world: &World, client: &str, token: &str) -> Answer {
    world.post(Introspect, Some(&basic(client, SECRET)), &[("token", token)]).await
}

#[track_caller]
fn is_inactive(answer: &Answer) {
    grants(answer);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body(), r#"{"active":false}"#);
}

/// RFC 7662 §2.2.
#[tokio::test]
async fn an_access_token_is_described() {
    let world = World::new();
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap())
        .client("partner")
        .audience(FILES)
        .claim("tenant", "acme");
    let issued = world.auth.issue(grant).await.unwrap();
    let answer = look(&world, "gateway", issued.access_token().expose_secret()).await;
    grants(&answer);
    let now = TestAuthority::STARTS_AT.as_unix_seconds();
    let expected = object!({
        "active": true,
        "token_type": "Bearer",
        "iss": TestAuthority::ISSUER,
        "sub": "ada",
        "aud": FILES,
        "client_id": "partner",
        "scope": "invoice:*:read",
        "iat": now,
        "exp": now + 600,
        "jti": issued.token_id().to_string(),
        "sid": issued.session_id().to_string(),
        "tenant": "acme",
    });
    assert_eq!(json(&answer), expected);
}

#[tokio::test]
async fn an_api_key_is_described() {
    let world = World::new();
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner");
    let key = world.auth.issue_api_key(grant, "ci", None).await.unwrap();
    let answer = look(&world, "gateway", key.api_key().expose_secret()).await;
    grants(&answer);
    let body = json(&answer);
    assert_eq!((&body["active"], &body["token_type"]), (&true.into(), &"Bearer".into()));
    assert_eq!((&body["sub"], &body["scope"]), (&"ada".into(), &"invoice:*:read".into()));
    assert!(body.get("exp").is_none() && body.get("jti").is_none());
    assert!(world.auth.end_api_key(&key.id()).await.unwrap());
    is_inactive(&look(&world, "gateway", key.api_key().expose_secret()).await);
}

/// A resource server that took a refresh token for an access token would be deceived.
#[tokio::test]
async fn inv_42_a_refresh_token_is_shown_to_its_own_client_alone() {
    let world = World::new();
    let issued = world.login("self-aware").await;
    let token = issued.refresh_token().expose_secret();
    is_inactive(&look(&world, "gateway", token).await);
    let answer = look(&world, "self-aware", token).await;
    grants(&answer);
    let body = json(&answer);
    assert_eq!(body["active"], true);
    assert_eq!(body["sid"], issued.session_id().to_string());
    assert!(body.get("token_type").is_none());
    // It was looked at, not used.
    let again = look(&world, "self-aware", token).await;
    assert_eq!(again, answer);
    assert!(world.auth.end_session(&issued.session_id()).await.unwrap());
    is_inactive(&look(&world, "self-aware", token).await);
}

#[tokio::test]
async fn everything_else_is_inactive() {
    let world = World::new();
    let issued = world.login("partner").await;
    let gone = world.login("partner").await;
    let _ = world.auth.revoke(gone.access_token()).await.unwrap();
    let test = |token: hallpass::testing::TestToken| token.mint();
    for token in [
        gone.access_token().expose_secret(),
        issued.refresh_token().expose_secret(),
        test(world.auth.token("ada").expired()).expose_secret(),
        test(world.auth.token("ada").wrong_key()).expose_secret(),
        test(world.auth.token("ada").wrong_issuer()).expose_secret(),
        test(world.auth.token("ada").wrong_audience()).expose_secret(),
        test(world.auth.token("ada").id_token_like()).expose_secret(),
        "junk",
        "a.b.c",
        "hp_rt_x",
        "hp_ak_x",
        "hp_ac_x",
        "hp_cs_x",
        "\0",
        "é",
    ] {
        is_inactive(&look(&world, "gateway", token).await);
    }
}

/// RFC 7662 §4: a resource server learns of tokens for itself.
#[tokio::test]
async fn a_resource_server_sees_tokens_for_its_audience() {
    let world = World::new();
    let scope = || "invoice:*:read".parse().unwrap();
    let api = Grant::new("ada", scope()).client("partner").audience(TestAuthority::AUDIENCE);
    let api = world.auth.issue(api).await.unwrap();
    let both = world.login("partner").await;
    is_inactive(&look(&world, "files", api.access_token().expose_secret()).await);
    for (client, issued) in [("files", &both), ("gateway", &both), ("gateway", &api)] {
        let answer = look(&world, client, issued.access_token().expose_secret()).await;
        assert_eq!(json(&answer)["active"], true, "{client}");
    }
}

/// Custom claims cannot make a token look other than it is.
#[tokio::test]
async fn a_claim_of_the_hosts_does_not_stand_in_for_ours() {
    let world = World::new();
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap())
        .claim("active", false)
        .claim("token_type", "MAC");
    let issued = world.auth.issue(grant).await.unwrap();
    let body = json(&look(&world, "gateway", issued.access_token().expose_secret()).await);
    assert_eq!((&body["active"], &body["token_type"]), (&true.into(), &"Bearer".into()));
}

/// INVARIANTS 49.
#[tokio::test]
async fn inv_49_one_round_trip_for_an_opaque_token_none_for_a_jwt() {
    let world = World::new();
    let issued = world.login("self-aware").await;
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap());
    let key = world.auth.issue_api_key(grant, "ci", None).await.unwrap();
    grants(&look(&world, "self-aware", issued.access_token().expose_secret()).await);
    let store = world.auth.store();
    for (token, method, calls) in [
        (issued.access_token().expose_secret(), StoreMethod::FindSession, 0),
        (issued.refresh_token().expose_secret(), StoreMethod::FindSession, 1),
        (key.api_key().expose_secret(), StoreMethod::FindApiKey, 1),
        ("hp_rt_junk", StoreMethod::FindSession, 0),
        ("hp_ak_junk", StoreMethod::FindApiKey, 0),
    ] {
        store.reset();
        grants(&look(&world, "self-aware", token).await);
        assert_eq!((store.calls(method), store.total()), (calls, calls), "{method:?}");
    }
}
