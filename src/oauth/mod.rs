//! OAUTH 2 AND OPENID CONNECT: the endpoints of an authorization server, on plain data.
//! Must not know an engine or a framework: a [`Request`] comes in, an [`Answer`](crate::web::Answer)
//! goes out.

mod assertion;
mod authorization;
mod authorization_error;
mod client_auth;
mod cors;
mod describe;
mod endpoint;
mod endpoints;
mod error;
mod form;
mod grant;
mod host;
mod host_answer;
mod pages;
mod rate_limit;
mod reply;
mod request;
mod route;
mod server;
mod sign_in;
mod signed_in;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;

pub use self::{
    describe::{Asked, ScopeTexts},
    endpoints::{Endpoint, Endpoints},
    host::{Host, HostError, SignIn, SignInReason},
    pages::{ConsentPage, ErrorPage, SignOutPage},
    rate_limit::{RateKey, RateLimit, RetryAfter},
    request::{Peer, Request},
    server::{AuthorizationServer, AuthorizationServerBuilder},
    signed_in::SignedIn,
};
pub(crate) use self::{error::OAuthError, form::Form};
