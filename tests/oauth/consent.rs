//! Consent: F132-F136, RFC 8252 §8.6, and what its withdrawal ends.

use std::time::Duration;

use hallpass::{
    authority::{Client, CodeError, CodeRedemption, GrantType, Refresh, RefreshError},
    id::Subject,
    store::{CodeRefusal, EndReason},
    testing::TestAuthority,
};

use crate::{
    host::{World, code_sent, error_sent, sent_to, shown, ticket, value},
    support::{REDIRECT, VERIFIER, ada, confidential, id},
};

fn skipped(answer: &hallpass::web::Answer) -> bool {
    answer.status() == 303
}

/// F135: asked once, and again when it grows.
#[tokio::test]
async fn consent_is_asked_again_when_it_grows() {
    let world = World::new();
    assert!(!skipped(&world.authorize(&[("scope", "invoice:7:read")]).await));
    let page = world.authorize(&[("scope", "invoice:7:read")]).await;
    code_sent(&world.allow(&page).await);
    for (scope, known) in [
        ("invoice:7:read", true),
        ("invoice:*:read", false),
        ("openid invoice:7:read", false),
        ("invoice:8:read", false),
    ] {
        assert_eq!(skipped(&world.authorize(&[("scope", scope)]).await), known, "{scope}");
    }
    let page = world.authorize(&[("scope", "openid invoice:*:read")]).await;
    code_sent(&world.allow(&page).await);
    let given = world.auth.find_consent(&ada(), &id("partner")).await.unwrap().unwrap();
    assert_eq!(given.scope.as_str(), "openid invoice:*:read");
    // What was given before is part of it, and nothing ended.
    for scope in ["invoice:7:read", "invoice:8:read openid"] {
        assert!(skipped(&world.authorize(&[("scope", scope)]).await), "{scope}");
    }
    assert!(!skipped(&world.authorize(&[("prompt", "consent")]).await), "asked for");
    // It is this user's, for this client.
    let mut world = world;
    world.sign_in("bob");
    assert!(!skipped(&world.authorize(&[("scope", "invoice:7:read")]).await));
}

/// F134.
#[tokio::test]
async fn denial_is_told_to_the_client_and_gives_nothing() {
    let world = World::new();
    let ticket = ticket(&world.authorize(&[]).await);
    let form = [("ticket", ticket.as_str()), ("decision", "deny")];
    assert_eq!(error_sent(&world.post("/authorize/decision", &form).await), "access_denied");
    assert_eq!(world.auth.find_consent(&ada(), &id("partner")).await.unwrap(), None);
    let form = [("ticket", ticket.as_str()), ("decision", "allow")];
    shown(&world.post("/authorize/decision", &form).await, 400, "sent before");
}

#[tokio::test]
async fn of_what_is_asked_a_part_may_be_allowed_and_never_more() {
    let world = World::new();
    let page = world.authorize(&[("scope", "openid invoice:*:read invoice:7:pay")]).await;
    let select = |items: &[&str]| {
        let mut form = vec![("ticket", ticket(&page)), ("decision", "allow_selected".to_owned())];
        form.extend(items.iter().map(|item| ("scope", (*item).to_owned())));
        form
    };
    for (items, text) in [
        (&["invoice:*:*"][..], "not offered"),
        (&["openid", "*:*:*"], "not offered"),
        (&["invoice:::"], "not offered"),
    ] {
        let form = select(items);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        shown(&world.post("/authorize/decision", &form).await, 400, text);
    }
    let form = select(&["invoice:*:read"]);
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let code = code_sent(&world.post("/authorize/decision", &form).await);
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    assert_eq!(redeemed.issued().scope().as_str(), "invoice:*:read");

    // Nothing selected is nothing allowed.
    let none = ticket(&world.authorize(&[]).await);
    let form = [("ticket", none.as_str()), ("decision", "allow_selected")];
    assert_eq!(error_sent(&world.post("/authorize/decision", &form).await), "access_denied");
}

