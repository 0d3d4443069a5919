//! Translates the endpoints to actix-web 4.
//! Must not decide anything; `route` does.
//!
//! ```
//! use actix_web::App;
//! use hallpass::oauth::AuthorizationServer;
//!
//! # fn f(server: AuthorizationServer) {
//! let app = App::new().configure(hallpass::oauth::actix::configure(&server));
//! # }
//! ```

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, Responder as _,
    body::{BodyStream, to_bytes_limited},
    web::{self, Payload, ServiceConfig},
};

use super::{AuthorizationServer, Peer, Request as Asked, form::LONGEST, route::Place};
use crate::web::RequestHead;

/// All endpoints at their public paths, the issuer's path included: for `App::configure`.
///
/// A rate limit counts by the connection's address, or by what a middleware of yours has put into
/// the extensions as a [`Peer`].
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// use actix_web::{App, test};
/// use hallpass::oauth::{AuthorizationServer, actix::configure};
///
/// # actix_web::rt::System::new().block_on(async {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).build()?;
/// let app = test::init_service(App::new().configure(configure(&server))).await;
/// let asked = test::TestRequest::get().uri("/.well-known/openid-configuration").to_request();
/// assert_eq!(test::call_service(&app, asked).await.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn configure(server: &AuthorizationServer) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let (server, places): (_, Vec<_>) = (server.clone(), server.places().collect());
    move |config| routes(&server, places, config)
}

/// The endpoints at their paths below the issuer: for `configure` of a `web::scope` at the
/// issuer's path, or behind a proxy that takes this path away. The metadata's path before the
/// issuer's (RFC 8414 §3.1) is not among them.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// use actix_web::{App, test, web};
/// use hallpass::oauth::{AuthorizationServer, actix::nested};
///
/// # actix_web::rt::System::new().block_on(async {
/// # let authority = Authority::builder("https://example.com/auth")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).build()?; // of `https://example.com/auth`
/// let app = App::new().service(web::scope("/auth").configure(nested(&server)));
/// let app = test::init_service(app).await;
/// let asked = test::TestRequest::get().uri("/auth/jwks").to_request();
/// assert_eq!(test::call_service(&app, asked).await.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn nested(server: &AuthorizationServer) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let (server, places): (_, Vec<_>) = (server.clone(), server.places_below().collect());
    move |config| routes(&server, places, config)
}

fn routes(server: &AuthorizationServer, places: Vec<(String, Place)>, config: &mut ServiceConfig) {
    for (path, place) in places {
        let server = server.clone();
        let handle = move |request: HttpRequest, body: Payload| {
            let server = server.clone();
            async move { answer(&server, place, &request, body).await }
        };
        config.route(&path, web::route().to(handle));
    }
}

async fn answer(
    server: &AuthorizationServer,
    place: Place,
    request: &HttpRequest,
    body: Payload,
) -> HttpResponse {
    let body = if place.reads_body() { read(body).await } else { Vec::new() };
    let peer = peer_of(request);
    let mut asked = Asked::new(head_of(request)).body(&body);
    if let Some(peer) = &peer {
        asked = asked.peer(peer);
    }
    server.answer_at(place, &asked).await.respond_to(request)
}

/// The body. One that is too long, or breaks off, becomes one that is too long: it is refused as
/// such, by the endpoint.
async fn read(body: Payload) -> Vec<u8> {
    match to_bytes_limited(BodyStream::new(body), LONGEST).await {
        Ok(Ok(bytes)) => bytes.into(),
        Ok(Err(_)) | Err(_) => vec![0; LONGEST + 1],
    }
}

fn head_of(request: &HttpRequest) -> RequestHead<'_> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let head = RequestHead::new(request.method().as_str(), target);
    request.headers().iter().fold(head, |head, (name, value)| head.header(name.as_str(), value))
}

fn peer_of(request: &HttpRequest) -> Option<String> {
    let told = request.extensions().get::<Peer>().map(|peer| peer.as_str().to_owned());
    told.or_else(|| Some(request.peer_addr()?.ip().to_string()))
}
