//! Knows how the app gets tokens and uses them: code with PKCE, refresh, calls.
//! Must not know its own users.

use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicRequestTokenError, BasicTokenResponse},
    url::Url,
};
use serde_json::Value;

use super::http::{Http, HttpError};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What the app may do at the authorization server and the API.
pub(crate) struct Partner {
    issuer: String,
    client: Client,
    http: Http,
}

/// An authorization that was begun, and what its answer has to fit.
pub(crate) struct Begun {
    pub(crate) state: CsrfToken,
    pub(crate) verifier: PkceCodeVerifier,
}

/// What the app holds for a user.
#[derive(Clone)]
pub(crate) struct Tokens {
    access: String,
    refresh: Option<RefreshToken>,
}

/// Why there are no chats.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The user, or who runs the server, has taken the access away.
    #[error("the access was taken away")]
    CutOff,
    /// The API answered something else.
    #[error("the API answered {0}")]
    Status(u16),
    /// The token endpoint did.
    #[error("the token endpoint refused: {0}")]
    Token(Box<BasicRequestTokenError<HttpError>>),
    /// Nothing could be asked.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The answer is not what the API promises.
    #[error("the answer of the API cannot be read")]
    Answer,
}

impl Partner {
    pub(crate) fn new(
        issuer: &str,
        id: &str,
        secret: &str,
        redirect: &str,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let client = BasicClient::new(ClientId::new(id.to_owned()))
            .set_client_secret(ClientSecret::new(secret.to_owned()))
            .set_auth_uri(AuthUrl::new(format!("{issuer}/authorize"))?)
            .set_token_uri(TokenUrl::new(format!("{issuer}/token"))?)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned())?);
        Ok(Self { issuer: issuer.to_owned(), client, http: Http::new() })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where to send the user, and what to remember until they are back.
    pub(crate) fn begin(&self) -> (Url, Begun) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let wanted = ["offline_access", "chat:*:list", "chat:*:read"];
        let (url, state) = self
            .client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(wanted.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        (url, Begun { state, verifier })
    }

    pub(crate) async fn exchange(&self, code: String, begun: Begun) -> Result<Tokens, ApiError> {
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(begun.verifier)
            .request_async(&self.http)
            .await;
        Ok(Tokens::from(&answer.map_err(|error| ApiError::Token(Box::new(error)))?, None))
    }

    async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, ApiError> {
        let refresh = tokens.refresh.as_ref().ok_or(ApiError::CutOff)?;
        match self.client.exchange_refresh_token(refresh).request_async(&self.http).await {
            Ok(answer) => Ok(Tokens::from(&answer, Some(refresh))),
            Err(RequestTokenError::ServerResponse(told))
                if *told.error() == BasicErrorResponseType::InvalidGrant =>
            {
                Err(ApiError::CutOff)
            }
            Err(error) => Err(ApiError::Token(Box::new(error))),
        }
    }

    /// All of a user's chats, and the tokens to go on with.
    pub(crate) async fn chats(&self, tokens: Tokens) -> Result<(Vec<Value>, Tokens), ApiError> {
        let (list, tokens) = self.get("/api/chats", tokens).await?;
        let list = list.get("records").and_then(Value::as_array).ok_or(ApiError::Answer)?.clone();
        let mut tokens = tokens;
        let mut chats = Vec::new();
        for id in list.iter().filter_map(|chat| chat.get("id")?.as_str()) {
            let (chat, next) = self.get(&format!("/api/chats/{id}"), tokens).await?;
            chats.push(chat);
            tokens = next;
        }
        Ok((chats, tokens))
    }

    /// One call; with an access token that is refused, another one with the next.
    async fn get(&self, path: &str, tokens: Tokens) -> Result<(Value, Tokens), ApiError> {
        let address = format!("{}{path}", self.issuer);
        let mut tokens = tokens;
        let mut answer = self.http.get(&address, &tokens.access).await?;
        if answer.status().as_u16() == 401 {
            tokens = self.refresh(&tokens).await?;
            answer = self.http.get(&address, &tokens.access).await?;
        }
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => return Err(ApiError::CutOff),
            status => return Err(ApiError::Status(status)),
        }
        Ok((serde_json::from_slice(answer.body()).map_err(|_| ApiError::Answer)?, tokens))
    }
}

impl Tokens {
    /// An answer without a refresh token leaves the one before in force (RFC 6749 §6).
    fn from(answer: &BasicTokenResponse, before: Option<&RefreshToken>) -> Self {
        Self {
            access: answer.access_token().secret().clone(),
            refresh: answer.refresh_token().or(before).cloned(),
        }
    }
}
