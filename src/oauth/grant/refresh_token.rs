//! Knows what a client may ask for when it goes on with a session (RFC 6749 §6).
//! Must not know when a token rotates; the session's policy does.

use super::{read_resources, read_scope};
use crate::{
    authority::{Client, Refresh, TokenResponse},
    oauth::{AuthorizationServer, Form, OAuthError},
};

impl AuthorizationServer {
    /// New tokens of a session, for the client that has it. Less scope and fewer resources may be
    /// asked for, for this answer alone.
    pub(in crate::oauth) async fn grant_refresh(
        &self,
        client: &Client,
        form: &Form,
    ) -> Result<TokenResponse, OAuthError> {
        let token = form.required("refresh_token", OAuthError::NO_REFRESH_TOKEN)?;
        let mut refresh = Refresh::new(token).client(client.id());
        if let Some(scope) = read_scope(form)? {
            refresh = refresh.scope(scope);
        }
        let resources = read_resources(form)?;
        if !resources.is_empty() {
            refresh = refresh.audience(resources);
        }
        Ok(self.authority().refresh_with(refresh).await?.into_response())
    }
}
