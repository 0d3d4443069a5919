//! What the server says of itself: metadata, keys, and which pages may read them.

use std::time::Duration;

use hallpass::{authority::ConfigError, key::Jwks, oauth::AuthorizationServer};

use crate::{
    actix, axum,
    request::{Seen, Sent},
    world::{ISSUER, World},
};

const SECOND: Duration = Duration::from_secs(1);

fn max_age(seen: &Seen) -> Option<u64> {
    seen.header("cache-control")?.strip_prefix("public, max-age=")?.parse().ok()
}

/// INVARIANT 67, through the endpoint: no cache keeps a key longer than it is valid, nor so long
/// that it would miss a new one before that one signs.
#[tokio::test]
async fn keys_are_published_and_kept_no_longer_than_they_live() {
    let world = World::new();
    let jwks = Sent::get("/jwks");
    let first = world.send(&jwks).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(max_age(&first), Some(300), "half the lead of ten minutes");
    assert_eq!(Jwks::parse(&first.body).unwrap().keys().len(), 2, "one signs, one waits");
    assert!(!first.body.contains("\"d\""), "{}", first.body);

    world.clock.advance(Duration::from_secs(600));
    world.server.authority().rotate_keys().await.unwrap();
    let rotated = world.send(&jwks).await;
    assert_eq!(Jwks::parse(&rotated.body).unwrap().keys().len(), 3);
    let ring = world.server.authority().key_ring();
    let gone_at = ring.keys().find_map(|held| held.times().gone_at).unwrap();
    world.clock.set(gone_at - 100 * SECOND);
    assert_eq!(max_age(&world.send(&jwks).await), Some(100));
    world.clock.set(gone_at - SECOND / 2);
    assert_eq!(world.send(&jwks).await.header("cache-control"), Some("no-store"));
    world.clock.set(gone_at);
    assert_eq!(Jwks::parse(&world.send(&jwks).await.body).unwrap().keys().len(), 2);
}

#[tokio::test]
async fn a_cached_document_is_asked_for_by_its_tag() {
    let world = World::new();
    for path in ["/jwks", "/.well-known/oauth-authorization-server"] {
        let whole = world.send(&Sent::get(path)).await;
        let tag = whole.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"a\", {tag}"), "*".to_owned()] {
            let same = world.send(&Sent::get(path).header("if-none-match", known)).await;
            assert_eq!((same.status, same.body.as_str()), (304, ""));
            assert_eq!(same.header("etag"), Some(&*tag));
            assert_eq!(max_age(&same), Some(300));
        }
        let other = world.send(&Sent::get(path).header("if-none-match", "\"a\"")).await;
        assert_eq!(other, whole);
    }
}

/// What verifies may be told while the store is away; where nothing is known it is 503.
#[tokio::test]
async fn keys_outlast_the_store_but_are_not_made_up() {
    let world = World::new();
    let documents = ["/jwks", "/.well-known/openid-configuration"];
    world.fail();
    for path in documents {
        let seen = world.send(&Sent::get(path)).await;
        assert_eq!(seen.status, 503, "{path}");
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        assert!(seen.header("retry-after").is_some());
    }
    world.heal();
    let before = world.send(&Sent::get("/jwks")).await;
    world.fail();
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.send(&Sent::get("/jwks")).await, before);
}

