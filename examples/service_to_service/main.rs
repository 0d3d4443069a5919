//! A service that calls another: with tokens it gets for itself (client credentials), or with an
//! API key.
//!
//! ```text
//! $ cargo auth-server                                     # in one terminal
//! $ cargo service-to-service                              # in another: a token, a call
//! $ API_KEY=$(cargo auth-server --api-key nightly-report "report:*:read")
//! $ API_KEY=$API_KEY cargo service-to-service             # a call with the key
//! ```
//!
//! A token of client credentials lives for minutes, and the service that gets it needs nothing from
//! us: the crate `oauth2` does. An API key lives until it is taken back, for whatever can only
//! send a header.

#[path = "../partner_app/http.rs"]
mod http;

use std::{env, error::Error, process::ExitCode, time::Duration};

use oauth2::{
    ClientId, ClientSecret, Scope, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};

use self::http::Http;

#[tokio::main]
async fn main() -> ExitCode {
    // What it says, and not its `Debug`, which `main` would print of an error it returns.
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("service_to_service: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let issuer = var("ISSUER", "http://127.0.0.1:8400");
    let reports = var("REPORTS", &format!("{issuer}/api/reports"));
    let http = Http::new();
    if let Ok(key) = env::var("API_KEY") {
        println!("with an API key: {}", call(&http, &reports, &key).await?);
        return Ok(());
    }
    let client = BasicClient::new(ClientId::new(var("CLIENT_ID", "nightly-report")))
        .set_client_secret(ClientSecret::new(var(
            "CLIENT_SECRET",
            "demo-secret-of-nightly-report-change-me",
        )))
        .set_token_uri(TokenUrl::new(format!("{issuer}/token"))?);
    let answer: BasicTokenResponse = client
        .exchange_client_credentials()
        .add_scope(Scope::new("report:*:read".to_owned()))
        .request_async(&http)
        .await?;
    // Keep it for as long as it lives: a token for each call would be a waste.
    let lifetime = answer.expires_in().unwrap_or(Duration::ZERO);
    println!("a token for {} s", lifetime.as_secs());
    println!("with it: {}", call(&http, &reports, answer.access_token().secret()).await?);
    Ok(())
}

/// A token and an API key are presented alike.
async fn call(http: &Http, address: &str, credential: &str) -> Result<String, Box<dyn Error>> {
    let answer = http.get(address, credential).await?;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    match answer.status().as_u16() {
        200 => Ok(text),
        status => Err(format!("{status}: {text}").into()),
    }
}

fn var(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
