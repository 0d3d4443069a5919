//! Scoped access tokens for web APIs.

pub mod scope;
