//! Every row of RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 7662 §2.3, over HTTP (INVARIANTS 44, 74, 76).

use crate::{
    axum,
    request::{Seen, Sent, encoded},
    world::{API, SECRET, World},
};

/// What a row expects of the challenge.
#[derive(Clone, Copy)]
enum Challenge {
    No,
    Basic,
}
use Challenge::{Basic, No};

struct Row {
    sent: Sent,
    status: u16,
    error: &'static str,
    challenge: Challenge,
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn partner(target: &str, parameters: &[(&str, &str)]) -> Sent {
    Sent::form(target, parameters).basic("partner", SECRET)
}

/// What everything that holds or refuses a token has in common.
#[track_caller]
pub(crate) fn is_sound(seen: &Seen, about: &str) {
    assert_eq!(seen.header("cache-control"), Some("no-store"), "{about}");
    assert_ne!(seen.status, 500, "{about}");
    if seen.status >= 400 {
        assert_eq!(seen.header("content-type"), Some("application/json"), "{about}");
        let body = seen.json();
        assert!(body["error"].is_string() && body["error_description"].is_string(), "{about}");
    }
    assert_eq!(seen.header("retry-after").is_some(), matches!(seen.status, 429 | 503), "{about}");
}

fn rows(theirs: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |sent, status, error, challenge| {
        rows.push(Row { sent, status, error, challenge });
    };
    let credentials = ("grant_type", "client_credentials");
    let refresh = ("grant_type", "refresh_token");
    let code = ("grant_type", "authorization_code");
    let verifier = ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

    // RFC 6749 §5.2 invalid_request: missing, repeated, or two ways to authenticate.
    for parameters in [
        &[][..],
        &[("grant_type", "")],
        &[refresh],
        &[code, verifier],
        &[code, ("code", "hp_ac_x")],
        &[credentials, credentials],
        &[credentials, ("x", "1"), ("x", "2")],
        &[credentials, ("client_id", "partner"), ("client_secret", SECRET)],
        &[credentials, ("client_assertion_type", JWT_BEARER), ("client_assertion", "a.b.c")],
        &[credentials, ("client_id", "rival")],
    ] {
        row(partner("/token", parameters), 400, "invalid_request", No);
    }
    let two_headers = partner("/token", &[credentials]).basic("partner", SECRET);
    row(two_headers, 400, "invalid_request", No);

    // §5.2 invalid_client: 401, with a challenge where the header was tried.
    for parameters in [
        &[credentials][..],
        &[credentials, ("client_id", "nobody")],
        &[credentials, ("client_id", "partner")],
        &[credentials, ("client_id", "partner"), ("client_secret", "wrong")],
        &[refresh, ("client_id", "phone"), ("client_secret", "x")],
        &[credentials, ("client_assertion_type", JWT_BEARER), ("client_assertion", "a.b.c")],
    ] {
        row(Sent::form("/token", parameters), 401, "invalid_client", No);
    }
    for header in ["Bearer abc", "Basic", "Basic ?", "Basic YTpi", "Digest x"] {
        let sent = Sent::form("/token", &[credentials]).header("authorization", header);
        row(sent, 401, "invalid_client", Basic);
    }
    for path in ["/token", "/revoke", "/introspect"] {
        for client in ["partner", "nobody", "phone"] {
            let sent = Sent::form(path, &[credentials, ("token", "x")]).basic(client, "wrong");
            row(sent, 401, "invalid_client", Basic);
        }
    }

    // §5.2 invalid_grant.
    for token in ["junk", "hp_rt_", theirs] {
        let parameters = [refresh, ("refresh_token", token)];
        row(partner("/token", &parameters), 400, "invalid_grant", No);
    }
    row(partner("/token", &[code, verifier, ("code", "junk")]), 400, "invalid_grant", No);

    // §5.2 unauthorized_client, unsupported_grant_type, invalid_scope; RFC 8707 §2.
    let rival = Sent::form("/token", &[credentials]).basic("rival", SECRET);
    row(rival, 400, "unauthorized_client", No);
    let phone = Sent::form("/token", &[credentials, ("client_id", "phone")]);
    row(phone, 400, "unauthorized_client", No);
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "x"] {
        row(partner("/token", &[("grant_type", grant)]), 400, "unsupported_grant_type", No);
    }
    for scope in ["user:*:delete", "invoice:", "\"", "*:*:*:*:*:*"] {
        row(partner("/token", &[credentials, ("scope", scope)]), 400, "invalid_scope", No);
    }
    for resource in ["https://elsewhere.example", "\n"] {
        let parameters = [credentials, ("resource", API), ("resource", resource)];
        row(partner("/token", &parameters), 400, "invalid_target", No);
    }

