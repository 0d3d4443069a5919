//! The authorization endpoint: RFC 6749 §4.1.1-4.1.2.1, RFC 7636 §4.3, RFC 9207, RFC 8707.

use hallpass::authority::{CodeRedemption, GrantType};

use crate::{
    code::claims,
    host::{
        World, code_sent, error_sent, guarded, parameters, query, sent, sent_to, shown, ticket,
        value,
    },
    support::{CHALLENGE, REDIRECT, SECRET, VERIFIER, ada, confidential, id},
};

#[tokio::test]
async fn consent_then_a_code_then_tokens() {
    let world = World::new();
    let page = world.authorize(&[]).await;
    shown(&page, 200, "Partner &amp; Söhne");
    for text in ["know who you are", "see &lt;all&gt; your invoices", "partner.test"] {
        assert!(page.body().contains(text), "{text}: {}", page.body());
    }
    let answer = world.allow(&page).await;
    guarded(&answer);
    let code = code_sent(&answer);
    let names: Vec<_> = sent(&answer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"]);

    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
    let who = world.auth.verify(redeemed.issued().access_token()).await.unwrap();
    assert_eq!((who.subject(), who.scope().as_str()), ("ada", "openid invoice:*:read"));
    let access = claims(redeemed.issued().access_token().expose_secret());
    assert_eq!(access["tenant"], "acme");
    assert_eq!(access["roles"][0], "clerk");
    let id_token = claims(redeemed.id_token().unwrap().expose_secret());
    assert_eq!((&id_token["nonce"], &id_token["acr"]), (&"n-1".into(), &"high".into()));
    assert!(!redeemed.is_refreshable());
}

/// From the first redirect to the tokens, by paths alone, as a client library goes.
#[tokio::test]
async fn a_client_goes_all_the_way() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use hallpass::{oauth::Request, web::RequestHead};

    let world = World::new();
    let basic = format!("Basic {}", STANDARD.encode(format!("partner:{SECRET}")));
    let wrong = "x".repeat(43);
    for (verifier, status) in [(VERIFIER, 200), (wrong.as_str(), 400)] {
        let page = world.authorize(&[("scope", "openid offline_access"), ("prompt", "consent")]);
        let code = code_sent(&world.allow(&page.await).await);
        let body = query(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ]);
        let head = RequestHead::new("POST", "/token")
            .header("content-type", b"application/x-www-form-urlencoded")
            .header("authorization", basic.as_bytes());
        let answer = world.server.answer(&Request::new(head).body(body.as_bytes())).await;
        assert_eq!(answer.status(), status, "{}", answer.body());
        let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
        if status == 200 {
            for member in ["access_token", "refresh_token", "id_token"] {
                assert!(body[member].is_string(), "{member}: {body}");
            }
        } else {
            assert_eq!(body["error"], "invalid_grant");
        }
    }
    let head = RequestHead::new("GET", "/authorize?client_id=nobody");
    shown(&world.server.answer(&Request::new(head)).await, 400, "no such client");
}

#[tokio::test]
async fn a_form_does_what_a_query_does() {
    let world = World::new();
    let page = world.post("/authorize", &parameters(&[])).await;
    code_sent(&world.allow(&page).await);
}

/// RFC 6749 §4.1.2.1: whatever is wrong with the client or its address is shown, never sent.
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let world = World::new();
    for trick in [
        "https://evil.test/callback",
        "https://partner.test/callback/",
        "https://partner.test/callback?x=1",
        "https://partner.test/callback#x",
        "https://partner.test/callback%2f..%2fevil",
        "https://partner.test/callback/../evil",
        "https://partner.test/Callback",
        "https://partner.test:443/callback",
        "https://partner.test:8443/callback",
        "https://partner.test.evil.test/callback",
        "https://evil.test@partner.test/callback",
        "https://partner.test@evil.test/callback",
        "https://partner.test\\@evil.test/callback",
        "//partner.test/callback",
        "http://partner.test/callback",
        "HTTPS://PARTNER.TEST/callback",
        "https://partner.test/callback\r\nlocation: https://evil.test",
        " https://partner.test/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let answer = world.authorize(&[("redirect_uri", trick)]).await;
        shown(&answer, 400, "not one that the client has registered");
        // Nor when something else is wrong besides.
        let answer = world.authorize(&[("redirect_uri", trick), ("scope", ":::")]).await;
        shown(&answer, 400, "not one that the client has registered");
    }
    for bad in ["nobody", "é", &"x".repeat(300)] {
        shown(&world.authorize(&[("client_id", bad)]).await, 400, "there is no such client");
    }
    shown(&world.authorize(&[("client_id", "")]).await, 400, "client_id is missing");
    let twice = format!("/authorize?{}&client_id=spa", query(&parameters(&[])));
    shown(&world.get(&twice).await, 400, "more than once");
    let twice =
        format!("/authorize?{}&redirect_uri=https%3a%2f%2fevil.test", query(&parameters(&[])));
    shown(&world.get(&twice).await, 400, "more than once");
    shown(&world.get("/authorize?client_id=%ff").await, 400, "encoded");
}

