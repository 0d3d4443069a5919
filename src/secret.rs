//! Knows the secrets of the domain as types that cannot be printed, compared or copied by accident.
//! Must not know what any of them opens.

#![expect(dead_code, unused_imports, reason = "the store and token modules derive keys")]

mod master;
mod text;

pub use master::{MasterSecret, SecretError};
pub use text::{AccessToken, ApiKey, AuthorizationCode, ClientSecret, RefreshToken, TokenText};

pub(crate) use master::DerivedKey;
