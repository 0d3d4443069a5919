//! OAUTH 2 AND OPENID CONNECT: the endpoints of an authorization server, on plain data.
//! Must not know an engine or a framework: a [`Request`] comes in, an [`Answer`](crate::web::Answer)
//! goes out.

mod assertion;
mod client_auth;
mod cors;
mod endpoint;
mod endpoints;
mod error;
mod form;
mod grant;
mod host;
mod rate_limit;
mod request;
mod route;
mod server;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;

pub use self::{
    endpoints::{Endpoint, Endpoints},
    host::Host,
    rate_limit::{RateKey, RateLimit, RetryAfter},
    request::{Peer, Request},
    server::{AuthorizationServer, AuthorizationServerBuilder},
};
pub(crate) use self::{error::OAuthError, form::Form};
