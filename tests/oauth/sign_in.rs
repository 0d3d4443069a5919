//! Who must sign in, and when: OpenID Connect Core §3.1.2.1, §3.1.2.3.

use std::time::Duration;

use hallpass::{authority::CodeRedemption, oauth::SignInReason};

use crate::{
    host::{World, code_sent, error_sent, ticket, value},
    support::{REDIRECT, VERIFIER, id},
};

/// One row: how long ago the sign-in was, the parameters, and what follows.
#[tokio::test]
async fn prompt_and_max_age_decide_who_must_sign_in() {
    use SignInReason::{Asked, Nobody, TooOld};
    for (ago, changes, expected) in [
        (None, &[][..], Err(Nobody)),
        (None, &[("prompt", "consent")], Err(Nobody)),
        (Some(0), &[], Ok(())),
        (Some(100_000), &[], Ok(())),
        (Some(0), &[("prompt", "login")], Err(Asked)),
        (Some(0), &[("prompt", "select_account")], Err(Asked)),
        (Some(0), &[("prompt", "login consent")], Err(Asked)),
        (Some(60), &[("max_age", "60")], Ok(())),
        (Some(61), &[("max_age", "60")], Err(TooOld)),
        (Some(0), &[("max_age", "0")], Err(TooOld)),
        (Some(5), &[("max_age", "18446744073709551615")], Ok(())),
    ] {
        let mut world = World::new();
        if ago.is_none() {
            world.cookie = None;
        }
        world.auth.clock().advance(Duration::from_secs(ago.unwrap_or(0)));
        let answer = world.authorize(changes).await;
        let asked = world.asked().map(|(reason, ..)| reason);
        match expected {
            Ok(()) => drop(ticket(&answer)),
            Err(reason) => assert_eq!(asked, Some(reason), "{ago:?} {changes:?}"),
        }
        // The same without pages is an error (§3.1.2.6).
        if !changes.iter().any(|(name, _)| *name == "prompt") {
            let silent = [changes, &[("prompt", "none")]].concat();
            let error = match expected {
                Ok(()) => "consent_required",
                Err(_) => "login_required",
            };
            assert_eq!(error_sent(&world.authorize(&silent).await), error, "{silent:?}");
            assert_eq!(world.asked(), None);
        }
    }
}

/// A new sign-in is asked for once, and the whole request comes back from it.
#[tokio::test]
async fn a_new_sign_in_does_not_loop_and_an_old_one_is_not_taken() {
    for changes in [&[("prompt", "login")][..], &[("max_age", "0")], &[("max_age", "10")]] {
        let mut world = World::new();
        world.auth.clock().advance(Duration::from_secs(60));
        let _ = world.authorize(changes).await;
        let (_, return_to, _) = world.asked().unwrap();
        assert!(return_to.starts_with("/authorize?"), "{return_to}");

        // Back without having signed in.
        world.auth.clock().advance(Duration::from_secs(5));
        let _ = world.get(&return_to).await;
        let (_, again, _) = world.asked().expect("asked again");
        // Having signed in, and a while later.
        world.sign_in("ada");
        world.auth.clock().advance(Duration::from_secs(30));
        let page = world.get(&again).await;
        assert_eq!(world.asked(), None);
        code_sent(&world.allow(&page).await);
        // The sign-in was for that one code, whichever way back is taken; another sign-in is for
        // another.
        for way in [&again, &return_to] {
            assert_eq!(error_sent(&world.get(way).await), "login_required");
        }
        world.auth.clock().advance(Duration::from_secs(1));
        world.sign_in("ada");
        code_sent(&world.get(&return_to).await);
    }
}

/// What marks a request as come before is good for that very request, and for an hour.
#[tokio::test]
async fn a_mark_of_another_request_is_none() {
    let mut world = World::new();
    let _ = world.authorize(&[("prompt", "login")]).await;
    let (_, return_to, _) = world.asked().unwrap();
    world.sign_in("ada");
    let _ = ticket(&world.get(&return_to).await);
    let (_, mark) = return_to.split_once("hp_since=").unwrap();
    let _ = world.authorize(&[("prompt", "login"), ("state", "other"), ("hp_since", mark)]).await;
    assert_eq!(world.asked().unwrap().0, SignInReason::Asked);
    let _ = world.authorize(&[("prompt", "login"), ("hp_since", "forged")]).await;
    assert_eq!(world.asked().unwrap().0, SignInReason::Asked);
    world.auth.clock().advance(Duration::from_secs(3600));
    let _ = world.get(&return_to).await;
    assert_eq!(world.asked().unwrap().0, SignInReason::Asked);
}

