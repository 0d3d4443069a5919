//! The pages of `docs/`, so that their examples are compiled and run.
//! Must not hold any code.

/// The front page.
#[doc = include_str!("../README.md")]
pub mod readme {}

/// From an empty folder to a service whose users sign in, and can be signed out.
#[cfg(all(feature = "axum", feature = "sqlite", feature = "tokio"))]
#[doc = include_str!("../docs/getting-started.md")]
pub mod getting_started {}

/// The structure of the code.
#[doc = include_str!("../docs/architecture.md")]
pub mod architecture {}

/// The scope grammar.
#[doc = include_str!("../docs/scope-grammar.md")]
pub mod scope_grammar {}

/// Sessions and refresh.
#[doc = include_str!("../docs/sessions.md")]
pub mod sessions {}

/// Taking access back.
#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

/// Stores.
#[doc = include_str!("../docs/stores.md")]
pub mod stores {}

/// Clients.
#[doc = include_str!("../docs/clients.md")]
pub mod clients {}

/// Signing keys.
#[doc = include_str!("../docs/keys.md")]
pub mod keys {}

/// A service without the authority's database.
#[doc = include_str!("../docs/remote.md")]
pub mod remote {}

/// The web edge on axum, tower, tonic and hyper.
#[doc = include_str!("../docs/axum.md")]
pub mod axum {}

/// The web edge on actix-web.
#[doc = include_str!("../docs/actix.md")]
pub mod actix {}

/// A gateway in front of services.
#[doc = include_str!("../docs/gateway.md")]
pub mod gateway {}

/// An authorization server.
#[cfg(feature = "oauth")]
#[doc = include_str!("../docs/oauth.md")]
pub mod oauth {}

/// The endpoints that clients call directly.
#[cfg(feature = "oauth")]
#[doc = include_str!("../docs/oauth-endpoints.md")]
pub mod oauth_endpoints {}

/// Routers, metadata, keys and the feed of an authorization server; what to check before it is used.
#[cfg(feature = "oauth")]
#[doc = include_str!("../docs/oauth-routers.md")]
pub mod oauth_routers {}

/// Run-book of an authorization server.
#[doc = include_str!("../docs/deploy.md")]
pub mod deploy {}

/// Testing a service.
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

/// Changing over from `jsonwebtoken` by hand, `jwt-authorizer` or `oxide-auth`.
#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

/// What is ours to defend, what is yours, and what is no defect.
#[doc = include_str!("../docs/threat-model.md")]
pub mod threat_model {}

/// Questions that are asked.
#[doc = include_str!("../docs/faq.md")]
pub mod faq {}

/// What was done to find faults.
#[doc = include_str!("../docs/assurance.md")]
pub mod assurance {}

/// What is fast, why, and how to see it.
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}
