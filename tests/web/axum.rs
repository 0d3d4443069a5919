//! The service on axum.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Request},
    routing::{get, post},
};
use hallpass::{
    Verified,
    authority::Issued,
    web::{Caller, Refusal, Scoped},
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::{
    requests::{Row, Seen},
    service::{self, ReadInvoices},
    world::{GUARDS, World},
};

fn routes(world: &World) -> Router {
    let show = |State(world): State<World>, who: Verified| async move { world.me(&who) };
    Router::new()
        .route("/me", get(show).post(show))
        .route("/maybe", get(|State(world): State<World>, who: Option<Verified>| async move {
            world.caller(&who.map_or(Caller::Anonymous, Caller::Verified))
        }))
        .route("/caller", get(caller).post(caller))
        .route("/invoices", get(|State(world): State<World>, who: Scoped<ReadInvoices>| async move {
            world.list(&who)
        }))
        .route(
            "/invoices/{id}",
            get(show)
                .route_layer(service::read_invoice())
                .merge(post(show).route_layer(service::write_invoice())),
        )
        .route("/all-invoices", get(show).route_layer(service::all_invoices()))
        .nest(
            "/accounts/{account}",
            Router::new().route("/books/{book}", get(show)).route_layer(service::read_book()),
        )
        .route("/misnamed/{id}", get(show).route_layer(service::misnamed()))
        .route("/pay", post(show).route_layer(service::pay()))
        .route("/pay-invoice-7", post(|State(world): State<World>, who: Verified| async move {
            world.pay_invoice_7(&who)
        }))
        .route("/refresh", post(refresh))
        .with_state(world.clone())
}

async fn caller(State(world): State<World>, caller: Caller) -> String {
    world.caller(&caller)
}

async fn refresh(State(world): State<World>, headers: HeaderMap) -> Result<Issued, Refusal> {
    let token = headers.get("x-refresh").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(world.authority.refresh(token).await?)
}

pub(crate) fn router(world: &World) -> Router {
    let unguarded = Router::new().nest("/unguarded", routes(world));
    GUARDS.iter().fold(unguarded, |router, name| {
        let guard = world.guard(name).unwrap();
        router.nest(&format!("/{name}"), routes(world).layer(guard))
    })
}

pub(crate) async fn send(router: &Router, row: &Row) -> Option<Seen> {
    let mut request = Request::builder().method(row.method).uri(&row.target);
    for (name, value) in &row.headers {
        request = request.header(*name, value.as_slice());
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Some(Seen::new(parts.status.as_u16(), headers, &body))
}

#[tokio::test]
async fn a_minted_token_answers_as_an_issued_one_does() {
    let world = World::new().await;
    let grant = hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap());
    let minted = world.authority.issue_access(grant).await.unwrap();
    let token = minted.access_token().expose_secret().to_owned();
    let response = axum::response::IntoResponse::into_response(minted);
    assert_eq!(
        (response.status().as_u16(), response.headers()["cache-control"].to_str().unwrap()),
        (200, "no-store")
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["access_token"], token.as_str());
}

/// A scope that no text can say is not said, instead of an empty one.
#[test]
fn an_empty_scope_is_not_named() {
    for (required, named) in [("", false), ("invoice:7:read", true)] {
        let denied =
            hallpass::verifier::Denied::InsufficientScope { required: required.to_owned() };
        let answer = Refusal::from(denied).answer();
        assert_eq!(answer.body().contains(r#""scope":"#), named, "{}", answer.body());
    }
}
