//! Every error of RFC 6749 §5.2, RFC 7009 §2.2.1 and RFC 7662 §2.3: status, code, challenge.

use hallpass::{
    oauth::{
        Endpoint::{self, Introspect, Revoke, Token},
        Request,
    },
    testing::TestAuthority,
    web::RequestHead,
};

use super::world::*;

/// Endpoint, `Authorization`, form; status, `error`.
type Row<'r> = (Endpoint, Option<&'r str>, &'r [(&'r str, &'r str)], u16, &'r str);

/// INVARIANTS 74.
#[tokio::test]
async fn each_refusal_has_its_row() {
    let world = World::new();
    let theirs = world.login("rival").await;
    let theirs = theirs.refresh_token().expose_secret();
    let (partner, wrong) = (basic("partner", SECRET), basic("partner", "wrong"));
    let (rival, gateway) = (basic("rival", SECRET), basic("gateway", SECRET));
    let credentials = ("grant_type", "client_credentials");
    let refresh = ("grant_type", "refresh_token");
    let code = ("grant_type", "authorization_code");
    let verifier = ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        // RFC 6749 §5.2 invalid_request: something is missing, or comes twice.
        (Token, Some(&partner), &[], 400, "invalid_request"),
        (Token, Some(&partner), &[("grant_type", "")], 400, "invalid_request"),
        (Token, Some(&partner), &[refresh], 400, "invalid_request"),
        (Token, Some(&partner), &[code, verifier], 400, "invalid_request"),
        (Token, Some(&partner), &[code, ("code", "hp_ac_x")], 400, "invalid_request"),
        (Token, Some(&partner), &[credentials, credentials], 400, "invalid_request"),
        (Token, Some(&partner), &[credentials, ("x", "1"), ("x", "2")], 400, "invalid_request"),
        (Revoke, Some(&partner), &[], 400, "invalid_request"),
        (Introspect, Some(&gateway), &[], 400, "invalid_request"),
        // … or the client authenticates twice, or under two names (§2.3).
        (Token, Some(&partner), &[credentials, ("client_secret", SECRET)], 400, "invalid_request"),
        (Token, Some(&partner), &[credentials, ("client_assertion", "a.b.c")], 400, "invalid_request"),
        (Token, None, &[credentials, ("client_secret", SECRET), ("client_assertion", "a.b.c")], 400, "invalid_request"),
        (Token, Some(&partner), &[credentials, ("client_id", "rival")], 400, "invalid_request"),
        (Token, None, &[credentials, ("client_assertion", "a.b.c")], 400, "invalid_request"),
        (Token, None, &[credentials, ("client_assertion_type", "x")], 400, "invalid_request"),
        // §5.2 invalid_client: 401; with a challenge where a header was tried.
        (Token, None, &[credentials], 401, "invalid_client"),
        (Token, None, &[credentials, ("client_id", "partner")], 401, "invalid_client"),
        (Token, None, &[credentials, ("client_id", "nobody")], 401, "invalid_client"),
        (Token, None, &[credentials, ("client_id", "partner"), ("client_secret", "wrong")], 401, "invalid_client"),
        (Token, None, &[refresh, ("client_id", "phone"), ("client_secret", "x")], 401, "invalid_client"),
        (Token, None, &[credentials, ("client_assertion_type", "x"), ("client_assertion", "a.b.c")], 401, "invalid_client"),
        (Token, Some(&wrong), &[credentials], 401, "invalid_client"),
        (Token, Some("Bearer abc"), &[credentials], 401, "invalid_client"),
        (Token, Some("Basic ?"), &[credentials], 401, "invalid_client"),
        (Revoke, Some(&wrong), &[("token", "x")], 401, "invalid_client"),
        (Revoke, None, &[("token", "x")], 401, "invalid_client"),
        // §5.2 invalid_grant: junk, and what is another client's.
        (Token, Some(&partner), &[refresh, ("refresh_token", "junk")], 400, "invalid_grant"),
        (Token, Some(&partner), &[refresh, ("refresh_token", theirs)], 400, "invalid_grant"),
        (Token, Some(&partner), &[code, verifier, ("code", "junk")], 400, "invalid_grant"),
        // §5.2 unauthorized_client, unsupported_grant_type, invalid_scope.
        (Token, Some(&rival), &[credentials], 400, "unauthorized_client"),
        (Token, Some(&rival), &[code, verifier, ("code", "junk")], 400, "unauthorized_client"),
        (Token, None, &[credentials, ("client_id", "phone")], 400, "unauthorized_client"),
        (Token, Some(&partner), &[("grant_type", "password")], 400, "unsupported_grant_type"),
        (Token, Some(&partner), &[("grant_type", "implicit")], 400, "unsupported_grant_type"),
        (Token, Some(&partner), &[("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")], 400, "unsupported_grant_type"),
        (Token, Some(&partner), &[credentials, ("scope", "user:*:delete")], 400, "invalid_scope"),
        (Token, Some(&partner), &[credentials, ("scope", "invoice:")], 400, "invalid_scope"),
        (Token, Some(&partner), &[credentials, ("scope", "\"")], 400, "invalid_scope"),
        // RFC 8707 §2 invalid_target.
        (Token, Some(&partner), &[credentials, ("resource", "https://elsewhere.test")], 400, "invalid_target"),
        (Token, Some(&partner), &[credentials, ("resource", TestAuthority::AUDIENCE), ("resource", "\n")], 400, "invalid_target"),
        // RFC 7662 §2.3: 401 for a caller that is not known, 403 for one that may not.
        (Introspect, None, &[("token", "x")], 401, "invalid_client"),
        (Introspect, Some(&wrong), &[("token", "x")], 401, "invalid_client"),
        (Introspect, None, &[("token", "x"), ("client_id", "phone")], 401, "invalid_client"),
        (Introspect, Some(&partner), &[("token", "x")], 403, "access_denied"),
    ];
    for (endpoint, header, form, status, error) in rows {
        let answer = world.post(*endpoint, *header, form).await;
        refuses(&answer, *status, error);
        let challenged = header.is_some() && *status == 401;
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, challenged.then_some("Basic realm=\"oauth\""), "{form:?}");
    }
}

