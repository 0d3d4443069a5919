//! Knows the token endpoint (RFC 6749 §3.2): which grant is asked for, and whether the client may.
//! Must not know what a grant does.

use crate::{
    authority::{GrantType, TokenResponse},
    oauth::{AuthorizationServer, Endpoint, Form, OAuthError, Request, grant},
    web::Answer,
};

impl AuthorizationServer {
    /// Exchanges a grant for tokens: `authorization_code`, `refresh_token` or
    /// `client_credentials`, by POST.
    ///
    /// The answer is that of RFC 6749 §5.1, or an error of §5.2. What may pass is 503 with
    /// `Retry-After`, never `invalid_grant`, on which clients delete their tokens.
    pub async fn token(&self, request: &Request<'_>) -> Answer {
        match self.exchange(request).await {
            Ok(response) => success(&response),
            Err(error) => error.answer(),
        }
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<TokenResponse, OAuthError> {
        let form = Form::parse_post(request)?;
        let grant = grant::read_type(&form)?;
        let client = self.authenticate(Endpoint::Token, request, &form).await?;
        if !client.allows_grant(grant) {
            return Err(OAuthError::UNAUTHORIZED_CLIENT);
        }
        match grant {
            GrantType::AuthorizationCode => self.grant_code(&client, &form).await,
            GrantType::RefreshToken => self.grant_refresh(&client, &form).await,
            GrantType::ClientCredentials => self.grant_to_client(&client, &form).await,
        }
    }
}

fn success(response: &TokenResponse) -> Answer {
    let answer = Answer::empty(200);
    let headers = TokenResponse::HEADERS.into_iter();
    let answer = headers.fold(answer, |answer, (name, value)| answer.with_header(name, value));
    answer.with_body(response.body())
}
