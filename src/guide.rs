//! The pages of `docs/`, so that their examples are compiled and run.
//! Must not hold any code.

/// The front page.
#[doc = include_str!("../README.md")]
pub mod readme {}

/// The structure of the code.
#[doc = include_str!("../docs/architecture.md")]
pub mod architecture {}

/// The scope grammar.
#[doc = include_str!("../docs/scope-grammar.md")]
pub mod scope_grammar {}

/// Sessions, rotation and revocation.
#[doc = include_str!("../docs/sessions.md")]
pub mod sessions {}

/// Stores.
#[doc = include_str!("../docs/stores.md")]
pub mod stores {}

/// Signing keys.
#[doc = include_str!("../docs/keys.md")]
pub mod keys {}
