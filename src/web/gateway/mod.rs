//! Answers a proxy that asks whether to let a request through: nginx `auth_request`, Traefik
//! ForwardAuth, Envoy ext_authz over HTTP.
//! Must not know a framework, nor pass a request on: the proxy does that.
//!
//! [`Rules`] say what each route asks for; a request that no rule names is refused. A good one is
//! answered with 200 and the caller's [`Identity`] in headers for the service behind the proxy, a
//! bad one with 401, 403 or 503, and never with anything else.
//!
//! ```
//! use hallpass::web::gateway::{Dialect, Gateway, Rules};
//! # use hallpass::{key::{Algorithm, SigningKey}, verifier::Verifier};
//! use hallpass::web::{Guard, RequestHead};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let verifier = Verifier::builder("https://auth.example.com").audience("https://api.example.com")
//! #     .key(SigningKey::generate(Algorithm::EdDSA)?.verifying_key()).stateless().build()?;
//! let rules = Rules::from_toml(r#"
//!     [[rule]]
//!     methods = ["GET"]
//!     path = "/invoices/{id}"
//!     require = { permission = "invoice:{id}:read" }
//!
//!     [[rule]]
//!     methods = ["GET"]
//!     path = "/health"
//!     access = "public"
//! "#)?;
//! let gateway = Gateway::new(Guard::new(verifier), rules, Dialect::Nginx);
//!
//! let ask = |target| RequestHead::new("GET", "/authorize")
//!     .header("x-original-method", "GET")
//!     .header("x-original-uri", target);
//! assert_eq!(gateway.decide(&ask("/health")).await.status(), 200);
//! assert_eq!(gateway.decide(&ask("/invoices/7")).await.status(), 401);
//! assert_eq!(gateway.decide(&ask("/health/../invoices/7")).await.status(), 403);
//! # Ok(()) }
//! ```

mod condition;
mod decide;
mod dialect;
mod file;
mod identity;
mod path;
mod rule;
mod rules;

pub use self::{
    condition::Condition,
    decide::Gateway,
    dialect::Dialect,
    identity::{Identity, IdentityError},
    rule::Rule,
    rules::{Problem, Rules, RulesError},
};

#[cfg(test)]
mod tests;
