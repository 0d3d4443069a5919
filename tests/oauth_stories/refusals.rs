//! Code with PKCE, client credentials and refresh, with every refusal on the way.

use serde_json::Value;

use super::{
    browser::{
        Tokens, authorization, code, decide, exchange, exchange_with, open, post, refresh, refused,
        sent, session,
    },
    races::soon,
    stage::{API, ISSUER, Stage, ada, client_id},
};

/// RFC 6749 §4.1, RFC 7636, RFC 9207, OpenID Connect Core §3.1: from one instance to the other.
pub(super) async fn the_whole_flow(stage: &Stage) {
    let scope = "openid offline_access invoice:*:read report:7:write user:*:delete";
    let page = open(&stage.one, &authorization("partner", scope)).await;
    let answer = decide(&stage.two, &page, "allow").await;
    let body = answer.body();
    assert_eq!(sent(&answer, "state").as_deref(), Some("a state & more"), "{body}");
    assert_eq!(sent(&answer, "iss").as_deref(), Some(ISSUER));
    let given = sent(&answer, "code").unwrap();
    let tokens = Tokens::of(&exchange(&stage.one, "partner", &given).await);
    let granted = "offline_access openid invoice:*:read report:7:write";
    assert_eq!(tokens.json["scope"], granted, "the ceiling of the client");
    assert_eq!(tokens.json["token_type"], "Bearer");

    let claims = tokens.json["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    assert_eq!((&claims["sub"], &claims["aud"]), (&"ada".into(), &"partner".into()));
    assert_eq!((&claims["iss"], &claims["nonce"]), (&ISSUER.into(), &"n-0S6_WzA2Mj".into()));
    for member in ["exp", "iat", "auth_time", "at_hash", "sid"] {
        assert!(!claims[member].is_null(), "{member}");
    }
    let id_token = tokens.json["id_token"].as_str().unwrap();
    for server in stage.both() {
        let who = server.authority().verify(&tokens.access).await.unwrap();
        assert_eq!((who.subject(), who.client_id()), ("ada", Some("partner")));
        assert!(server.authority().verify(id_token).await.is_err(), "an ID token gives no access");
        let asked = [("token", tokens.access.as_str())];
        let answer = post(server, "/introspect", "gateway", &asked).await;
        let found: Value = serde_json::from_str(answer.body()).unwrap();
        assert_eq!((&found["active"], &found["scope"]), (&true.into(), &granted.into()));
    }
    let next = Tokens::of(&refresh(&stage.two, "partner", &tokens.refresh).await);
    assert!(stage.one.authority().verify(&next.access).await.is_ok());

    // Consent is remembered for a confidential client, and asked again when it grows.
    let again = open(&stage.one, &authorization("partner", "openid invoice:*:read")).await;
    assert!(sent(&again, "code").is_some());
    let more = open(&stage.one, &authorization("partner", "openid report:*:write")).await;
    let denied = decide(&stage.one, &more, "deny").await;
    assert_eq!(sent(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(sent(&denied, "iss").as_deref(), Some(ISSUER));
    // Without `offline_access` there is no refresh token.
    let short = Tokens::of(&exchange(&stage.one, "partner", &sent(&again, "code").unwrap()).await);
    assert_eq!(short.refresh, "");

    let form =
        [("grant_type", "client_credentials"), ("scope", "report:7:write"), ("resource", API)];
    let own = Tokens::of(&post(&stage.two, "/token", "partner", &form).await);
    assert_eq!(own.refresh, "");
    assert_eq!(stage.one.authority().verify(&own.access).await.unwrap().subject(), "partner");
}

/// The verifier, the redirect address, and one use (INVARIANTS 71, 72, 73).
pub(super) async fn a_code_is_bound(stage: &Stage) {
    let other = session(&stage.one, "partner").await;
    let scope = "openid offline_access invoice:*:read";
    for wrong in [
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
        // The challenge itself, as `plain` would have it.
        super::browser::CHALLENGE,
    ] {
        let given = code(&stage.one, "partner", scope).await;
        refused(&exchange_with(&stage.two, "partner", &given, wrong).await, 400, "invalid_grant");
        refused(&exchange(&stage.one, "partner", &given).await, 400, "invalid_grant");
    }
    for short in ["", "short", &"a".repeat(129), &"ü".repeat(43)] {
        let given = code(&stage.one, "partner", scope).await;
        let answer = exchange_with(&stage.two, "partner", &given, short).await;
        assert_eq!(answer.status(), 400, "{}", answer.body());
    }

    // Presented again, it ends what it made, and that alone.
    let given = code(&stage.one, "partner", scope).await;
    let tokens = Tokens::of(&exchange(&stage.one, "partner", &given).await);
    refused(&exchange(&stage.two, "partner", &given).await, 400, "invalid_grant");
    refused(&refresh(&stage.one, "partner", &tokens.refresh).await, 400, "invalid_grant");
    assert!(stage.two.authority().verify(&tokens.access).await.is_err());
    let _ = Tokens::of(&refresh(&stage.one, "partner", &other.refresh).await);

    // Another redirect address than the request's burns it.
    let given = code(&stage.one, "partner", scope).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", given.as_str()),
        ("redirect_uri", "https://partner.example/callback?"),
        ("code_verifier", super::browser::VERIFIER),
    ];
    refused(&post(&stage.one, "/token", "partner", &form).await, 400, "invalid_grant");
    refused(&exchange(&stage.one, "partner", &given).await, 400, "invalid_grant");

    tricked_addresses(stage).await;
}

/// RFC 6749 §3.1.2.3, RFC 9700 §4.1: compared as text; RFC 8252 §7.3: but for a loopback's port.
async fn tricked_addresses(stage: &Stage) {
    for trick in [
        "https://partner.example/callback/",
        "https://partner.example/callback?",
        "https://partner.example/callback?x=1",
        "https://partner.example/callback#x",
        "https://partner.example/Callback",
        "https://PARTNER.example/callback",
        "HTTPS://partner.example/callback",
        "http://partner.example/callback",
        "https://partner.example:443/callback",
        "https://partner.example:8443/callback",
        "https://partner.example./callback",
        "https://partner.example.evil.example/callback",
        "https://evil.example/callback",
        "https://partner.example@evil.example/callback",
        "https://partner.example\\@evil.example/callback",
        "https://evil.example/?https://partner.example/callback",
        "https://partner.example/callback/../open",
        "https://partner.example/%63allback",
        "https://partner.example/callback%0d%0aSet-Cookie:%20a=b",
        "https://partner.example/callback\r\nSet-Cookie: a=b",
        "https://partner.example/callback\0",
        " https://partner.example/callback",
        "//partner.example/callback",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let mut asked = authorization("partner", "openid");
        asked[2].1 = trick.to_owned();
        let answer = open(&stage.one, &asked).await;
        assert_eq!((answer.status(), answer.header("location")), (400, None), "{trick}");
        assert_eq!(answer.header("set-cookie"), None, "{trick}");
    }
    let mut twice = authorization("partner", "openid");
    twice.push(("redirect_uri", "https://evil.example/callback".to_owned()));
    let answer = open(&stage.one, &twice).await;
    assert_eq!((answer.status(), answer.header("location")), (400, None));

    for (address, known) in [
        ("http://127.0.0.1:49152/callback", true),
        ("http://127.0.0.1/callback", true),
        ("http://127.0.0.1:49152/other", false),
        ("http://127.0.0.1:49152@evil.example/callback", false),
        ("http://127.0.0.1.evil.example:49152/callback", false),
        ("http://127.0.0.2:49152/callback", false),
        ("https://127.0.0.1:49152/callback", false),
        ("http://127.0.0.1:0x1/callback", false),
    ] {
        let mut asked = authorization("phone", "openid");
        asked[2].1 = address.to_owned();
        let answer = open(&stage.one, &asked).await;
        assert_eq!(answer.status() == 200, known, "{address}: {}", answer.body());
        assert_eq!(answer.header("location"), None, "{address}");
    }
}

/// INVARIANT 72: a code that the wrong client presents is still good for the right one; and the
/// other client's tokens are of no use either (INVARIANTS 23, 27).
pub(super) async fn inv_72_a_wrong_client_burns_nothing(stage: &Stage) {
    let given = code(&stage.one, "partner", "openid offline_access").await;
    refused(&exchange(&stage.one, "rival", &given).await, 400, "invalid_grant");
    refused(&exchange(&stage.two, "phone", &given).await, 400, "invalid_grant");
    let tokens = Tokens::of(&exchange(&stage.two, "partner", &given).await);
    refused(&refresh(&stage.one, "rival", &tokens.refresh).await, 400, "invalid_grant");
    refused(&refresh(&stage.one, "phone", &tokens.refresh).await, 400, "invalid_grant");
    let nameless = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)];
    refused(&post(&stage.one, "/token", "", &nameless).await, 401, "invalid_client");
    let named = [nameless[0], nameless[1], ("client_id", "partner")];
    refused(&post(&stage.one, "/token", "", &named).await, 401, "invalid_client");
    // A rival cannot take it back either, and is not told so.
    let answer = post(&stage.one, "/revoke", "rival", &[("token", &tokens.refresh)]).await;
    assert_eq!((answer.status(), answer.body()), (200, ""));
    let _ = Tokens::of(&refresh(&stage.one, "partner", &tokens.refresh).await);
}

