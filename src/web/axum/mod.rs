//! Translates the decision path to axum 0.8: extractors, and refusals and tokens as responses.
//! Must not decide anything.
//!
//! ```
//! use axum::{Router, routing::get};
//! use hallpass::{Verified, web::{Guard, RequireScope, Scoped}};
//!
//! hallpass::guard!(ReadInvoices = "invoice:*:read");
//!
//! async fn list(who: Scoped<ReadInvoices>) -> String {
//!     format!("all the invoices, for {}", who.subject())
//! }
//!
//! async fn show(who: Verified) -> String {
//!     format!("one invoice, for {}", who.subject())
//! }
//!
//! # fn router(guard: Guard) -> Result<Router, hallpass::scope::ScopeError> {
//! let read_one = RequireScope::new("invoice:{id}:read")?;
//! let router: Router = Router::new()
//!     .route("/invoices", get(list))
//!     .route("/invoices/{id}", get(show).route_layer(read_one))
//!     .layer(guard);
//! # Ok(router) }
//! ```

mod extract;
mod respond;
