//! The helpers for a user's tests, used as a user would: each framework's responses, and a client
//! that knows nothing but HTTP.

use ::axum::{Router, body::Body, routing::get};
use actix_web::{App, test, web};
use hallpass::{
    Verified,
    testing::{TestAuthority, TestResponse},
    web::RequireScope,
};
use tower::ServiceExt as _;

use crate::process::{Response, send};

fn required() -> RequireScope {
    RequireScope::new("invoice:7:read").unwrap()
}

/// The same line reads the refusals of axum, actix-web and any client.
#[test]
fn one_line_asserts_a_refusal_on_every_framework() {
    actix_web::rt::System::new().block_on(async {
        let auth = TestAuthority::new();
        let router: Router = Router::new()
            .route("/", get(|| async { "in" }).route_layer(required()))
            .layer(auth.guard());
        let app = App::new().wrap(auth.guard());
        let app = app.service(web::resource("/").wrap(required()).get(async || "in"));
        let app = test::init_service(app).await;
        let weak = "invoice:8:read";

        let on_axum = async |request: ::axum::http::request::Builder| {
            let request = request.uri("/").body(Body::empty()).unwrap();
            TestResponse::from_http(router.clone().oneshot(request).await.unwrap()).await
        };
        let on_actix = async |request: test::TestRequest| {
            let response = test::call_service(&app, request.uri("/").to_request()).await;
            TestResponse::from_actix(response).await
        };
        let nobody = ::axum::http::Request::builder();
        for seen in [on_axum(nobody).await, on_actix(test::TestRequest::default()).await] {
            seen.assert_refused(401, "missing_token");
        }
        for seen in [
            on_axum(auth.request_as("bob", weak)).await,
            on_actix(auth.actix_request_as("bob", weak)).await,
        ] {
            seen.assert_refused(403, "insufficient_scope").scope("invoice:7:read").hides("bob");
        }
        let strong = "invoice:*:read";
        for seen in [
            on_axum(auth.request_as("ada", strong)).await,
            on_actix(auth.actix_request_as("ada", strong)).await,
        ] {
            assert_eq!(seen.assert_passed().body(), "in");
        }
    });
}

fn seen(response: &Response) -> TestResponse {
    let lines = response.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    TestResponse::new(response.status, lines, &response.body)
}

/// Keys, a login, a protected route, a refresh and a logout, for a client that knows only HTTP.
#[test]
fn a_test_authority_serves_any_http_client() {
    let auth = TestAuthority::new();
    let server = auth.serve();
    let address = server.address().to_string();
    let post = |path: &str, form: &str| seen(&send(&address, &format!("POST {path}"), &[], form));
    let whoami = |query: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let line = format!("GET /whoami{query}");
        seen(&send(&address, &line, &[("Authorization", &bearer)], ""))
    };

    let keys = seen(&send(&address, "GET /.well-known/jwks.json", &[], ""));
    assert_eq!(keys.assert_passed().json()["keys"].as_array().unwrap().len(), 1);

    let given = post("/token", "subject=ada%40test&scope=invoice%3A*%3Aread+report:1:read");
    assert_eq!(given.assert_passed().header("cache-control"), Some("no-store"));
    let given = given.json();
    let [access, refresh] =
        ["access_token", "refresh_token"].map(|name| given[name].as_str().unwrap().to_owned());
    let who = whoami("?require=invoice:7:read", &access).assert_passed().json();
    assert_eq!((&who["sub"], &who["client_id"]), (&"ada@test".into(), &"test-client".into()));
    whoami("?require=invoice:7:write", &access)
        .assert_refused(403, "insufficient_scope")
        .scope("invoice:7:write");
    seen(&send(&address, "GET /whoami", &[], "")).assert_refused(401, "missing_token");
    whoami("", "junk").assert_refused(401, "invalid_token").hides("junk");

    let next = post("/token", &format!("refresh_token={refresh}")).assert_passed().json();
    let [access, refresh] =
        ["access_token", "refresh_token"].map(|name| next[name].as_str().unwrap().to_owned());
    whoami("", &access).assert_passed();
    post("/revoke", &format!("token={refresh}")).assert_passed();
    whoami("", &access)
        .assert_refused(401, "invalid_token")
        .description("the token was revoked")
        .hides(&access);
    post("/token", &format!("refresh_token={refresh}")).assert_refused(400, "invalid_grant");
    post("/token", "scope=a:b:c").assert_refused(400, "invalid_request");
    post("/token", "subject=ada&scope=a::c").assert_refused(400, "invalid_request");
    assert_eq!(post("/whoami", "x").status(), 405);
    assert_eq!(post("/nowhere", "x").status(), 404);
    assert_eq!(server.requests(), 15);
}

/// The router answers as the server does, and merges with a service's own routes.
#[tokio::test]
async fn a_test_authority_is_a_router() {
    let auth = TestAuthority::new();
    let own = Router::new()
        .route("/me", get(|who: Verified| async move { who.subject().to_owned() }))
        .layer(auth.guard());
    let router = own.merge(auth.router());
    let ask = async |request: ::axum::http::request::Builder, body: &'static str| {
        let request = request.body(Body::from(body)).unwrap();
        TestResponse::from_http(router.clone().oneshot(request).await.unwrap()).await
    };
    let login = ::axum::http::Request::post("/token");
    let given = ask(login, "subject=ada&scope=invoice:*:read").await.assert_passed().json();
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    let me = ::axum::http::Request::get("/me").header("authorization", &bearer);
    assert_eq!(ask(me, "").await.body(), "ada");
    let whoami = ::axum::http::Request::get("/whoami").header("authorization", &bearer);
    assert_eq!(ask(whoami, "").await.assert_passed().json()["sub"], "ada");
}