/// INVARIANTS 28, 29, 30.
pub(super) async fn scope_is_never_widened(stage: &Stage) {
    let first = session(&stage.one, "partner").await;
    let with = async |more: (&str, &str)| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*first.refresh), more];
        post(&stage.two, "/token", "partner", &form).await
    };
    for wider in ["invoice:*:*", "report:*:write", "invoice:*:read user:*:delete", "*:*:*"] {
        refused(&with(("scope", wider)).await, 400, "invalid_scope");
    }
    refused(&with(("resource", "https://elsewhere.example")).await, 400, "invalid_target");
    let less = Tokens::of(&with(("scope", "invoice:7:read")).await);
    assert_eq!(less.json["scope"], "invoice:7:read");
    let whole = Tokens::of(&refresh(&stage.one, "partner", &first.refresh).await);
    assert_eq!(whole.json["scope"], first.json["scope"], "for that answer alone");

    for wider in ["user:*:delete", "*:*:*"] {
        let form = [("grant_type", "client_credentials"), ("scope", wider)];
        let answer = post(&stage.one, "/token", "partner", &form).await;
        if answer.status() == 200 {
            // What the ceiling leaves of it.
            let granted = Tokens::of(&answer).access;
            let who = stage.one.authority().verify(&granted).await.unwrap();
            assert!(!who.allows(&("user", "1", "delete")), "{wider}");
        } else {
            refused(&answer, 400, "invalid_scope");
        }
    }
}

