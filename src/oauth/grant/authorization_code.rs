//! Knows what a client sends with an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//! Must not know how a code is redeemed.

use crate::{
    authority::{Client, TokenResponse},
    oauth::{AuthorizationServer, Form, OAuthError},
};

impl AuthorizationServer {
    /// No code can be redeemed yet.
    pub(in crate::oauth) async fn grant_code(
        &self,
        _client: &Client,
        form: &Form,
    ) -> Result<TokenResponse, OAuthError> {
        form.required("code", OAuthError::NO_CODE)?;
        form.required("code_verifier", OAuthError::NO_CODE_VERIFIER)?;
        Err(OAuthError::GRANT)
    }
}
