//! Translates the decision path to actix-web 4: middleware, extractors, guards, responses.
//! Must not decide anything.
//!
//! ```
//! use actix_web::{App, web};
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
//! # fn app(guard: Guard) -> Result<(), hallpass::scope::ScopeError> {
//! let read_one = RequireScope::new("invoice:{id}:read")?;
//! let app = App::new()
//!     .wrap(guard)
//!     .route("/invoices", web::get().to(list))
//!     .service(web::resource("/invoices/{id}").wrap(read_one).get(show));
//! # Ok(()) }
//! ```
//!
//! actix-web turns every error of an extractor into `None` where a handler asks for an `Option`,
//! so for optional authentication ask for a [`Caller`](super::Caller).

mod extract;
mod guarded;
mod parameters;
mod respond;
mod scoped;

pub use self::{guarded::GuardMiddleware, scoped::RequireScopeMiddleware};