#[tokio::test]
async fn the_two_metadata_documents_are_one() {
    let world = World::new();
    let oauth = world.send(&Sent::get("/.well-known/oauth-authorization-server")).await;
    let openid = world.send(&Sent::get("/.well-known/openid-configuration")).await;
    assert_eq!(oauth, openid);
    assert_eq!(oauth.header("content-type"), Some("application/json"));
    let document = oauth.json();
    for (name, path) in [
        ("issuer", ""),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/jwks"),
        ("revocation_endpoint", "/revoke"),
        ("introspection_endpoint", "/introspect"),
    ] {
        assert_eq!(document[name], format!("{ISSUER}{path}"), "{name}");
    }
    assert_eq!(document["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
    assert_eq!(document["request_uri_parameter_supported"], false);
}

/// RFC 8414 §3.1, OpenID Connect Discovery §4.1: a client finds the document by the issuer alone,
/// also where the issuer has a path.
#[tokio::test]
async fn an_issuer_with_a_path_is_found() {
    for issuer in ["https://auth.example.com/tenant/1", "https://auth.example.com/tenant/1/"] {
        let world = World::configured(issuer, |authority| authority, |server| server);
        for path in [
            "/.well-known/oauth-authorization-server/tenant/1",
            "/.well-known/openid-configuration/tenant/1",
            "/tenant/1/.well-known/openid-configuration",
            "/tenant/1/.well-known/oauth-authorization-server",
        ] {
            let seen = world.send(&Sent::get(path)).await;
            assert_eq!(seen.status, 200, "{path}");
            assert_eq!(seen.json()["issuer"], issuer);
            let address = "https://auth.example.com/tenant/1/token";
            assert_eq!(seen.json()["token_endpoint"], address);
        }
        assert_eq!(world.send(&Sent::get("/tenant/1/jwks")).await.status, 200);
        assert_eq!(axum::send(&world.server, &Sent::get("/jwks")).await.status, 404);
        assert_eq!(actix::send(&world.server, &Sent::get("/jwks")).await.status, 404);
    }
}

/// Below a router that adds the issuer's path, or behind a proxy that takes it away.
#[tokio::test]
async fn routers_nest() {
    let tenant = "https://auth.example.com/tenant";
    let server = World::configured(tenant, |authority| authority, |server| server).server;
    let nested = || hallpass::oauth::axum::nested(&server);
    for (path, status) in [
        ("/jwks", 200),
        ("/.well-known/openid-configuration", 200),
        ("/tenant/jwks", 404),
        ("/.well-known/openid-configuration/tenant", 404),
    ] {
        let sent = Sent::get(path);
        assert_eq!(axum::send_to(nested(), &sent).await.status, status, "{path}");
        let on_actix = hallpass::oauth::actix::nested(&server);
        assert_eq!(actix::send_to(on_actix, &sent).await.status, status, "{path}");
        let below = ::axum::Router::new().nest("/tenant", nested());
        let inside = Sent::get(&format!("/tenant{path}"));
        assert_eq!(axum::send_to(below, &inside).await.status, status, "{path}");
        let scope =
            actix_web::web::scope("/tenant").configure(hallpass::oauth::actix::nested(&server));
        let on_actix = actix::send_to(
            |config| {
                config.service(scope);
            },
            &inside,
        )
        .await;
        assert_eq!(on_actix.status, status, "{path}");
    }
}

/// Every method that an endpoint does not take is 405 and says which it takes (RFC 9110 §15.5.6).
#[tokio::test]
async fn other_methods_are_refused() {
    let world = World::new();
    for (path, allow) in [
        ("/jwks", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("/.well-known/openid-configuration", "GET, HEAD"),
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"] {
            let seen = world.send(&Sent::new(method, path)).await;
            assert_eq!((seen.status, seen.header("allow")), (405, Some(allow)), "{method} {path}");
            assert_eq!(seen.json()["error"], "invalid_request");
        }
    }
    let get = world.send(&Sent::get("/jwks")).await;
    let head = axum::send(&world.server, &Sent::new("HEAD", "/jwks")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("etag"), get.header("etag"));
}

#[tokio::test]
async fn only_listed_origins_reach_what_gives_tokens() {
    const ALLOW: &str = "access-control-allow-origin";
    let app = "https://app.example.com";
    let world = World::configured(ISSUER, |authority| authority, |server| server.allow_origin(app));
    let preflight = |path: &str, origin: &str| {
        let sent = Sent::new("OPTIONS", path).header("origin", origin);
        sent.header("access-control-request-method", "POST")
    };
    for path in ["/token", "/revoke", "/introspect"] {
        let seen = world.send(&preflight(path, app)).await;
        assert_eq!((seen.status, seen.header(ALLOW)), (204, Some(app)), "{path}");
        assert_eq!(seen.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(
            seen.header("access-control-allow-headers"),
            Some("authorization, content-type")
        );
        assert_eq!(seen.header("access-control-allow-credentials"), None);
        assert_eq!(seen.header("vary"), Some("origin"));
        let answer = world.send(&Sent::form(path, &[]).header("origin", app)).await;
        assert_eq!((answer.header(ALLOW), answer.header("vary")), (Some(app), Some("origin")));
        for origin in ["https://evil.example", "https://app.example.com.evil.example", "null"] {
            let seen = world.send(&preflight(path, origin)).await;
            assert_eq!((seen.status, seen.header(ALLOW)), (405, None), "{path} {origin}");
            let answer = world.send(&Sent::form(path, &[]).header("origin", origin)).await;
            assert_eq!(answer.header(ALLOW), None);
            assert_eq!(answer.header("vary"), Some("origin"), "a cache tells them apart");
        }
    }
    for path in ["/revocations"] {
        let seen = world.send(&preflight(path, app)).await;
        assert_eq!((seen.status, seen.header(ALLOW)), (405, None), "{path}");
    }
    for path in ["/jwks", "/.well-known/openid-configuration"] {
        let seen = world.send(&Sent::get(path).header("origin", "https://any.example")).await;
        assert_eq!(seen.header(ALLOW), Some("*"), "{path}");
    }
}

#[test]
fn an_origin_that_is_none_is_found_at_start_up() {
    for origin in ["*", "https://app.example.com/", "https://App.example.com", "app.example.com"] {
        let authority = World::new().server.authority().clone();
        let built = AuthorizationServer::builder(authority).allow_origin(origin).build();
        assert!(matches!(built, Err(ConfigError::Policy { what: "origins", .. })), "{origin}");
    }
}
