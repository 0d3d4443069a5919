//! A registered client that is disabled: everything it holds ends, at both instances (F67, F68).

use hallpass::{
    Grant,
    authority::{Client, GrantType},
    oauth::Endpoint::{Introspect, Revoke, Token},
};

use super::world::*;

#[tokio::test]
async fn a_disabled_client_gets_nothing_and_what_it_holds_is_dead() {
    let world = World::new();
    let client = Client::confidential("late")
        .scope("invoice:*:read".parse().unwrap())
        .grant(GrantType::ClientCredentials)
        .grant(GrantType::RefreshToken);
    let registered = world.auth.register_client(client).await.unwrap();
    let secret = registered.secret.unwrap().expose_secret().to_owned();
    let other = world.beside();
    other.auth.ready().await.unwrap();
    let header = basic("late", &secret);
    let ask = [("grant_type", "client_credentials"), ("scope", "invoice:7:read")];
    let own = world.post(Token, Some(&header), &ask).await;
    grants(&own);
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("late");
    let session = world.auth.issue(grant).await.unwrap();
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", session.refresh_token().expose_secret()),
    ];
    grants(&other.post(Token, Some(&header), &refresh).await);

    world.auth.disable_client(&"late".parse().unwrap()).await.unwrap();
    let unknown = world.post(Token, Some(&basic("nobody", "x")), &ask).await;
    for form in [&ask, &refresh] {
        assert_eq!(world.post(Token, Some(&header), form).await, unknown);
    }
    for endpoint in [Revoke, Introspect] {
        assert_eq!(world.post(endpoint, Some(&header), &[("token", "x")]).await, unknown);
    }
    let tokens = [text(&own, "access_token"), session.access_token().expose_secret().to_owned()];
    for token in &tokens {
        assert!(!world.is_live(token).await);
    }
    // The other instance learns of it within one poll.
    world.auth.clock().advance(SECOND);
    for token in &tokens {
        assert!(!other.is_live(token).await);
    }
    assert_eq!(other.post(Token, Some(&header), &refresh).await, unknown);

    // Enabled again it may ask again; what was ended stays so.
    world.auth.enable_client(&"late".parse().unwrap()).await.unwrap();
    grants(&world.post(Token, Some(&header), &ask).await);
    refuses(&world.post(Token, Some(&header), &refresh).await, 400, "invalid_grant");
}
