//! WHAT A CLIENT EXCHANGES FOR TOKENS: one file for each grant (RFC 6749 §1.3).
//! Must not know how the client proved itself.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use super::{Form, OAuthError};
use crate::{authority::GrantType, id::Audience, scope::Scope};

/// What `grant_type` asks for. Grants that are not offered are told from none at all; the
/// password and implicit grants are among them (RFC 9700 §2.1.2, §2.4).
pub(super) fn read_type(form: &Form) -> Result<GrantType, OAuthError> {
    match form.required("grant_type", OAuthError::NO_GRANT_TYPE)? {
        "authorization_code" => Ok(GrantType::AuthorizationCode),
        "refresh_token" => Ok(GrantType::RefreshToken),
        "client_credentials" => Ok(GrantType::ClientCredentials),
        _ => Err(OAuthError::UNSUPPORTED_GRANT_TYPE),
    }
}

/// The requested scope; nothing where none was asked for (RFC 6749 §3.3).
pub(super) fn read_scope(form: &Form) -> Result<Option<Scope>, OAuthError> {
    let Some(text) = form.get("scope") else { return Ok(None) };
    let scope = Scope::parse(text).map_err(|_| OAuthError::SCOPE)?;
    Ok(Some(scope).filter(|scope| !scope.is_empty()))
}

/// The resource servers asked for (RFC 8707 §2), each once. Whether the client may ask for them
/// is the authority's to say.
pub(super) fn read_resources(form: &Form) -> Result<Vec<Audience>, OAuthError> {
    let mut resources = Vec::new();
    for text in form.all("resource") {
        let resource = Audience::parse(text).map_err(|_| OAuthError::TARGET)?;
        if !resources.contains(&resource) {
            resources.push(resource);
        }
    }
    Ok(resources)
}
