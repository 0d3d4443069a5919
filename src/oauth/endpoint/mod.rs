//! THE ENDPOINTS: one file for each, a request in, an answer out.
//! Must not know a framework; routers only translate.

mod introspect;
mod revoke;
mod token;