    // RFC 7009 §2.2.1 and RFC 7662 §2.3.
    row(partner("/revoke", &[]), 400, "invalid_request", No);
    row(Sent::form("/revoke", &[("token", "x")]), 401, "invalid_client", No);
    row(partner("/introspect", &[("token", "x")]), 403, "access_denied", No);
    let gateway =
        |path: &str, parameters: &[_]| Sent::form(path, parameters).basic("gateway", SECRET);
    row(gateway("/introspect", &[]), 400, "invalid_request", No);
    row(Sent::form("/introspect", &[("token", "x")]), 401, "invalid_client", No);
    let nameless = [("token", "x"), ("client_id", "phone")];
    row(Sent::form("/introspect", &nameless), 401, "invalid_client", No);

    // The feed: who may introspect, and nobody else; no secret in an address.
    row(Sent::get("/revocations"), 401, "invalid_client", No);
    row(Sent::get("/revocations").basic("gateway", "wrong"), 401, "invalid_client", Basic);
    row(Sent::get("/revocations").basic("partner", SECRET), 403, "access_denied", No);
    row(Sent::get("/revocations?client_id=phone"), 401, "invalid_client", No);
    row(Sent::form("/revocations", &[("client_id", "phone")]), 401, "invalid_client", No);
    let address = [("client_id", "gateway"), ("client_secret", SECRET)];
    let address = format!("/revocations?{}", encoded(&address));
    row(Sent::get(&address), 401, "invalid_client", No);
    for query in
        ["limit=0", "limit=-1", "limit=x", "limit=9999999999", "after=%3D", "limit=1&limit=1"]
    {
        let sent = Sent::get(&format!("/revocations?{query}")).basic("gateway", SECRET);
        row(sent, 400, "invalid_request", No);
    }
    let unknown = Sent::get("/revocations?after=AAAA").basic("gateway", SECRET);
    row(unknown, 410, "invalid_request", No);

    // RFC 6749 §3.2, RFC 7009 §2.1, RFC 7662 §2.1: POST, with a form.
    for path in ["/token", "/revoke", "/introspect"] {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let sent = Sent { method, ..partner(path, &[credentials, ("token", "x")]) };
            row(sent, 405, "invalid_request", No);
        }
        let json = Sent { body: b"{}".to_vec(), ..Sent::new("POST", path) };
        let json = json.basic("partner", SECRET).header("content-type", "application/json");
        row(json, 400, "invalid_request", No);
    }
    row(Sent::new("DELETE", "/revocations").basic("gateway", SECRET), 405, "invalid_request", No);
    rows
}

#[tokio::test]
async fn inv_74_each_refusal_has_its_row_on_both_frameworks() {
    let world = World::new();
    let theirs = world.login("rival").await;
    for row in rows(theirs.refresh_token().expose_secret()) {
        let seen = world.send(&row.sent).await;
        let body = String::from_utf8_lossy(&row.sent.body);
        let about = format!("{} {} {body}: {seen:?}", row.sent.method, row.sent.target);
        assert_eq!(
            (seen.status, seen.json()["error"].as_str()),
            (row.status, Some(row.error)),
            "{about}"
        );
        is_sound(&seen, &about);
        let challenge = match row.challenge {
            Basic => Some("Basic realm=\"oauth\""),
            No => None,
        };
        assert_eq!(seen.header("www-authenticate"), challenge, "{about}");
        assert_eq!(seen.header("allow").is_some(), seen.status == 405, "{about}");
        assert!(!format!("{seen:?}").contains(SECRET), "{about}");
    }
    // Nobody's session suffered from it.
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", theirs.refresh_token().expose_secret()),
    ];
    let sent = Sent::form("/token", &form).basic("rival", SECRET);
    assert_eq!(axum::send(&world.server, &sent).await.status, 200);
}

