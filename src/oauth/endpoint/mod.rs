//! THE ENDPOINTS: one file for each, a request in, an answer out.
//! Must not know a framework; routers only translate.

mod authorize;
mod decide;
mod document;
mod feed;
mod introspect;
mod jwks;
mod logout;
mod metadata;
mod revoke;
mod token;

pub(super) use self::metadata::Advertised;