/// What a user takes back is refused at its next use.
pub(super) async fn a_withdrawn_consent_ends_what_it_gave(stage: &Stage) {
    let (tokens, rivals) =
        (session(&stage.one, "partner").await, session(&stage.one, "rival").await);
    let waiting = code(&stage.two, "partner", "openid invoice:*:read").await;
    let partner = client_id("partner");
    let _ = stage.one.authority().withdraw_consent(&ada(), &partner).await.unwrap();

    assert!(stage.one.authority().verify(&tokens.access).await.is_err());
    refused(&refresh(&stage.one, "partner", &tokens.refresh).await, 400, "invalid_grant");
    refused(&refresh(&stage.two, "partner", &tokens.refresh).await, 400, "invalid_grant");
    refused(&exchange(&stage.two, "partner", &waiting).await, 400, "invalid_grant");
    soon(async || stage.two.authority().verify(&tokens.access).await.is_err()).await;
    // Another client's access is its own.
    let _ = Tokens::of(&refresh(&stage.two, "rival", &rivals.refresh).await);

    let mut silent = authorization("partner", "openid invoice:*:read");
    silent.push(("prompt", "none".to_owned()));
    let answer = open(&stage.two, &silent).await;
    assert_eq!(sent(&answer, "error").as_deref(), Some("consent_required"));
    // The user can allow it anew.
    let _ = session(&stage.one, "partner").await;
}

