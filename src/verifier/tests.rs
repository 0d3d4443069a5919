//! Knows tokens with one fault each, and which error each must give.
//! Must not know an authority: tokens are put together here, member by member.

mod api_keys;
#[cfg(feature = "aws-lc-rs")]
mod backend;
mod cache;
mod feed;
#[cfg(feature = "tokio")]
mod maintenance;
mod order;
mod rfc9068;
mod scopes;
mod sources;
mod support;
mod wycheproof;
