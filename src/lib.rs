//! Scoped access tokens for web APIs.
