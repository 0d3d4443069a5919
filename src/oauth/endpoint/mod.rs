//! THE ENDPOINTS: one file for each, a request in, an answer out.
//! Must not know a framework; routers only translate.

mod authorize;
mod decide;
mod introspect;
mod logout;
mod revoke;
mod token;