/// RFC 6749 §4.1.2.1: everything else is told to the client.
#[tokio::test]
async fn every_other_refusal_is_sent_to_the_client() {
    let world = World::new();
    let long = "x".repeat(3000);
    for (changes, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code token")], "unsupported_response_type"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_mode", "form_post")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "s256")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c+")], "invalid_request"),
        (&[("scope", "a b:::c")], "invalid_scope"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "invoice:*:write")], "invalid_scope"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "https://a.test/r")], "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("resource", "https://elsewhere.test")], "invalid_target"),
        (&[("nonce", &long)], "invalid_request"),
        (&[("prompt", "none")], "consent_required"),
    ] {
        assert_eq!(error_sent(&world.authorize(changes).await), error, "{changes:?}");
    }
    let twice = format!("/authorize?{}&scope=openid", query(&parameters(&[])));
    assert_eq!(error_sent(&world.get(&twice).await), "invalid_request");
    // A state that comes twice is not one of them.
    let twice = format!("/authorize?{}&state=b", query(&parameters(&[])));
    let pairs = sent(&world.get(&twice).await);
    assert_eq!(value(&pairs, "error").as_deref(), Some("invalid_request"));
    assert_eq!(value(&pairs, "state"), None);
}

#[tokio::test]
async fn a_client_that_may_not_ask_for_codes_is_told_so() {
    let world = World::with(|builder| {
        builder.client(
            confidential("machine")
                .redirect_uri(REDIRECT)
                .scope("a".parse().unwrap())
                .grant(GrantType::ClientCredentials),
        )
    });
    let answer = world.authorize(&[("client_id", "machine")]).await;
    assert_eq!(error_sent(&answer), "unauthorized_client");
}

/// RFC 6749 §3.1.2.3: an address may be left out where only one is registered; then it is not
/// asked for at the token endpoint (§4.1.3).
#[tokio::test]
async fn the_only_address_need_not_be_named() {
    let world = World::new();
    let page = world.authorize(&[("redirect_uri", "")]).await;
    let code = code_sent(&world.allow(&page).await);
    let partner = id("partner");
    assert!(world.auth.redeem_code(&code, CodeRedemption::new(&partner, VERIFIER)).await.is_ok());

    let world = World::with(|builder| {
        let two = confidential("two").redirect_uri(REDIRECT).grant(GrantType::AuthorizationCode);
        builder.client(two.redirect_uri("https://partner.test/other"))
    });
    let answer = world.authorize(&[("client_id", "two"), ("redirect_uri", "")]).await;
    shown(&answer, 400, "redirect_uri is missing");
}

#[tokio::test]
async fn an_address_with_a_query_keeps_it() {
    let address = "https://partner.test/cb?tenant=7";
    let world = World::with(|builder| {
        let client = confidential("q").redirect_uri(address);
        builder.client(client.grant(GrantType::AuthorizationCode).scope("a".parse().unwrap()))
    });
    let changes = [("client_id", "q"), ("redirect_uri", address), ("scope", "a")];
    let answer = world.allow(&world.authorize(&changes).await).await;
    assert!(value(&sent_to(&answer, address), "code").is_some());
}

