//! The endpoints that clients call directly, on plain data: token, revocation, introspection.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

mod assertion;
mod client_auth;
mod client_credentials;
mod code;
mod disabled;
mod errors;
mod hostile;
mod introspect;
mod rate_limit;
mod refresh;
mod revoke;
mod world;
