//! Knows the revocation endpoint (RFC 7009).
//! Must not know how verifiers learn of it.

use crate::{
    oauth::{AuthorizationServer, Endpoint, Form, OAuthError, Request},
    web::Answer,
};

impl AuthorizationServer {
    /// Takes back a token of the client that asks: an access token, a refresh token with its
    /// session, or an API key. `token_type_hint` is not needed and not read.
    ///
    /// 200 without a body, also for what is unknown, expired, or another client's (RFC 7009
    /// §2.2). A token that cannot be taken back alone is `unsupported_token_type` (§2.2.1).
    pub async fn revoke(&self, request: &Request<'_>) -> Answer {
        match self.take_back(request).await {
            Ok(()) => Answer::empty(200).no_store(),
            Err(error) => error.answer(),
        }
    }

    async fn take_back(&self, request: &Request<'_>) -> Result<(), OAuthError> {
        let form = Form::parse_post(request)?;
        let client = self.authenticate(Endpoint::Revoke, request, &form).await?;
        let token = form.required("token", OAuthError::NO_TOKEN)?;
        let _ = self.authority().revoke_own(token, client.id()).await?;
        Ok(())
    }
}
