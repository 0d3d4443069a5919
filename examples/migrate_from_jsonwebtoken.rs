//! A service that handed out HS256 tokens by hand, on `jsonwebtoken` or the like, and changes
//! over: the tokens that are out there keep working until a day that it names, new logins get new
//! tokens, and handlers see no difference.
//!
//! ```text
//! $ cargo run --example migrate_from_jsonwebtoken --features axum,tokio &
//! listening on http://127.0.0.1:3002
//! $ field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
//! $ OLD=$(curl -s localhost:3002/old-login)                        # as the service made them before
//! $ NEW=$(curl -s localhost:3002/login | field access_token)       # as it makes them now
//! $ curl -i localhost:3002/me -H "Authorization: Bearer $OLD"      # 200: both work
//! $ curl -i localhost:3002/me -H "Authorization: Bearer $NEW"      # 200
//! $ curl -i localhost:3002/me -H "Authorization: Bearer ${OLD%?}"  # 401: a character is missing
//! ```

use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Router, extract::State, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, SigningKey, Timestamp, Verified, Verifier,
    authority::Issued,
    key::VerifyingKeys,
    verifier::RelaxedProfile,
    web::{Guard, Refusal},
};
use serde_json::json;

const OLD_ISSUER: &str = "invoices";
const OLD_SECRET: &[u8] = b"the secret that the service has had for years";
const HERE: &str = "https://api.example.com";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::generate(Algorithm::EdDSA)?;
    let public = key.verifying_key();
    let store = Arc::new(MemoryStore::new());
    let authority = Authority::builder("https://auth.example.com")
        .audience(HERE)
        .signing_key(key)
        .store(Arc::clone(&store))
        .build()?;
    authority.ready().await?;
    let _maintenance = authority.spawn_maintenance();

    // The last old token was made today and lives for a day, so this need not last longer.
    let a_day = Duration::from_secs(24 * 60 * 60);
    let old_key = SigningKey::hmac(Algorithm::HS256, OLD_SECRET)?.verifying_key();
    let until = Timestamp::from_system_time(SystemTime::now() + a_day);
    let old = RelaxedProfile::new(OLD_ISSUER, VerifyingKeys::new([old_key])?, until, a_day);
    let verifier = Verifier::builder("https://auth.example.com")
        .audience(HERE)
        .key(public)
        .relaxed(old)
        .revocations(store)
        .build()?;
    verifier.ready().await?;

    let app = Router::new()
        .route("/me", get(me))
        .layer(Guard::new(verifier))
        .route("/login", get(login))
        .route("/old-login", get(old_login))
        .with_state(authority);
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3002".to_owned());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// The same handler for both.
async fn me(who: Verified) -> String {
    format!("{} may {}", who.subject(), who.scope().as_str())
}

async fn login(State(authority): State<Authority>) -> Result<Issued, Refusal> {
    let scope = hallpass::scope!("invoice:*:read");
    Ok(authority.issue(Grant::new("ada", scope).client("web")).await?)
}

/// What the service did before, without this crate: a JWT with a shared secret.
async fn old_login() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let claims = json!({
        "iss": OLD_ISSUER, "aud": HERE, "sub": "ada", "scope": "invoice:*:read",
        "iat": now.as_secs(), "exp": now.as_secs() + 3600,
    });
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let input = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, OLD_SECRET);
    let signature = ring::hmac::sign(&key, input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}
