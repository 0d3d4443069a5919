//! What browsers visit, through both frameworks: whatever comes, nobody is sent to a stranger.

use std::time::Duration;

use hallpass::{Timestamp, clock::Clock as _};

use crate::{
    axum,
    oauth_stories::stage::Users,
    request::{Sent, encoded},
    world::{ISSUER, World},
};

fn with_host() -> World {
    let since = Timestamp::from_unix_seconds(1_700_000_000);
    World::configured(ISSUER, |authority| authority, |server| server.host(Users { since }))
}

fn parameters() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "partner"),
        ("redirect_uri", "https://partner.example/callback"),
        ("scope", "invoice:*:read"),
        ("state", "x"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]
}

/// RFC 6749 §4.1.2.1, by GET and by POST: the errors that go to the client.
#[tokio::test]
async fn inv_74_errors_go_to_the_client_on_both_frameworks() {
    let world = with_host();
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("scope", "\"", "invalid_scope"),
        ("scope", "user:*:delete", "invalid_scope"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "none", "consent_required"),
        ("max_age", "x", "invalid_request"),
        ("resource", "https://elsewhere.example", "invalid_target"),
        ("request", "a.b.c", "request_not_supported"),
        ("request_uri", "https://a.example", "request_uri_not_supported"),
    ] {
        let mut asked = parameters();
        asked.retain(|(known, _)| *known != name);
        asked.push((name, value));
        let by_get = Sent::get(&format!("/authorize?{}", encoded(&asked)));
        for sent in [by_get, Sent::form("/authorize", &asked)] {
            let seen = world.send(&sent.header("cookie", "ada")).await;
            let location =
                seen.header("location").unwrap_or_else(|| panic!("{name}={value}: {seen:?}"));
            assert!(location.starts_with("https://partner.example/callback?"), "{location}");
            assert!(location.contains(&format!("error={error}&")), "{name}={value}: {location}");
            assert!(location.contains("state=x"), "{location}");
            assert!(location.contains("iss=https%3A%2F%2Fauth.example.com"), "{location}");
            assert_eq!(seen.header("cache-control"), Some("no-store"));
        }
    }
}

/// INVARIANT 75: and those that go to nobody.
#[tokio::test]
async fn inv_75_what_cannot_be_answered_is_shown() {
    let world = with_host();
    let many: String = (0..5_000).map(|n| format!("p{n}=v&")).collect();
    let unknown = encoded(&[("client_id", "nobody"), ("redirect_uri", "https://evil.example")]);
    for path in ["/authorize", "/authorize/decision", "/logout"] {
        for body in [
            many.as_bytes(),
            &[b'x'; 4 << 20],
            &[0xff; 100],
            b"client_id=%zz",
            b"client_id=a&client_id=b",
            b"ticket=junk&decision=allow",
            unknown.as_bytes(),
        ] {
            let seen = world.send(&Sent::raw_form(path, body).header("cookie", "ada")).await;
            // A sign-out of nobody in particular asks the user first.
            let shown = if path == "/logout" { 200..=400 } else { 400..=400 };
            assert!(shown.contains(&seen.status), "{path}: {seen:?}");
            assert_eq!(seen.header("location"), None, "{path}");
            assert_eq!(seen.header("cache-control"), Some("no-store"), "{path}");
        }
        let long = format!("{path}?{}", "a=b&".repeat(15_000));
        assert_ne!(world.send(&Sent::get(&long)).await.status, 500, "{path}");
        for method in ["PUT", "DELETE", "OPTIONS"] {
            let seen = world.send(&Sent::new(method, path)).await;
            assert_eq!((seen.status, seen.header("allow").is_some()), (405, true), "{path}");
        }
    }
    world.fail();
    world.clock.advance(Duration::from_secs(60));
    assert!(world.clock.now() > Timestamp::from_unix_seconds(1_700_000_000));
    let asked = format!("/authorize?{}", encoded(&parameters()));
    let seen = world.send(&Sent::get(&asked).header("cookie", "ada")).await;
    assert!(matches!(seen.status, 302 | 303 | 503), "{seen:?}");
    let location = seen.header("location").unwrap_or("error=temporarily_unavailable");
    assert!(location.contains("error=temporarily_unavailable"), "{location}");
}

/// What is offered without a host: nothing that a browser would visit.
#[tokio::test]
async fn without_a_host_there_are_no_pages() {
    let path = "/.well-known/openid-configuration";
    let (bare, hosted) = (World::new(), with_host());
    let (without, with) =
        (bare.send(&Sent::get(path)).await.json(), hosted.send(&Sent::get(path)).await.json());
    for (member, address) in
        [("authorization_endpoint", "/authorize"), ("end_session_endpoint", "/logout")]
    {
        assert!(without[member].is_null());
        assert_eq!(with[member], format!("{ISSUER}{address}"));
        assert_eq!(axum::send(&bare.server, &Sent::get(address)).await.status, 404);
    }
    assert_eq!(without["response_types_supported"], serde_json::json!([]));
    assert_eq!(with["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(with["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(with["authorization_response_iss_parameter_supported"], true);
}
