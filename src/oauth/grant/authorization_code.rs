//! Knows what a client sends with an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//! Must not know how a code is redeemed.

use super::read_resources;
use crate::{
    authority::{Client, CodeRedemption, TokenResponse},
    oauth::{AuthorizationServer, Form, OAuthError},
};

impl AuthorizationServer {
    /// The tokens of a session that its user has consented to: the access token, the refresh
    /// token where one was granted, the ID token where `openid` was.
    pub(in crate::oauth) async fn grant_code(
        &self,
        client: &Client,
        form: &Form,
    ) -> Result<TokenResponse, OAuthError> {
        let code = form.required("code", OAuthError::NO_CODE)?;
        let verifier = form.required("code_verifier", OAuthError::NO_CODE_VERIFIER)?;
        let resources = read_resources(form)?;
        let redemption = CodeRedemption::new(client.id(), verifier)
            .redirect_uri(form.get("redirect_uri").unwrap_or_default())
            .audience(&resources);
        Ok(self.authority().redeem_code(code, redemption).await?.into_response())
    }
}