/// What a client asks for and a user allows is no permission: somebody must have set a limit.
#[tokio::test]
async fn a_client_without_any_limit_gets_no_more_than_its_default() {
    let world = World::with(|builder| {
        let open = confidential("open").redirect_uri(REDIRECT).grant(GrantType::AuthorizationCode);
        builder.client(open.default_scope("a:1:read".parse().unwrap()))
    });
    for (scope, fits) in [
        ("*:*:*", false),
        ("a:*:read", false),
        ("a:1:read", true),
        ("openid a:1:read", true),
        ("openid", true),
        ("", true),
    ] {
        let answer = world.authorize(&[("client_id", "open"), ("scope", scope)]).await;
        match fits {
            true => drop(ticket(&answer)),
            false => assert_eq!(error_sent(&answer), "invalid_scope", "{scope}"),
        }
    }
}

/// OpenID Connect Core §11, F24.
#[tokio::test]
async fn a_refresh_token_comes_with_offline_access_or_by_the_clients_policy() {
    let world = World::with(|builder| {
        let base = |id| {
            confidential(id)
                .redirect_uri(REDIRECT)
                .grant(GrantType::AuthorizationCode)
                .scope("a openid offline_access".parse().unwrap())
        };
        builder
            .client(base("never"))
            .client(base("asks").grant(GrantType::RefreshToken))
            .client(base("always").grant(GrantType::RefreshToken).always_refresh(true))
    });
    for (client, scope, granted, refreshable) in [
        ("never", "a offline_access", "a:*:*", false),
        ("asks", "a", "a:*:*", false),
        ("asks", "a offline_access", "offline_access a:*:*", true),
        ("always", "a", "a:*:*", true),
    ] {
        let page = world.authorize(&[("client_id", client), ("scope", scope)]).await;
        let code = code_sent(&world.allow(&page).await);
        let client = id(client);
        let given = CodeRedemption::new(&client, VERIFIER).redirect_uri(REDIRECT);
        let redeemed = world.auth.redeem_code(&code, given).await.unwrap();
        assert_eq!(redeemed.is_refreshable(), refreshable, "{client} {scope}");
        assert_eq!(redeemed.issued().scope().as_str(), granted);
    }
}

#[tokio::test]
async fn what_may_pass_is_told_as_such() {
    let mut world = World::new();
    world.cookie = Some("broken".to_owned());
    assert_eq!(error_sent(&world.authorize(&[]).await), "temporarily_unavailable");
}

#[tokio::test]
async fn other_methods_are_shown_the_door() {
    use hallpass::{oauth::Request, web::RequestHead};
    let world = World::new();
    let answer = world.server.authorize(&Request::new(RequestHead::new("PUT", "/authorize"))).await;
    shown(&answer, 405, "GET and POST");
    assert_eq!(answer.header("allow"), Some("GET, POST"));
    let head = RequestHead::new("GET", "/authorize/decision");
    shown(&world.server.decide_consent(&Request::new(head)).await, 405, "POST");
}

/// The challenge that was sent is the one the verifier must meet.
#[tokio::test]
async fn a_code_needs_the_verifier_of_its_own_request() {
    let world = World::new();
    assert_eq!(CHALLENGE.len(), 43);
    let other = "a".repeat(43);
    let page = world.authorize(&[("code_challenge", &other)]).await;
    let code = code_sent(&world.allow(&page).await);
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    assert!(world.auth.redeem_code(&code, given).await.is_err());
    assert!(world.auth.list_sessions(&ada(), None, 10).await.unwrap().is_empty());
}

/// What a client without the refresh grant cannot use is left out. If that was all, there is
/// nothing to ask the user for, and no code behind their back.
#[tokio::test]
async fn a_request_for_nothing_is_refused() {
    use hallpass::authority::{Client, GrantType};
    let world = World::with(|builder| {
        builder.client(
            Client::public("plain")
                .redirect_uri(REDIRECT)
                .scope("offline_access a".parse().unwrap())
                .trusted(true)
                .grant(GrantType::AuthorizationCode),
        )
    });
    for (scope, fits) in [("a offline_access", true), ("offline_access", false)] {
        let answer = world.authorize(&[("client_id", "plain"), ("scope", scope)]).await;
        match fits {
            true => drop(code_sent(&answer)),
            false => assert_eq!(error_sent(&answer), "invalid_scope"),
        }
    }
}
