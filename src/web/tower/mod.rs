//! Translates the decision path to any `http` service: [`Guard`] and [`RequireScope`] as layers.
//! Must not decide anything.
//!
//! ```
//! use hallpass::web::Guard;
//! use tower_layer::Layer as _;
//!
//! # fn wrap<S>(guard: Guard, service: S) {
//! let guarded = guard.layer(service); // tonic, hyper, a tower stack
//! # }
//! ```
//!
//! A service behind the layer finds the [`Verified`](crate::Verified) and the
//! [`Caller`] in the request's extensions.
//!
//! [`Guard`]: super::Guard
//! [`RequireScope`]: super::RequireScope
//! [`Caller`]: super::Caller

mod body;
#[cfg(feature = "gateway")]
mod gateway;
mod guarded;
mod respond;
mod scoped;

#[cfg(feature = "axum")]
#[path = "routed.rs"]
mod parameters;
#[cfg(not(feature = "axum"))]
#[path = "unrouted.rs"]
mod parameters;

#[cfg(feature = "axum")]
pub(super) use self::respond::respond;
pub use self::{body::GuardBody, guarded::GuardService, scoped::RequireScopeService};
