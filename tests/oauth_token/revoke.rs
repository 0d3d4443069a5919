//! Revocation (RFC 7009).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Grant, SigningKey, oauth::Endpoint::Revoke, testing::StoreMethod, web::Answer,
};
use ring::hmac;
use serde_json::Value;

use super::world::*;

async fn revoke(world: &World, client: &str, token: &str) -> Answer {
    world.post(Revoke, Some(&basic(client, SECRET)), &[("token", token)]).await
}

#[track_caller]
fn is_done(answer: &Answer) {
    grants(answer);
    assert_eq!(answer.body(), "");
}

/// INVARIANTS 64: a JWT is taken back at once.
#[tokio::test]
async fn inv_64_an_access_token_ends_alone() {
    let world = World::new();
    let issued = world.login("partner").await;
    let answer = world.refresh("partner", issued.refresh_token().expose_secret()).await;
    let access = issued.access_token().expose_secret();
    is_done(&revoke(&world, "partner", access).await);
    assert!(!world.is_live(access).await);
    assert!(world.is_live(&text(&answer, "access_token")).await);
    grants(&world.refresh("partner", issued.refresh_token().expose_secret()).await);
    // Again, and by a public client with its name alone.
    is_done(&revoke(&world, "partner", access).await);
    let phone = world.login("phone").await;
    let form = [("token", phone.access_token().expose_secret()), ("client_id", "phone")];
    is_done(&world.post(Revoke, None, &form).await);
    assert!(!world.is_live(phone.access_token().expose_secret()).await);
}

/// RFC 7009 §2.1: with a refresh token end the access tokens of its grant.
#[tokio::test]
async fn a_refresh_token_ends_with_its_session() {
    let world = World::new();
    let issued = world.login("partner").await;
    let other = world.login("partner").await;
    is_done(&revoke(&world, "partner", issued.refresh_token().expose_secret()).await);
    assert!(!world.is_live(issued.access_token().expose_secret()).await);
    refuses(
        &world.refresh("partner", issued.refresh_token().expose_secret()).await,
        400,
        "invalid_grant",
    );
    assert!(world.is_live(other.access_token().expose_secret()).await, "inv 13");
}

/// INVARIANTS 65: nothing is learned, nothing happens.
#[tokio::test]
async fn inv_65_unknown_foreign_and_malformed_tokens_are_the_same_200() {
    let world = World::new();
    let foreign = world.login("rival").await;
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("rival");
    let key = world.auth.issue_api_key(grant, "ci", None).await.unwrap();
    let unknown = World::new().login("partner").await;
    let elsewhere = world.auth.token("ada").client("partner").wrong_issuer().mint();
    let own = world.login("partner").await;
    let expected = revoke(&world, "partner", own.refresh_token().expose_secret()).await;
    is_done(&expected);
    for token in [
        foreign.access_token().expose_secret(),
        foreign.refresh_token().expose_secret(),
        key.api_key().expose_secret(),
        unknown.refresh_token().expose_secret(),
        elsewhere.expose_secret(),
        own.refresh_token().expose_secret(),
        "junk",
        "a.b.c",
        "hp_rt_",
        "hp_ak_x",
        "hp_ac_x",
        "hp_cs_x",
        "\0",
        "é",
    ] {
        assert_eq!(revoke(&world, "partner", token).await, expected, "{token}");
    }
    assert!(world.is_live(foreign.access_token().expose_secret()).await);
    assert!(world.is_live(key.api_key().expose_secret()).await);
    grants(&world.refresh("rival", foreign.refresh_token().expose_secret()).await);
}

/// INVARIANTS 65: "unknown and foreign take the same path"; junk does no I/O.
#[tokio::test]
async fn inv_65_unknown_and_foreign_cost_the_same_calls() {
    let world = World::new();
    let foreign = world.login("rival").await;
    let unknown = World::new().login("partner").await;
    let mut calls = Vec::new();
    for token in [foreign.refresh_token(), unknown.refresh_token()] {
        world.auth.store().reset();
        is_done(&revoke(&world, "partner", token.expose_secret()).await);
        assert_eq!(world.auth.store().calls(StoreMethod::FindSession), 1);
        calls.push(world.auth.store().total());
    }
    assert_eq!(calls, [1, 1]);
    world.auth.store().reset();
    is_done(&revoke(&world, "partner", "hp_rt_junk").await);
    assert_eq!(world.auth.store().total(), 0);
}

#[tokio::test]
async fn an_api_key_is_its_clients_to_take_back() {
    let world = World::new();
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner");
    let key = world.auth.issue_api_key(grant, "ci", None).await.unwrap();
    let key = key.api_key().expose_secret();
    assert!(world.is_live(key).await);
    is_done(&revoke(&world, "partner", key).await);
    assert!(!world.is_live(key).await);
}

/// RFC 7009 §2.2.1, INVARIANTS 64: what the feed cannot name is no silent 200, and is told to its
/// own client alone (65).
#[tokio::test]
async fn inv_64_a_token_without_an_id_of_ours_is_an_unsupported_type() {
    let secret = b"a shared secret of thirty-two bytes or more";
    let world = World::signing_with(SigningKey::hmac(Algorithm::HS256, secret).unwrap());
    for id in ["b7f1", "0198f3a2-7c1d-7e55-9b1a-3f0c2d4e5f60"] {
        for client in ["partner", "rival"] {
            let issued = world.login(client).await;
            let access = issued.access_token().expose_secret();
            let (header, rest) = access.split_once('.').unwrap();
            let payload = URL_SAFE_NO_PAD.decode(rest.split_once('.').unwrap().0).unwrap();
            let mut claims: Value = serde_json::from_slice(&payload).unwrap();
            claims["jti"] = id.into();
            let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
            let input = format!("{header}.{payload}");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert!(world.is_live(&token).await);
            let answer = revoke(&world, "partner", &token).await;
            match client {
                "partner" => refuses(&answer, 400, "unsupported_token_type"),
                _ => is_done(&answer),
            }
        }
    }
}

/// RFC 7009 §2.2.1: "An invalid token type hint value is ignored."
#[tokio::test]
async fn a_hint_changes_nothing() {
    let world = World::new();
    for hint in ["access_token", "refresh_token", "id_token", "nonsense"] {
        let issued = world.login("partner").await;
        let form = [("token", issued.refresh_token().expose_secret()), ("token_type_hint", hint)];
        is_done(&world.post(Revoke, Some(&basic("partner", SECRET)), &form).await);
        assert!(!world.is_live(issued.access_token().expose_secret()).await);
    }
}

/// What is taken back at one instance is refused at the other within one poll.
#[tokio::test]
async fn a_revocation_reaches_the_other_instance_within_a_second() {
    let one = World::new();
    let other = one.beside();
    let (issued, kept) = (one.login("partner").await, one.login("partner").await);
    let access = issued.access_token().expose_secret();
    assert!(
        other.is_live(access).await && other.is_live(kept.access_token().expose_secret()).await
    );
    is_done(&revoke(&one, "partner", issued.refresh_token().expose_secret()).await);
    assert!(!one.is_live(access).await);
    one.auth.clock().advance(SECOND);
    assert!(!other.is_live(access).await);
    assert!(other.is_live(kept.access_token().expose_secret()).await);
    refuses(
        &other.refresh("partner", issued.refresh_token().expose_secret()).await,
        400,
        "invalid_grant",
    );
}