/// §3.1.2.1: of many pages that come of one sign-in, one gets a code; and what lies around for long
/// gets none.
#[tokio::test]
async fn a_new_sign_in_is_for_one_code_and_soon() {
    for changes in [&[("prompt", "login consent")][..], &[("max_age", "0"), ("prompt", "consent")]]
    {
        let mut world = World::new();
        let _ = world.authorize(changes).await;
        let (_, return_to, _) = world.asked().unwrap();
        world.sign_in("ada");
        let pages = [world.get(&return_to).await, world.get(&return_to).await];
        code_sent(&world.allow(&pages[0]).await);
        assert_eq!(error_sent(&world.allow(&pages[1]).await), "login_required");

        let _ = world.authorize(&[changes, &[("state", "other")]].concat()).await;
        let (_, return_to, _) = world.asked().unwrap();
        world.sign_in("ada");
        world.auth.clock().advance(Duration::from_secs(10 * 60));
        let _ = ticket(&world.get(&return_to).await);
        world.auth.clock().advance(Duration::from_secs(1));
        let _ = world.get(&return_to).await;
        assert!(world.asked().is_some(), "asked again");
    }
    // Two requests that are alike to the last letter, answered by two sign-ins within a second.
    let mut world = World::new();
    for _ in 0..2 {
        let _ = world.authorize(&[("prompt", "login consent")]).await;
        let (_, return_to, _) = world.asked().unwrap();
        world.sign_in("ada");
        let pages = [world.get(&return_to).await, world.get(&return_to).await];
        code_sent(&world.allow(&pages[0]).await);
        assert_eq!(error_sent(&world.allow(&pages[1]).await), "login_required");
    }
    // Where nobody asked for a new one, it stands for as many as come.
    let world = World::new();
    code_sent(&world.allow(&world.authorize(&[]).await).await);
    for _ in 0..2 {
        code_sent(&world.authorize(&[]).await);
    }
}

#[tokio::test]
async fn the_host_gets_the_hints_and_the_request_comes_back_whole() {
    let mut world = World::new();
    world.cookie = None;
    let changes = [("login_hint", "ada@x.test"), ("ui_locales", "de en"), ("unknown", "x")];
    let _ = world.authorize(&changes).await;
    let (reason, return_to, hint) = world.asked().unwrap();
    assert_eq!((reason, hint.as_deref()), (SignInReason::Nobody, Some("ada@x.test")));
    assert!(!return_to.contains("unknown"));
    world.sign_in("ada");
    let answer = world.allow(&world.get(&return_to).await).await;
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let code = code_sent(&answer);
    assert!(world.auth.redeem_code(&code, given).await.is_ok());
}

/// §3.1.2.1: an answer for another user than the one expected is none.
#[tokio::test]
async fn another_user_than_the_expected_must_sign_in() {
    let mut world = World::new();
    let code = code_sent(&world.allow(&world.authorize(&[]).await).await);
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    let hint = redeemed.id_token().unwrap().expose_secret();

    // Consent is given: nothing is asked.
    code_sent(&world.authorize(&[("id_token_hint", hint), ("prompt", "none")]).await);
    // An expired one still says who.
    world.auth.clock().advance(Duration::from_secs(7200));
    code_sent(&world.authorize(&[("id_token_hint", hint), ("prompt", "none")]).await);
    world.sign_in("bob");
    let silent = world.authorize(&[("id_token_hint", hint), ("prompt", "none")]).await;
    assert_eq!(error_sent(&silent), "login_required");
    let _ = world.authorize(&[("id_token_hint", hint)]).await;
    let (reason, return_to, _) = world.asked().unwrap();
    assert_eq!(reason, SignInReason::OtherUser);
    assert_eq!(error_sent(&world.get(&return_to).await), "login_required");
    world.sign_in("ada");
    let pairs = crate::host::sent(&world.get(&return_to).await);
    assert!(value(&pairs, "code").is_some());
    // An access token is no hint, nor is a forged one.
    for junk in [redeemed.issued().access_token().expose_secret(), &format!("{hint}A"), "x"] {
        world.sign_in("ada");
        code_sent(&world.authorize(&[("id_token_hint", junk)]).await);
    }
}