/// RFC 6749 §3.2, RFC 7009 §2.1, RFC 7662 §2.1: POST, with a form.
#[tokio::test]
async fn other_methods_and_other_media_types_are_refused() {
    let world = World::new();
    let body: &[u8] = b"grant_type=client_credentials&client_id=partner&token=x";
    let form = "application/x-www-form-urlencoded";
    for endpoint in [Token, Revoke, Introspect] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "post", "OPTIONS"] {
            let head = RequestHead::new(method, "/token").header("content-type", form);
            let answer = world.send(endpoint, &Request::new(head).body(body)).await;
            refuses(&answer, 405, "invalid_request");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        for other in [
            "application/json",
            "text/plain",
            "",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded; charset=utf-16",
        ] {
            let head = RequestHead::new("POST", "/token").header("content-type", other);
            let answer = world.send(endpoint, &Request::new(head).body(body)).await;
            refuses(&answer, 400, "invalid_request");
        }
        let bare = RequestHead::new("POST", "/token");
        refuses(
            &world.send(endpoint, &Request::new(bare).body(body)).await,
            400,
            "invalid_request",
        );
        let twice = RequestHead::new("POST", "/token").header("content-type", form);
        let twice = twice.header("content-type", form);
        refuses(
            &world.send(endpoint, &Request::new(twice).body(body)).await,
            400,
            "invalid_request",
        );
        for fine in [
            "APPLICATION/X-WWW-FORM-URLENCODED",
            "application/x-www-form-urlencoded;charset=\"UTF-8\"",
        ] {
            let head = RequestHead::new("POST", "/token").header("content-type", fine);
            let answer = world.send(endpoint, &Request::new(head).body(body)).await;
            refuses(&answer, 401, "invalid_client");
        }
    }
}

/// INVARIANTS 44: nobody learns which clients there are.
#[tokio::test]
async fn inv_44_unknown_client_and_wrong_secret_get_the_same_bytes() {
    let world = World::new();
    let mut seen = Vec::new();
    for (client, secret) in
        [("partner", "wrong"), ("nobody", SECRET), ("phone", SECRET), ("é", "x"), ("", "")]
    {
        let header = basic(client, secret);
        for endpoint in [Token, Revoke, Introspect] {
            let form = [("grant_type", "client_credentials"), ("token", "x")];
            seen.push(world.post(endpoint, Some(&header), &form).await);
        }
    }
    assert_eq!(seen[0].status(), 401);
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");

    let mut seen = Vec::new();
    for (client, secret) in [("partner", "wrong"), ("nobody", SECRET), ("phone", SECRET)] {
        let form = [("token", "x"), ("client_id", client), ("client_secret", secret)];
        seen.push(world.post(Revoke, None, &form).await);
    }
    seen.push(world.post(Revoke, None, &[("token", "x"), ("client_id", "nobody")]).await);
    seen.push(world.post(Revoke, None, &[("token", "x"), ("client_id", "partner")]).await);
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
}

/// What may pass is 503 with `Retry-After`, never `invalid_grant` (INVARIANTS 75).
#[tokio::test]
async fn a_store_that_is_down_is_503() {
    let world = World::new();
    let issued = world.login("partner").await;
    let key = world
        .auth
        .issue_api_key(
            hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap()).client("partner"),
            "ci",
            None,
        )
        .await
        .unwrap();
    let partner = basic("partner", SECRET);
    let gateway = basic("gateway", SECRET);
    let own = basic("self-aware", SECRET);
    world.cut_off();
    // Older than the verifier may be.
    world.auth.clock().advance(6 * SECOND);
    let (access, refresh) =
        (issued.access_token().expose_secret(), issued.refresh_token().expose_secret());
    for token in [access, refresh, key.api_key().expose_secret()] {
        refuses(
            &world.post(Revoke, Some(&partner), &[("token", token)]).await,
            503,
            "temporarily_unavailable",
        );
    }
    for (who, token) in
        [(&gateway, access), (&own, refresh), (&gateway, key.api_key().expose_secret())]
    {
        refuses(
            &world.post(Introspect, Some(who), &[("token", token)]).await,
            503,
            "temporarily_unavailable",
        );
    }
    refuses(&world.refresh("partner", refresh).await, 503, "temporarily_unavailable");
    world.auth.store().inner().heal();
    grants(&world.refresh("partner", refresh).await);
}