/// The next use of anything that a disabled client holds is refused.
pub(super) async fn a_disabled_client_holds_nothing(stage: &Stage) {
    let tokens = session(&stage.one, "partner").await;
    let form = [("grant_type", "client_credentials"), ("scope", "report:7:write")];
    let own = Tokens::of(&post(&stage.one, "/token", "partner", &form).await);
    let waiting = code(&stage.one, "partner", "openid invoice:*:read").await;
    let grant = hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner");
    let key = stage.one.authority().issue_api_key(grant, "ci", None).await.unwrap();
    let page = open(&stage.one, &authorization("partner", "openid report:*:write")).await;
    let partner = client_id("partner");
    stage.one.authority().disable_client(&partner).await.unwrap();

    let holds_nothing = async |server: &hallpass::oauth::AuthorizationServer| {
        let authority = server.authority();
        let mut refused = true;
        for token in [&*tokens.access, &*own.access, key.api_key().expose_secret()] {
            refused &= authority.verify(token).await.is_err();
        }
        for (path, form) in [
            ("/token", &form[..]),
            ("/token", &[("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)]),
            ("/revoke", &[("token", "x")]),
        ] {
            let answer = post(server, path, "partner", form).await;
            refused &= (answer.status(), answer.body().contains("invalid_client")) == (401, true);
        }
        refused &= exchange(server, "partner", &waiting).await.status() == 401;
        let answer = open(server, &authorization("partner", "openid")).await;
        refused & (answer.status() == 400 && answer.header("location").is_none())
    };
    assert!(holds_nothing(&stage.one).await, "here at once");
    soon(async || holds_nothing(&stage.two).await).await;
    let answer = decide(&stage.one, &page, "allow").await;
    assert_eq!((answer.status(), answer.header("location")), (400, None), "a page that was open");

    // Enabled again, it may begin anew; what it had stays dead.
    stage.two.authority().enable_client(&partner).await.unwrap();
    refused(&refresh(&stage.two, "partner", &tokens.refresh).await, 400, "invalid_grant");
    refused(&exchange(&stage.two, "partner", &waiting).await, 400, "invalid_grant");
    assert!(stage.two.authority().verify(&tokens.access).await.is_err());
    let _ = session(&stage.two, "partner").await;

    // A client that is removed is as if it had never been.
    let gone: Option<_> = stage.two.authority().remove_client(&partner).await.unwrap();
    assert!(gone.is_some());
    refused(&post(&stage.two, "/token", "partner", &form).await, 401, "invalid_client");
}

/// RFC 7523 §3: made for this server, and for one request, on all instances together.
pub(super) async fn an_assertion_works_once(stage: &Stage) {
    let ask = async |server: &hallpass::oauth::AuthorizationServer, assertion: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ];
        post(server, "/token", "", &form).await
    };
    let first = stage.assertion("one", ISSUER);
    let _ = Tokens::of(&ask(&stage.one, &first).await);
    for server in stage.both() {
        refused(&ask(server, &first).await, 401, "invalid_client");
    }
    for audience in [API, "https://auth.example.com/token", "https://auth.example.com/"] {
        let other = stage.assertion("two", audience);
        refused(&ask(&stage.one, &other).await, 401, "invalid_client");
    }
    let _ = Tokens::of(&ask(&stage.two, &stage.assertion("two", ISSUER)).await);
}
