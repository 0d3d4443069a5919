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
//! | what your service does when an issuer's keys change, or cannot be fetched | [`JwksServer`] |
//! | a store of your own | [`conformance`] |

#[cfg(feature = "actix")]
mod actix;
mod authority;
mod clock;
pub mod conformance;
mod random;
mod server;
mod stores;
mod token;
#[cfg(feature = "tower")]
mod tower;
#[cfg(any(feature = "tower", feature = "actix", feature = "gateway"))]
mod web;

pub use authority::TestAuthority;
pub use clock::TestClock;
pub use server::JwksServer;
pub use stores::{CountingStore, FailingStore, Fault, StoreMethod};
pub use token::TestToken;