/// The ticket is what keeps others from deciding.
#[tokio::test]
async fn a_ticket_is_good_for_its_user_once_and_for_ten_minutes() {
    let mut world = World::new();
    let decide = "/authorize/decision";
    let first = ticket(&world.authorize(&[]).await);
    let mut forged = first.clone().into_bytes();
    let last = forged.len() - 2;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for junk in [forged.as_str(), "x", ""] {
        let answer = world.post(decide, &[("ticket", junk), ("decision", "allow")]).await;
        shown(&answer, 400, "not one of ours");
    }
    let form = [("ticket", first.as_str()), ("decision", "allow")];
    shown(&world.post(decide, &[("ticket", first.as_str())]).await, 400, "decision");
    let cookie = world.cookie.clone();
    world.cookie = None;
    shown(&world.post(decide, &form).await, 400, "somebody else");
    world.sign_in("bob");
    shown(&world.post(decide, &form).await, 400, "somebody else");
    // The same user in a newer sign-in has not seen the page.
    world.auth.clock().advance(Duration::from_secs(1));
    world.sign_in("ada");
    shown(&world.post(decide, &form).await, 400, "somebody else");
    world.cookie = cookie;
    code_sent(&world.post(decide, &form).await);
    shown(&world.post(decide, &form).await, 400, "sent before");

    let second = ticket(&world.authorize(&[("prompt", "consent")]).await);
    world.auth.clock().advance(Duration::from_secs(600));
    let form = [("ticket", second.as_str()), ("decision", "allow")];
    shown(&world.post(decide, &form).await, 400, "too old");
    // A mark of a sign-in is no ticket.
    let _ = world.authorize(&[("prompt", "login")]).await;
    let (_, return_to, _) = world.asked().unwrap();
    let (_, mark) = return_to.split_once("hp_since=").unwrap();
    let answer = world.post(decide, &[("ticket", mark), ("decision", "allow")]).await;
    shown(&answer, 400, "not one of ours");
}

