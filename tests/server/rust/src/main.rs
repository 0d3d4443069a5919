//! The crate `openidconnect` against the example auth_server: discovery, code with PKCE, ID token,
//! refresh, and the end of it.

use std::process::Command;

use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata},
    reqwest,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (Some(issuer), Some(user)) = (words.next(), words.next()) else {
        return Err("usage: openidconnect-client ISSUER USER.mjs".into());
    };
    // A redirect would be followed with the secret.
    let http = reqwest::blocking::ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone())?, &http)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new("chat-export".to_owned()),
        Some(ClientSecret::new("demo-secret-of-chat-export-change-me".to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new("http://127.0.0.1:8500/callback".to_owned())?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["offline_access", "chat:*:list"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = visit(&user, url.as_str())?;
    let parameter = |name: &str| {
        let value = back.query_pairs().find(|(known, _)| known == name);
        value.map(|(_, value)| value.into_owned()).ok_or(format!("no `{name}` in {back}"))
    };
    assert_eq!(parameter("state")?, *state.secret());
    assert_eq!(parameter("iss")?, issuer);

    let tokens = client
        .exchange_code(AuthorizationCode::new(parameter("code")?))?
        .set_pkce_verifier(verifier)
        .request(&http)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &nonce)?;
    assert_eq!(claims.subject().as_str(), "user-ada");
    assert!(claims.auth_time().is_some() && claims.access_token_hash().is_some());

    let chats = |token: &str| -> Result<u16, Failure> {
        Ok(http.get(format!("{issuer}/api/chats")).bearer_auth(token).send()?.status().as_u16())
    };
    assert_eq!(chats(tokens.access_token().secret())?, 200);
    let refresh = tokens.refresh_token().ok_or("no refresh token")?;
    let next = client.exchange_refresh_token(refresh)?.request(&http)?;
    assert_eq!(chats(next.access_token().secret())?, 200);

    let refresh = next.refresh_token().unwrap_or(refresh).clone();
    // The crate itself revokes over https only, loopback or not.
    let revoked = http
        .post(format!("{issuer}/revoke"))
        .basic_auth("chat-export", Some("demo-secret-of-chat-export-change-me"))
        .form(&[("token", refresh.secret())])
        .send()?;
    assert_eq!(revoked.status().as_u16(), 200);
    match client.exchange_refresh_token(&refresh)?.request(&http) {
        Err(RequestTokenError::ServerResponse(told)) => {
            assert_eq!(told.error().to_string(), "invalid_grant");
        }
        other => return Err(format!("a session that was revoked goes on: {other:?}").into()),
    }
    assert_eq!(chats(next.access_token().secret())?, 401);
    println!("openidconnect: all is well");
    Ok(())
}

/// A person signs in and allows it; where the server sends them.
fn visit(user: &str, url: &str) -> Result<openidconnect::url::Url, Failure> {
    let run = Command::new("node")
        .args([user, url, "ada", "correct horse battery staple"])
        .output()?;
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned().into());
    }
    Ok(openidconnect::url::Url::parse(String::from_utf8(run.stdout)?.trim())?)
}
