//! WHAT TESTS NEED: a clock that the test moves, stores that fail and count, and the conformance
//! suite that every store must pass.
//! Must not be needed by anything else: it exists with the feature `test-util` alone.
//!
//! | for | take |
//! |---|---|
//! | a login in one line, and tokens with one thing wrong | [`TestAuthority`] |
//! | expiry without waiting | [`TestClock`] |
//! | what your service does when the store is down | [`FailingStore`] |
//! | how many store calls something costs | [`CountingStore`] |
//! | an authority for an HTTP client or another program to talk to | [`TestAuthority::serve`] |
//! | what a refusal must be, in one line | [`TestResponse`] |
//! | what your service does when an issuer's keys change, or cannot be fetched | [`JwksServer`] |
//! | a store of your own | [`conformance`] |

#[cfg(feature = "actix")]
mod actix;
mod authority;
#[cfg(feature = "axum")]
mod axum;
mod clock;
pub mod conformance;
mod endpoints;
mod random;
mod response;
mod server;
mod stores;
mod token;
#[cfg(feature = "tower")]
mod tower;
mod web;

pub use authority::TestAuthority;
pub use clock::TestClock;
pub use response::{Refused, TestResponse};
pub use server::{AuthorityServer, JwksServer};
pub use stores::{CountingStore, FailingStore, Fault, StoreMethod};
pub use token::TestToken;
