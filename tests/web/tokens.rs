//! Tokens as responses and in cookies, and what ends them.

use ::axum::{body::Body, http::Request, response::IntoResponse as _};
use actix_web::{Responder as _, body::MessageBody as _, test::TestRequest};
use hallpass::{
    Grant,
    web::{BrowserCookies, RequestHead, SameSite, Source},
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::{axum, world::World};

async fn grant(world: &World) -> hallpass::authority::Issued {
    world.authority.issue(Grant::new("ada", "invoice:*:read".parse().unwrap())).await.unwrap()
}

/// RFC 6749 §5.1: "Cache-Control" and "Pragma", and JSON.
#[tokio::test]
async fn issued_tokens_are_a_token_response() {
    let world = World::new().await;
    let response = ::axum::response::IntoResponse::into_response(grant(&world).await);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["pragma"], "no-cache");
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["token_type"], "Bearer");

    let request = TestRequest::default().to_http_request();
    let response = grant(&world).await.respond_to(&request);
    for (name, value) in hallpass::authority::TokenResponse::HEADERS {
        assert_eq!(response.headers().get(name).unwrap().as_bytes(), value.as_bytes(), "{name}");
    }
    let body = response.into_body().try_into_bytes().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["expires_in"], 600);
}

/// A browser's cookies bring both tokens back, and only from this site.
#[tokio::test]
async fn cookies_of_a_browser_round_trip() {
    let world = World::new().await;
    let issued = grant(&world).await;
    let cookies = BrowserCookies::new().same_site(SameSite::Strict);
    let set = cookies.set(&issued).unwrap();
    for cookie in &set {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        let (_, attributes) = cookie.split_once("; ").unwrap();
        assert!(attributes.starts_with("Path=/; Max-Age="), "{attributes}");
        assert!(attributes.ends_with("HttpOnly; Secure; SameSite=Strict"), "{attributes}");
        assert!(!attributes.contains("Domain"), "{attributes}");
    }
    assert!(set[0].contains("Max-Age=600;") && set[1].contains("Max-Age=7776000;"), "{set:?}");
    let sent = set.map(|cookie| cookie.split(';').next().unwrap().to_owned()).join("; ");

    let head = RequestHead::new("POST", "/refresh").header("cookie", &sent);
    assert_eq!(cookies.refresh_token(&head).unwrap_err().status(), 403);
    let get = RequestHead::new("GET", "/refresh").header("cookie", &sent);
    assert_eq!(cookies.refresh_token(&get).unwrap_err().status(), 403, "a GET refreshes, too");
    let head = head.header("sec-fetch-site", "same-origin");
    let token = cookies.refresh_token(&head).unwrap().unwrap();
    assert_eq!(token.expose_secret(), issued.refresh_token().expose_secret());
    let nobody = RequestHead::new("POST", "/refresh").header("sec-fetch-site", "same-origin");
    assert!(cookies.refresh_token(&nobody).unwrap().is_none());

    let guard = world.guard("plain").unwrap().sources([Source::cookie()]);
    assert!(guard.check(&head).await.is_ok());

    for cookie in cookies.clear() {
        assert!(cookie.contains("=; Path=/; Max-Age=0; HttpOnly; Secure"), "{cookie}");
    }
}

/// Browsers drop what is over 4096 bytes without a word.
#[tokio::test]
async fn a_cookie_that_browsers_would_drop_is_an_error() {
    let world = World::new().await;
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap());
    let issued = world.authority.issue(grant.claim("long", "x".repeat(4000))).await.unwrap();
    let error = BrowserCookies::new().set(&issued).unwrap_err().to_string();
    assert!(error.ends_with("browsers keep 4096"), "{error}");
}

/// Logout ends access on the very next request, through the framework.
#[tokio::test]
async fn logout_ends_access_on_the_next_request() {
    let world = World::new().await;
    let router = axum::router(&world);
    let issued = grant(&world).await;
    let status = async || {
        let token = format!("Bearer {}", issued.access_token().expose_secret());
        let request = Request::get("/plain/me").header("authorization", token);
        let request = request.body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().into_response().status().as_u16()
    };
    assert_eq!(status().await, 200);
    let _ = world.authority.revoke(issued.refresh_token()).await.unwrap();
    assert_eq!(status().await, 401);
}
