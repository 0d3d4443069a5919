//! Scoped access tokens for web APIs: issue, verify, refresh, revoke.
//!
//! ```
//! use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let authority = Authority::builder("https://auth.example.com")
//!     .audience("https://api.example.com")
//!     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
//!     .store(MemoryStore::new())
//!     .build()?;
//!
//! let grant = Grant::new("user-42", "invoice:*:read invoice:7:write".parse()?).client("web");
//! let issued = authority.issue(grant).await?;
//! let who = authority.verify(issued.access_token()).await?;
//! who.require(("invoice", "7", "write"))?;
//!
//! let next = authority.refresh(issued.refresh_token()).await?;
//! let _ = authority.revoke(next.refresh_token()).await?;
//! assert!(authority.verify(next.access_token()).await.is_err());
//! # Ok(()) }
//! ```
//!
//! | module | |
//! |---|---|
//! | [`authority`] | the life of a token: issued, refreshed, revoked |
//! | [`verifier`] | how a token is checked, with public keys only |
//! | [`mod@scope`] | what may be done: `resource:id:action` and its algebra |
//! | [`key`] | what signs, and how keys follow each other |
//! | [`store`] | what is remembered, by role; write your own |
//! | `remote` | keys and revocations read over HTTP (feature `remote-jwks`) |
//! | `web` | how a token is presented and refused (features `tower`, `axum`, `actix`, `gateway`) |
//! | [`token`], [`secret`], [`id`], [`clock`] | what is carried, what is hidden, what is named, what time it is |
//! | [`guide`] | the pages of the documentation |

#[macro_use]
mod example;

pub mod authority;
mod base64url;
pub mod clock;
mod crypto;
mod event;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod id;
pub mod key;
#[cfg(feature = "oauth")]
pub mod oauth;
#[cfg(feature = "remote-jwks")]
pub mod remote;
pub mod scope;
pub mod secret;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod token;
pub mod verifier;
pub mod web;

#[cfg(feature = "jsonwebtoken-provider")]
pub use crate::key::jsonwebtoken_provider;
pub use crate::{
    authority::{Authority, Grant},
    clock::Timestamp,
    key::{Algorithm, SigningKey},
    scope::{Permission, Scope},
    store::MemoryStore,
    verifier::{Verified, Verifier},
};
