//! Knows what a client may have for itself (RFC 6749 §4.4).
//! Must not know a user: there is none.

use super::{read_resources, read_scope};
use crate::{
    authority::{Client, Grant, TokenResponse},
    oauth::{AuthorizationServer, Form, OAuthError},
    scope::Scope,
};

impl AuthorizationServer {
    /// An access token whose subject is the client (RFC 9068 §2.2). There is no refresh token
    /// (RFC 6749 §4.4.3): the client can ask again.
    pub(in crate::oauth) async fn grant_to_client(
        &self,
        client: &Client,
        form: &Form,
    ) -> Result<TokenResponse, OAuthError> {
        // RFC 6749 §4.4: "The client credentials grant type MUST only be used by confidential
        // clients."
        if !client.is_confidential() {
            return Err(OAuthError::UNAUTHORIZED_CLIENT);
        }
        let scope = self.scope_for_client(client, read_scope(form)?)?;
        let id = client.id();
        let mut grant = Grant::new(id, scope).client(id);
        for resource in read_resources(form)? {
            grant = grant.audience(resource);
        }
        Ok(self.authority().issue_access(grant).await?.into_response())
    }

    /// What it asks for, or else its default. Where neither a ceiling nor a permission source
    /// says what it may do, its default is also the most it gets: a client's own word is no
    /// permission.
    fn scope_for_client(
        &self,
        client: &Client,
        requested: Option<Scope>,
    ) -> Result<Scope, OAuthError> {
        let default = client.granted_by_default();
        let is_limited = client.ceiling().is_some() || self.authority().asks_permissions();
        match (requested, default) {
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(OAuthError::NO_SCOPE),
            (Some(requested), _) if is_limited => Ok(requested),
            (Some(requested), Some(default)) if default.covers(&requested) => Ok(requested),
            (Some(_), _) => Err(OAuthError::SCOPE),
        }
    }
}
