//! RP-initiated logout: OpenID Connect RP-Initiated Logout 1.0.

use std::time::Duration;

use hallpass::{
    authority::{CodeRedemption, RedeemedCode},
    store::{EndReason, SessionStore},
};

use crate::{
    host::{World, code_sent, guarded, query, shown, ticket},
    support::{REDIRECT, VERIFIER, id},
};

const BACK: &str = "https://partner.test/bye";

async fn signed_in(world: &World) -> RedeemedCode {
    let answer = world.authorize(&[]).await;
    let answer = if answer.status() == 200 { world.allow(&answer).await } else { answer };
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    world.auth.redeem_code(&code_sent(&answer), given).await.unwrap()
}

async fn logout(world: &World, parameters: &[(&str, &str)]) -> hallpass::web::Answer {
    world.get(&format!("/logout?{}", query(parameters))).await
}

#[tokio::test]
async fn a_hint_ends_its_session_and_leads_back() {
    let world = World::new();
    let (one, other) = (signed_in(&world).await, signed_in(&world).await);
    let hint = one.id_token().unwrap().expose_secret();
    world.auth.clock().advance(Duration::from_secs(400));
    let parameters =
        [("id_token_hint", hint), ("post_logout_redirect_uri", BACK), ("state", "a b")];
    let answer = logout(&world, &parameters).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.header("location"), Some("https://partner.test/bye?state=a%20b"));
    assert!(answer.header("set-cookie").unwrap().starts_with("session=; Max-Age=0"));
    guarded(&answer);
    let row = world.auth.store().find_session(&one.issued().session_id()).await.unwrap().unwrap();
    assert_eq!(row.state.ended.unwrap().1, EndReason::SignedOut);
    assert!(world.auth.verify(one.issued().access_token()).await.is_err());
    assert!(world.auth.verify(other.issued().access_token()).await.is_ok());
    // Again, and by POST: nothing is left to end.
    assert_eq!(world.post("/logout", &parameters).await.status(), 303);
}

#[tokio::test]
async fn it_is_no_open_redirect() {
    let world = World::new();
    let one = signed_in(&world).await;
    let hint = one.id_token().unwrap().expose_secret();
    for address in [
        "https://evil.test",
        "https://partner.test/bye/",
        "https://partner.test/bye?x",
        "https://partner.test.evil.test/bye",
        REDIRECT,
    ] {
        for who in [("id_token_hint", hint), ("client_id", "partner"), ("state", "x")] {
            let answer = logout(&world, &[who, ("post_logout_redirect_uri", address)]).await;
            shown(&answer, 400, "post_logout_redirect_uri");
        }
    }
    // Registered by one client, named by another, or by none.
    for who in [("client_id", "spa"), ("client_id", "nobody"), ("state", "x")] {
        let answer = logout(&world, &[who, ("post_logout_redirect_uri", BACK)]).await;
        shown(&answer, 400, "post_logout_redirect_uri");
    }
    let answer = logout(&world, &[("id_token_hint", hint), ("client_id", "spa")]).await;
    shown(&answer, 400, "another client");
    assert!(world.auth.verify(one.issued().access_token()).await.is_ok());
}

/// Any site can send a browser here.
#[tokio::test]
async fn without_a_hint_the_user_is_asked() {
    let mut world = World::new();
    let parameters = [("client_id", "partner"), ("post_logout_redirect_uri", BACK)];
    let page = logout(&world, &parameters).await;
    shown(&page, 200, "Sign out?");
    assert_eq!(page.header("set-cookie"), None);
    let sealed = ticket(&page);
    let cookie = world.cookie.clone();
    world.sign_in("bob");
    shown(&world.post("/logout", &[("ticket", &sealed)]).await, 400, "somebody else");
    world.cookie = cookie;
    shown(&world.post("/logout", &[("ticket", "forged")]).await, 400, "not one of ours");
    let answer = world.post("/logout", &[("ticket", &sealed)]).await;
    assert_eq!(answer.header("location"), Some(BACK));
    assert!(answer.header("set-cookie").is_some());
    // A ticket in a query is a link.
    let page = logout(&world, &[("ticket", &sealed)]).await;
    shown(&page, 200, "Sign out?");
    // Nobody is signed in: nothing to ask.
    world.cookie = None;
    shown(&logout(&world, &[]).await, 200, "You are signed out");
}

#[tokio::test]
async fn with_a_hint_of_another_user_the_user_is_asked() {
    let mut world = World::new();
    let ada = signed_in(&world).await;
    world.sign_in("bob");
    let hint = ada.id_token().unwrap().expose_secret();
    let page = logout(&world, &[("id_token_hint", hint)]).await;
    shown(&page, 200, "Sign out?");
    assert!(world.auth.verify(ada.issued().access_token()).await.is_ok());
    // Who says yes signs out themselves: the session of the hint is another's.
    let answer = world.post("/logout", &[("ticket", &ticket(&page))]).await;
    assert!(answer.header("set-cookie").is_some());
    assert!(world.auth.verify(ada.issued().access_token()).await.is_ok());
    // No ID token of ours: no hint at all.
    for junk in ["x", ada.issued().access_token().expose_secret(), &format!("{hint}A")] {
        shown(&logout(&world, &[("id_token_hint", junk)]).await, 200, "Sign out?");
    }
}

/// INVARIANTS 40: hosts log what they are shown.
#[tokio::test]
async fn what_a_host_is_shown_prints_no_ticket_and_no_token() {
    let mut world = World::new();
    let one = signed_in(&world).await;
    let hint = one.id_token().unwrap().expose_secret();
    let consent = ticket(&world.authorize(&[("prompt", "consent")]).await);
    let sign_out = ticket(&logout(&world, &[]).await);
    world.sign_in("bob");
    let _ = world.authorize(&[("id_token_hint", hint)]).await;
    let (_, return_to, _) = world.asked().unwrap();
    assert!(return_to.contains(hint));
    let printed = world.printed.lock().unwrap().clone();
    for shown in ["ConsentPage", "SignOutPage", "SignIn "] {
        assert!(printed.contains(shown), "{printed}");
    }
    for secret in [hint, &consent, &sign_out] {
        let (_, end) = secret.split_at(secret.len() - 20);
        assert!(!printed.contains(end), "{printed}");
    }
}
