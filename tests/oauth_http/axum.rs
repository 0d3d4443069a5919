//! Sends requests to the router of axum.

use axum::{Router, body::Body, http::Request};
use hallpass::oauth::{self, AuthorizationServer};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::request::{Seen, Sent};

pub(crate) async fn send(server: &AuthorizationServer, sent: &Sent) -> Seen {
    send_to(oauth::axum::router(server), sent).await
}

pub(crate) async fn send_to(router: Router, sent: &Sent) -> Seen {
    let mut request = Request::builder().method(sent.method).uri(&sent.target);
    for (name, value) in &sent.headers {
        request = request.header(*name, value.as_slice());
    }
    let request = request.body(Body::from(sent.body.clone())).unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Seen::new(parts.status.as_u16(), headers, &body)
}
