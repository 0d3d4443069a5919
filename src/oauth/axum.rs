//! Translates the endpoints to axum 0.8.
//! Must not decide anything; `route` does.
//!
//! ```
//! use axum::Router;
//! use hallpass::oauth::AuthorizationServer;
//!
//! # fn f(server: AuthorizationServer) -> Router {
//! let app: Router = Router::new().merge(hallpass::oauth::axum::router(&server));
//! # app }
//! ```

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request},
    http::request::Parts,
    response::{IntoResponse as _, Response},
    routing::any,
};

use super::{AuthorizationServer, Peer, Request as Asked, form::LONGEST, route::Place};
use crate::web::RequestHead;

/// All endpoints at their public paths, the issuer's path included: to `merge` at the root of
/// what the issuer's host serves.
///
/// A rate limit counts by the connection's address if the service is made with
/// `into_make_service_with_connect_info::<SocketAddr>()`, or by what a layer of yours has put
/// into the extensions as a [`Peer`].
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// # use tower::ServiceExt as _;
/// use axum::{Router, body::Body, http::Request};
/// use hallpass::oauth::{AuthorizationServer, axum::router};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).build()?;
/// let app: Router = Router::new().merge(router(&server));
/// let asked = Request::get("/.well-known/openid-configuration").body(Body::empty())?;
/// assert_eq!(app.oneshot(asked).await?.status(), 200);
/// # Ok(()) }
/// ```
pub fn router<S>(server: &AuthorizationServer) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes(server, server.places())
}

/// The endpoints at their paths below the issuer: to `nest` at the issuer's path, or to serve
/// behind a proxy that takes this path away. The metadata's path before the issuer's (RFC 8414
/// §3.1) is not among them.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// # use tower::ServiceExt as _;
/// use axum::{Router, body::Body, http::Request};
/// use hallpass::oauth::{AuthorizationServer, axum::nested};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://example.com/auth")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).build()?; // of `https://example.com/auth`
/// let app: Router = Router::new().nest("/auth", nested(&server));
/// let asked = Request::get("/auth/jwks").body(Body::empty())?;
/// assert_eq!(app.oneshot(asked).await?.status(), 200);
/// # Ok(()) }
/// ```
pub fn nested<S>(server: &AuthorizationServer) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes(server, server.places_below())
}

fn routes<S>(
    server: &AuthorizationServer,
    places: impl Iterator<Item = (String, Place)>,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    places.fold(Router::new(), |router, (path, place)| {
        let server = server.clone();
        let handle = move |request: Request| async move { answer(&server, place, request).await };
        router.route(&path, any(handle))
    })
}

async fn answer(server: &AuthorizationServer, place: Place, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = if place.reads_body() { read(body).await } else { Vec::new() };
    let peer = peer_of(&parts);
    let mut asked = Asked::new(head_of(&parts)).body(&body);
    if let Some(peer) = &peer {
        asked = asked.peer(peer);
    }
    server.answer_at(place, &asked).await.into_response()
}

/// The body. One that is too long, or breaks off, becomes one that is too long: it is refused as
/// such, by the endpoint.
async fn read(body: Body) -> Vec<u8> {
    match to_bytes(body, LONGEST).await {
        Ok(bytes) => bytes.into(),
        Err(_) => vec![0; LONGEST + 1],
    }
}

fn head_of(parts: &Parts) -> RequestHead<'_> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let head = RequestHead::new(parts.method.as_str(), target);
    parts.headers.iter().fold(head, |head, (name, value)| head.header(name.as_str(), value))
}

fn peer_of(parts: &Parts) -> Option<String> {
    let told = parts.extensions.get::<Peer>().map(|peer| peer.as_str().to_owned());
    let address = || Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_string());
    told.or_else(address)
}
