//! WHAT IS READ OVER HTTP: an issuer's keys, and what it has taken back, for a verifier that has
//! neither its database nor its private keys.
//! Must not know how a token is issued, nor serve anything.
//!
//! Reading path: `jwks` (what is set) → `keys` (the source of keys a verifier looks at) → `pace`
//! (when the issuer may be asked) → `document` (how the keys are read) → `feed` (revocations) → `fetch` and `http` (how a request goes
//! out).

mod address;
mod credential;
mod document;
mod feed;
mod fetch;
mod freshness;
mod http;
mod jwks;
mod keys;
mod metadata;
mod pace;

pub use feed::RemoteFeed;
pub use fetch::{Fetch, FetchError, FetchRequest, FetchResponse};
pub use http::{CertificateError, HttpFetch};
pub use jwks::RemoteJwks;