/// INVARIANT 44: nobody learns which clients there are.
#[tokio::test]
async fn inv_44_unknown_client_and_wrong_secret_get_the_same_bytes() {
    let world = World::new();
    for path in ["/token", "/revoke", "/introspect", "/revocations"] {
        let form = [("grant_type", "client_credentials"), ("token", "x")];
        let by_header = |client: &str, secret: &str| Sent::form(path, &form).basic(client, secret);
        let wrong = world.send(&by_header("gateway", "wrong")).await;
        assert_eq!(wrong.status, 401);
        for (client, secret) in [("nobody", SECRET), ("phone", SECRET), ("é", "x"), ("", "")] {
            assert_eq!(world.send(&by_header(client, secret)).await, wrong, "{client}");
        }
        let by_form = |client: &str, secret: &str| {
            Sent::form(path, &[form[0], form[1], ("client_id", client), ("client_secret", secret)])
        };
        let wrong = world.send(&by_form("gateway", "wrong")).await;
        for client in ["nobody", "phone", "é"] {
            assert_eq!(world.send(&by_form(client, SECRET)).await, wrong, "{client}");
        }
    }
}

/// RFC 7009 §2.2, INVARIANT 65: what is unknown, foreign or malformed is 200, with the same bytes.
#[tokio::test]
async fn inv_65_revoking_what_is_not_there_says_nothing() {
    let world = World::new();
    let theirs = world.login("rival").await;
    let own = world.login("partner").await;
    let revoke = |token: &str| partner("/revoke", &[("token", token)]);
    let seen = world.send(&revoke(own.refresh_token().expose_secret())).await;
    assert_eq!((seen.status, seen.body.as_str()), (200, ""));
    is_sound(&seen, "revoked");
    for token in [
        own.refresh_token().expose_secret(),
        theirs.refresh_token().expose_secret(),
        theirs.access_token().expose_secret(),
        "junk",
        "hp_rt_junk",
    ] {
        assert_eq!(world.send(&revoke(token)).await, seen, "{token}");
    }
    let authority = world.server.authority();
    assert!(authority.verify(own.access_token()).await.is_err());
    assert!(authority.verify(theirs.access_token()).await.is_ok(), "a foreign token stays");
}

/// RFC 7662 §2.2: what is not live is `{"active":false}` and nothing more.
#[tokio::test]
async fn introspection_says_nothing_of_what_is_not_live() {
    let world = World::new();
    let (live, ended) = (world.login("partner").await, world.login("partner").await);
    let _ = world.server.authority().revoke(ended.refresh_token()).await.unwrap();
    let ask = |token: &str| Sent::form("/introspect", &[("token", token)]).basic("gateway", SECRET);
    let seen = world.send(&ask(live.access_token().expose_secret())).await;
    is_sound(&seen, "live");
    let body = seen.json();
    assert_eq!((&body["active"], &body["sub"]), (&true.into(), &"ada".into()), "{body}");
    assert_eq!(body["client_id"], "partner");
    let tokens = [
        "junk",
        "hp_rt_junk",
        "a.b.c",
        ended.access_token().expose_secret(),
        ended.refresh_token().expose_secret(),
        // Another's, which the resource server must not take for an access token.
        live.refresh_token().expose_secret(),
    ];
    for token in tokens {
        let seen = world.send(&ask(token)).await;
        assert_eq!((seen.status, seen.body.as_str()), (200, r#"{"active":false}"#));
        is_sound(&seen, "not live");
    }
}

/// INVARIANT 75: a store that is down is 503, never `invalid_grant`.
#[tokio::test]
async fn inv_75_a_store_that_is_down_is_503() {
    let world = World::new();
    let issued = world.login("partner").await;
    let token = issued.refresh_token().expose_secret().to_owned();
    world.fail();
    // More than the verifier may be behind.
    world.clock.advance(std::time::Duration::from_secs(6));
    let refresh = partner("/token", &[("grant_type", "refresh_token"), ("refresh_token", &token)]);
    let introspect = [("token", issued.access_token().expose_secret())];
    for sent in [
        refresh.clone(),
        partner("/revoke", &[("token", &token)]),
        Sent::form("/introspect", &introspect).basic("gateway", SECRET),
        Sent::get("/revocations").basic("gateway", SECRET),
    ] {
        let seen = world.send(&sent).await;
        assert_eq!(seen.status, 503, "{} {seen:?}", sent.target);
        is_sound(&seen, &sent.target);
    }
    world.heal();
    assert_eq!(axum::send(&world.server, &refresh).await.status, 200);
}
