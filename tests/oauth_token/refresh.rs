//! The refresh token grant (RFC 6749 §6), end to end.

use std::{collections::HashSet, sync::Arc};

use hallpass::testing::TestAuthority;

use super::world::*;

/// A confidential client's session keeps its token, a public one's moves on.
#[tokio::test]
async fn a_session_goes_on() {
    let world = World::new();
    for (client, rotates) in [("partner", false), ("phone", true)] {
        let issued = world.login(client).await;
        let first = issued.refresh_token().expose_secret();
        let answer = world.refresh(client, first).await;
        grants(&answer);
        assert_eq!(text(&answer, "refresh_token") != first, rotates, "{client}");
        assert_eq!(text(&answer, "scope"), "invoice:*:read report:7:write");
        let who = world.auth.verify(text(&answer, "access_token").as_str()).await.unwrap();
        assert_eq!((who.subject(), who.client_id()), ("ada", Some(client)));
        assert_eq!(who.session_id(), Some(issued.session_id()));
    }
}

/// INVARIANTS 23, 27: no state changes, the session lives.
#[tokio::test]
async fn inv_23_27_another_client_gets_nothing_and_breaks_nothing() {
    let world = World::new();
    let issued = world.login("partner").await;
    let token = issued.refresh_token().expose_secret();
    refuses(&world.refresh("rival", token).await, 400, "invalid_grant");
    refuses(&world.refresh("phone", token).await, 400, "invalid_grant");
    let named =
        [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "partner")];
    let answer = world.post(hallpass::oauth::Endpoint::Token, None, &named).await;
    refuses(&answer, 401, "invalid_client");
    let own = world.login("phone").await;
    refuses(
        &world.refresh("partner", own.refresh_token().expose_secret()).await,
        400,
        "invalid_grant",
    );
    grants(&world.refresh("partner", token).await);
    grants(&world.refresh("phone", own.refresh_token().expose_secret()).await);
}

/// INVARIANTS 28 to 30: less, never more, and for one answer.
#[tokio::test]
async fn inv_28_29_30_scope_and_resource_can_be_narrowed_for_one_answer() {
    let world = World::new();
    let issued = world.login("phone").await;
    let first = issued.refresh_token().expose_secret();
    for wider in
        ["invoice:*:*", "*", "*:*:*", "report:*:write", "invoice:*:read user:1:read", "admin"]
    {
        let answer = world.refresh_with("phone", first, &[("scope", wider)]).await;
        refuses(&answer, 400, "invalid_scope");
    }
    let elsewhere = [("resource", "https://elsewhere.test")];
    refuses(&world.refresh_with("phone", first, &elsewhere).await, 400, "invalid_target");

    let narrow = [("scope", "invoice:7:read"), ("resource", FILES)];
    let answer = world.refresh_with("phone", first, &narrow).await;
    grants(&answer);
    assert_eq!(text(&answer, "scope"), "invoice:7:read");
    let who = world.auth.verify(text(&answer, "access_token").as_str()).await.unwrap();
    assert!(who.audiences().eq([FILES]));

    let next = text(&answer, "refresh_token");
    let answer = world.refresh("phone", &next).await;
    assert_eq!(text(&answer, "scope"), "invoice:*:read report:7:write");
    let who = world.auth.verify(text(&answer, "access_token").as_str()).await.unwrap();
    assert!(who.audiences().eq([TestAuthority::AUDIENCE, FILES]));
}

/// F82: a stolen token that was replaced ends the session, for both.
#[tokio::test]
async fn reuse_ends_the_session() {
    let world = World::new();
    let issued = world.login("phone").await;
    let first = issued.refresh_token().expose_secret();
    let answer = world.refresh("phone", first).await;
    let (access, next) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
    world.auth.clock().advance(2 * MINUTE);
    assert!(world.is_live(&access).await);
    refuses(&world.refresh("phone", first).await, 400, "invalid_grant");
    assert!(!world.is_live(&access).await);
    refuses(&world.refresh("phone", &next).await, 400, "invalid_grant");
}

/// A client that gets `invalid_grant` deletes its token, so lost state is 503.
#[tokio::test]
async fn lost_state_is_503() {
    let world = World::new();
    let elsewhere = World::new();
    let issued = elsewhere.login("phone").await;
    let answer = world.refresh("phone", issued.refresh_token().expose_secret()).await;
    refuses(&answer, 503, "temporarily_unavailable");
}

/// INVARIANTS 1 and 3, over the endpoint and two instances.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_parallel_refreshes_through_two_instances_are_one_lineage() {
    let worlds = Arc::new([World::new()].map(|one| (one.beside(), one)));
    let token = worlds[0].1.login("phone").await.refresh_token().expose_secret().to_owned();
    let callers = (0..20).map(|n| {
        let (worlds, token) = (Arc::clone(&worlds), token.clone());
        tokio::spawn(async move {
            let (one, other) = &worlds[0];
            let world = if n % 2 == 0 { one } else { other };
            world.refresh("phone", &token).await
        })
    });
    let callers: Vec<_> = callers.collect();
    let (mut refresh, mut access) = (HashSet::new(), HashSet::new());
    for caller in callers {
        let answer = caller.await.unwrap();
        grants(&answer);
        refresh.insert(text(&answer, "refresh_token"));
        access.insert(text(&answer, "access_token"));
    }
    assert_eq!((refresh.len(), access.len()), (1, 20));
    assert!(!refresh.contains(&token));
}
