//! HOW A TOKEN IS PRESENTED AND REFUSED: one decision path, translated to each framework.
//! Must not know an engine, nor how a token is checked.
//!
//! [`Guard`] decides on plain data ([`RequestHead`]): who calls ([`Caller`]), or why not
//! ([`Refusal`]). [`RequireScope`] says what a route asks for. What a client reads of a refusal is
//! written in one place ([`Answer`]), so that every framework answers with the same bytes.
//!
//! Reading path: `head` → `source` (where a credential may be) → `guard` (the decision) →
//! `route` (what a route asks for) → `refusal` and `challenge` (what the client reads). The
//! folders of the frameworks only translate.

#[cfg(any(feature = "tower", feature = "actix"))]
mod admitted;
mod answer;
mod caching;
mod caller;
mod challenge;
mod cookies;
mod declared;
mod guard;
mod head;
mod refusal;
mod refusal_from;
mod resource;
mod route;
mod source;
pub(crate) mod urlencoded;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "tower")]
pub mod tower;

pub use self::{
    answer::{Answer, Styled},
    caller::Caller,
    cookies::{BrowserCookies, CookieError, SameSite},
    declared::{Declared, Scoped},
    guard::{Guard, Presented},
    head::RequestHead,
    refusal::{Reason, Refusal},
    resource::{ProtectedResource, ResourceError},
    route::RequireScope,
    source::Source,
};
