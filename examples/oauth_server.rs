//! An authorization server in one file: axum, a store in memory, one application, and one user who
//! is always signed in.
//!
//! ```sh
//! cargo run --example oauth_server --features axum,oauth,tokio
//!
//! curl localhost:3000/.well-known/openid-configuration
//!
//! # A service, for itself:
//! curl -u partner:an-example-secret-0123456789-abcdefghij localhost:3000/token \
//!      -d grant_type=client_credentials -d scope=invoice:7:read
//!
//! # A user, in the browser (the verifier is the example of RFC 7636):
//! open 'http://localhost:3000/authorize?response_type=code&client_id=partner&scope=openid+invoice:7:read&state=1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256'
//! # after "Allow" the address has a `code`:
//! curl -u partner:an-example-secret-0123456789-abcdefghij localhost:3000/token \
//!      -d grant_type=authorization_code -d code=… \
//!      -d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
//! ```

use std::{error::Error, net::SocketAddr, time::Duration};

use async_trait::async_trait;
use axum::Router;
use hallpass::{
    Algorithm, Authority, MemoryStore, SigningKey, Timestamp,
    authority::{Client, GrantType},
    clock::{Clock as _, SystemClock},
    id::Subject,
    oauth::{self, AuthorizationServer, ConsentPage, Host, HostError, SignIn, SignedIn},
    web::{Answer, RequestHead},
};

/// Where a real host has its login and its cookie.
#[derive(Debug)]
struct AlwaysAda {
    since: Timestamp,
}

#[async_trait]
impl Host for AlwaysAda {
    async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
        let ada = Subject::parse("ada").map_err(HostError::new)?;
        Ok(Some(SignedIn::new(ada, self.since)))
    }

    async fn sign_in(&self, _: &SignIn<'_>) -> Answer {
        Answer::html(200, "Ada is signed in since this server started.")
    }

    async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
        page.plain()
    }

    async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }
}

fn server(issuer: &str) -> Result<AuthorizationServer, Box<dyn Error>> {
    let partner = Client::confidential("partner")
        .name("The partner's application")
        .secret("an-example-secret-0123456789-abcdefghij") // yours is random, and in no file
        .scope("openid offline_access invoice:*:*".parse()?)
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
        .grant(GrantType::ClientCredentials)
        .redirect_uri("http://127.0.0.1:8080/callback");
    let authority = Authority::builder(issuer)
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::ES256)?)
        .server_store(MemoryStore::new())
        .client(partner)
        .build()?;
    let host = AlwaysAda { since: SystemClock::new().now() };
    Ok(AuthorizationServer::builder(authority)
        .host(host)
        .scopes_supported("invoice:*:read invoice:*:write".parse()?)
        .allow_origin("http://localhost:5173")
        .build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let server = server(&format!("http://{address}"))?;
    server.authority().ready().await?;

    // Reads revocations, prunes what has expired.
    let authority = server.authority().clone();
    tokio::spawn(async move {
        loop {
            let wait = authority.tick().await;
            tokio::time::sleep(wait.max(Duration::from_millis(10))).await;
        }
    });

    let app: Router = Router::new().merge(oauth::axum::router(&server));
    println!("listening on http://{address}");
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
