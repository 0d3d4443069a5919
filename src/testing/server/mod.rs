//! Knows real HTTP servers for tests, each on a loopback port of its own, without a runtime.
//! Must not be fit for anything but tests: it speaks as little HTTP as a client of ours needs.

mod authority;
mod connection;
mod jwks;
mod listen;

pub(super) use self::connection::Reply;
pub use self::{authority::AuthorityServer, jwks::JwksServer};

#[cfg(test)]
mod tests;
