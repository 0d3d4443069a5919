//! Knows the secrets of the domain as types that cannot be printed, compared or copied by accident.
//! Must not know what any of them opens.

mod master;
mod text;

pub use master::{MasterSecret, SecretError};
pub use text::{
    AccessToken, ApiKey, AuthorizationCode, ClientSecret, IdToken, PrivateKeyPem, RefreshToken,
    TokenText,
};
