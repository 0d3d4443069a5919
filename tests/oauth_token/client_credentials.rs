//! Client credentials (RFC 6749 §4.4): what a client may have for itself.

use hallpass::{oauth::Endpoint::Token, testing::TestAuthority};

use super::world::*;

async fn ask(world: &World, client: &str, more: &[(&str, &str)]) -> hallpass::web::Answer {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(more);
    world.post(Token, Some(&basic(client, SECRET)), &form).await
}

/// RFC 6749 §5.1, RFC 9068 §2.2; F20, F31.
#[tokio::test]
async fn the_token_is_the_clients_own() {
    let world = World::new();
    let answer = ask(&world, "partner", &[("scope", "invoice:7:read")]).await;
    grants(&answer);
    let body = json(&answer);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["scope"], "invoice:7:read");
    for absent in ["refresh_token", "id_token", "rejected_scope"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
    let who = world.auth.verify(text(&answer, "access_token").as_str()).await.unwrap();
    assert_eq!((who.subject(), who.client_id()), ("partner", Some("partner")));
    assert!(who.allows(&("invoice", "7", "read")) && !who.allows(&("invoice", "8", "read")));
}

#[tokio::test]
async fn no_scope_is_the_clients_default_or_refused() {
    let world = World::new();
    let answer = ask(&world, "partner", &[]).await;
    assert_eq!(text(&answer, "scope"), "invoice:*:read");
    assert_eq!(text(&ask(&world, "partner", &[("scope", "")]).await, "scope"), "invoice:*:read");
    refuses(&ask(&world, "bare", &[]).await, 400, "invalid_scope");
}

#[tokio::test]
async fn what_is_beyond_the_ceiling_is_told() {
    let world = World::new();
    let answer =
        ask(&world, "partner", &[("scope", "user:*:delete invoice:*:read report:1:*")]).await;
    grants(&answer);
    assert_eq!(text(&answer, "scope"), "invoice:*:read report:1:*");
    assert_eq!(text(&answer, "rejected_scope"), "user:*:delete");
}

/// A client's own word is no permission.
#[tokio::test]
async fn without_a_ceiling_the_default_is_the_most() {
    let world = World::new();
    assert_eq!(text(&ask(&world, "job", &[]).await, "scope"), "report:*:read");
    assert_eq!(
        text(&ask(&world, "job", &[("scope", "report:7:read")]).await, "scope"),
        "report:7:read"
    );
    for more in ["*:*:*", "report:*:*", "invoice:1:read", "report:*:read admin"] {
        refuses(&ask(&world, "job", &[("scope", more)]).await, 400, "invalid_scope");
    }
    refuses(&ask(&world, "bare", &[("scope", "invoice:7:read")]).await, 400, "invalid_scope");
}

/// RFC 8707 §2: `resource` says for which resource servers, and may come more than once.
#[tokio::test]
async fn a_resource_becomes_the_audience() {
    let world = World::new();
    let api = TestAuthority::AUDIENCE;
    for (asked, expected) in [
        (vec![], vec![api, FILES]),
        (vec![FILES], vec![FILES]),
        (vec![FILES, api, FILES], vec![FILES, api]),
    ] {
        let resources: Vec<_> = asked.iter().map(|one| ("resource", *one)).collect();
        let answer = ask(&world, "partner", &resources).await;
        let who = world.auth.verify(text(&answer, "access_token").as_str()).await.unwrap();
        assert!(who.audiences().eq(expected.iter().copied()), "{asked:?}");
    }
}

/// Everything a client holds ends with it.
#[tokio::test]
async fn revoking_the_client_reaches_its_own_tokens() {
    let world = World::new();
    let token = text(&ask(&world, "partner", &[]).await, "access_token");
    assert!(world.is_live(&token).await);
    let _ = world.auth.revoke_client(&"partner".parse().unwrap()).await.unwrap();
    assert!(!world.is_live(&token).await);
    let again = text(&ask(&world, "partner", &[]).await, "access_token");
    assert!(world.is_live(&again).await, "born after the revocation");
}