/// Of many parallel sends of one form, one is answered.
#[tokio::test]
async fn a_form_that_is_sent_twenty_times_counts_once() {
    let world = std::sync::Arc::new(World::new());
    let ticket = ticket(&world.authorize(&[]).await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (world, ticket) = (world.clone(), ticket.clone());
            tokio::spawn(async move {
                let form = [("ticket", ticket.as_str()), ("decision", "allow")];
                world.post("/authorize/decision", &form).await.status()
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += u32::from(task.await.unwrap() == 303);
    }
    assert_eq!(won, 1);
}

/// F133, RFC 8252 §8.6: only where nobody can pass for the client.
#[tokio::test]
async fn who_is_not_asked() {
    let app = |id: &str, address: &str| {
        Client::public(id)
            .redirect_uri(address)
            .scope("a".parse().unwrap())
            .grant(GrantType::AuthorizationCode)
    };
    let world = World::with(|builder| {
        builder
            .client(
                confidential("house")
                    .trusted(true)
                    .redirect_uri(REDIRECT)
                    .scope("a".parse().unwrap())
                    .grant(GrantType::AuthorizationCode),
            )
            .client(app("own-spa", "https://own.test/cb").trusted(true))
            .client(app("own-phone", "test.own.app:/cb").trusted(true))
            .client(app("own-tool", "http://127.0.0.1/cb").trusted(true))
            .client(app("phone", "test.other.app:/cb"))
            .client(app("web", "https://web.test/cb"))
    });
    for (client, address, not_even_once, after_consent) in [
        ("house", REDIRECT, true, true),
        ("own-spa", "https://own.test/cb", true, true),
        ("own-phone", "test.own.app:/cb", false, false),
        ("own-tool", "http://127.0.0.1/cb", false, false),
        ("phone", "test.other.app:/cb", false, false),
        ("web", "https://web.test/cb", false, true),
    ] {
        let changes = [("client_id", client), ("redirect_uri", address), ("scope", "a:1:read")];
        let answer = world.authorize(&changes).await;
        assert_eq!(skipped(&answer), not_even_once, "{client}");
        if !not_even_once {
            let code = value(&sent_to(&world.allow(&answer).await, address), "code");
            assert!(code.is_some(), "{client}");
        }
        assert_eq!(skipped(&world.authorize(&changes).await), after_consent, "{client}");
        let silent = [&changes[..], &[("prompt", "none")]].concat();
        let pairs = sent_to(&world.authorize(&silent).await, address);
        let error = value(&pairs, "error");
        assert_eq!(error.as_deref(), (!after_consent).then_some("consent_required"), "{client}");
        let asked = [&changes[..], &[("prompt", "consent")]].concat();
        assert!(!skipped(&world.authorize(&asked).await), "{client}");
    }
}

/// Withdrawing, and narrowing, end what the client holds: the next use of it is refused.
#[tokio::test]
async fn less_consent_ends_what_the_client_holds() {
    for narrowed in [false, true] {
        let world = World::with(|builder| {
            builder.client(
                confidential("other")
                    .redirect_uri(REDIRECT)
                    .scope("a".parse().unwrap())
                    .grant(GrantType::AuthorizationCode)
                    .grant(GrantType::RefreshToken)
                    .always_refresh(true),
            )
        });
        let scope = "invoice:*:read offline_access";
        let page = world.authorize(&[("scope", scope)]).await;
        let code = code_sent(&world.allow(&page).await);
        let (partner, other) = (id("partner"), id("other"));
        let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
        let held = world.auth.redeem_code(&code, given.clone()).await.unwrap();
        let pending = code_sent(&world.authorize(&[("scope", scope)]).await);
        let page = world.authorize(&[("client_id", "other"), ("scope", "a:1:read")]).await;
        let others = code_sent(&world.allow(&page).await);
        let given_other = CodeRedemption::new(&other, VERIFIER).redirect_uri(REDIRECT);
        let others = world.auth.redeem_code(&others, given_other).await.unwrap();

        if narrowed {
            let left = "invoice:7:read offline_access".parse().unwrap();
            let left = world.auth.narrow_consent(&ada(), &partner, &left).await.unwrap();
            assert_eq!(left.as_str(), "offline_access invoice:7:read");
        } else {
            let counts = world.auth.withdraw_consent(&ada(), &partner).await.unwrap();
            assert_eq!(counts.sessions, 1);
        }
        assert!(world.auth.verify(held.issued().access_token()).await.is_err());
        let refresh = Refresh::new(held.issued().refresh_token()).client(&partner);
        let refused = world.auth.refresh_with(refresh).await.unwrap_err();
        let ended = RefreshError::Ended(EndReason::ConsentWithdrawn);
        assert_eq!(refused.to_string(), ended.to_string());
        let refused = world.auth.redeem_code(&pending, given.clone()).await.unwrap_err();
        assert!(matches!(refused, CodeError::Refused(CodeRefusal::Revoked)), "{refused:?}");
        // Another client's is its own.
        assert!(world.auth.verify(others.issued().access_token()).await.is_ok());
        // And the user is asked again, in the very same millisecond.
        let page = world.authorize(&[("scope", scope)]).await;
        let code = code_sent(&world.allow(&page).await);
        assert!(world.auth.redeem_code(&code, given).await.is_ok());
    }
}

#[tokio::test]
async fn a_user_sees_and_widens_what_was_given() {
    let world = World::new();
    let scope = |text: &str| text.parse().unwrap();
    for (client, text) in [("b", "x:1:read"), ("a", "x:*:read"), ("c", "y")] {
        let _ = world.auth.give_consent(&ada(), &id(client), &scope(text)).await.unwrap();
    }
    let bob = Subject::parse("bob").unwrap();
    let _ = world.auth.give_consent(&bob, &id("a"), &scope("z")).await.unwrap();
    let list = world.auth.list_consents(&ada(), None, 2).await.unwrap();
    let names: Vec<_> = list.iter().map(|one| one.client.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let rest = world.auth.list_consents(&ada(), Some(&id("b")), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(list[0].given_at, TestAuthority::STARTS_AT);
    // Less than before adds nothing and ends nothing.
    let all = world.auth.give_consent(&ada(), &id("a"), &scope("x:1:read")).await.unwrap();
    assert_eq!(all.as_str(), "x:*:read");
    let none = world.auth.narrow_consent(&ada(), &id("none"), &scope("x")).await.unwrap();
    assert!(none.is_empty());
    let none = world.auth.narrow_consent(&ada(), &id("a"), &scope("q")).await.unwrap();
    assert!(none.is_empty());
    assert_eq!(world.auth.find_consent(&ada(), &id("a")).await.unwrap(), None);
}

/// What changes between the page and the decision is looked at again.
#[tokio::test]
async fn a_client_that_is_disabled_meanwhile_gets_nothing() {
    let world = World::new();
    let client = Client::public("late")
        .redirect_uri("https://late.test/cb")
        .scope("a".parse().unwrap())
        .grant(GrantType::AuthorizationCode);
    let _ = world.auth.register_client(client).await.unwrap();
    let late = id("late");
    let changes =
        [("client_id", "late"), ("redirect_uri", "https://late.test/cb"), ("scope", "a:1:read")];
    let page = world.authorize(&changes).await;
    let code = value(&sent_to(&world.allow(&page).await, "https://late.test/cb"), "code").unwrap();
    let page = world.authorize(&[&changes[..], &[("prompt", "consent")]].concat()).await;
    let sealed = ticket(&page);

    world.auth.disable_client(&late).await.unwrap();
    shown(&world.authorize(&changes).await, 400, "no such client");
    let form = [("ticket", sealed.as_str()), ("decision", "allow")];
    shown(&world.post("/authorize/decision", &form).await, 400, "no such client");
    let given = CodeRedemption::new(&late, VERIFIER).redirect_uri("https://late.test/cb");
    let refused = world.auth.redeem_code(&code, given).await.unwrap_err();
    assert!(matches!(refused, CodeError::Refused(CodeRefusal::Revoked)), "{refused:?}");
}

/// The port of a loopback address is the app's to choose (RFC 8252 §7.3), and stays the same to
/// the end.
#[tokio::test]
async fn a_loopback_port_may_vary_from_request_to_request() {
    let world = World::with(|builder| {
        builder.client(
            Client::public("tool")
                .redirect_uri("http://127.0.0.1/cb")
                .scope("a".parse().unwrap())
                .grant(GrantType::AuthorizationCode),
        )
    });
    let address = "http://127.0.0.1:51004/cb";
    let changes = [("client_id", "tool"), ("redirect_uri", address), ("scope", "a:1:read")];
    let tool = id("tool");
    for (named, fits) in [(address, true), ("http://127.0.0.1:51005/cb", false)] {
        let page = world.authorize(&changes).await;
        assert!(page.body().contains("127.0.0.1:51004"), "{}", page.body());
        let code = value(&sent_to(&world.allow(&page).await, address), "code").unwrap();
        let given = CodeRedemption::new(&tool, VERIFIER).redirect_uri(named);
        assert_eq!(world.auth.redeem_code(&code, given).await.is_ok(), fits, "{named}");
    }
    let other = [("client_id", "tool"), ("redirect_uri", "http://127.0.0.1:1/other")];
    shown(&world.authorize(&other).await, 400, "has registered");
}

/// What a user has not, they are not asked to give; `openid` is nobody's right.
#[tokio::test]
async fn a_page_asks_for_what_the_user_has() {
    #[derive(Debug)]
    struct Clerk;

    #[async_trait::async_trait]
    impl hallpass::verifier::PermissionSource for Clerk {
        async fn permissions(
            &self,
            _: &Subject,
            _: Option<&hallpass::id::ClientId>,
        ) -> Result<hallpass::Scope, hallpass::verifier::PermissionError> {
            Ok("invoice:7:read".parse().unwrap())
        }
    }

    let world = World::with(|builder| builder.permissions(Clerk));
    let scope = "openid offline_access invoice:*:read a:1:read";
    let page = world.authorize(&[("scope", scope)]).await;
    assert!(page.body().contains("read invoice 7"), "{}", page.body());
    assert!(!page.body().contains("all your invoices") && !page.body().contains("a 1"));
    let code = code_sent(&world.allow(&page).await);
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    assert_eq!(redeemed.issued().scope().as_str(), "offline_access openid invoice:7:read");
    let none = world.authorize(&[("scope", "a:1:read")]).await;
    assert_eq!(error_sent(&none), "invalid_scope");
}

/// A store that does not answer is told to the client as something that passes.
#[tokio::test]
async fn a_store_that_is_down_is_no_denial() {
    use hallpass::{
        MemoryStore,
        store::StoreErrorKind,
        testing::{FailingStore, Fault, StoreMethod},
    };
    let store = std::sync::Arc::new(FailingStore::new(MemoryStore::new()));
    let world = World::on(store.clone());
    let page = world.authorize(&[]).await;
    for method in [StoreMethod::FindConsent, StoreMethod::PutConsent, StoreMethod::InsertCode] {
        store.fail_method(method, Fault::Before(StoreErrorKind::Unavailable));
        let answer = match method {
            StoreMethod::FindConsent => world.authorize(&[]).await,
            _ => {
                store.heal();
                let page = world.authorize(&[("prompt", "consent"), ("scope", "a:1:read")]).await;
                store.fail_method(method, Fault::Before(StoreErrorKind::Unavailable));
                world.allow(&page).await
            }
        };
        assert_eq!(error_sent(&answer), "temporarily_unavailable", "{method:?}");
        store.heal();
    }
    store.fail_method(StoreMethod::ConsumeOnce, Fault::Before(StoreErrorKind::Unavailable));
    shown(&world.allow(&page).await, 503, "cannot answer");
    store.heal();
    code_sent(&world.allow(&page).await);
}
