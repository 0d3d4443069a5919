//! A small invoices API on axum: login, refresh, logout, scopes with ids, an admin's route, and an
//! API key for a script.
//!
//! ```text
//! $ cargo run --example axum_api --features axum,sqlite &
//! listening on http://127.0.0.1:3000
//! $ field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
//! $ JSON='Content-Type: application/json'
//! $ LOGIN=$(curl -s localhost:3000/login -H "$JSON" -d '{"user":"ada","password":"secret"}')
//! $ echo "$LOGIN"
//! {"access_token":"eyJ…","token_type":"Bearer","expires_in":599,"refresh_token":"hp_rt_…","scope":"…"}
//! $ ACCESS=$(echo "$LOGIN" | field access_token)
//! $ REFRESH=$(echo "$LOGIN" | field refresh_token)
//! $ curl -i localhost:3000/invoices                                            # 401: WWW-Authenticate: Bearer
//! $ curl -i localhost:3000/invoices/7 -H "Authorization: Bearer $ACCESS"       # 200: ada may, bob may only this one
//! $ curl -i -X POST localhost:3000/invoices/7 -H "Authorization: Bearer $ACCESS"         # 200: she may write, too
//! $ KEY=$(curl -s -X POST localhost:3000/api-keys -H "Authorization: Bearer $ACCESS" | field api_key)
//! $ curl -i localhost:3000/invoices -H "X-API-Key: $KEY"                       # 200: a script's key may read
//! $ curl -i -X POST localhost:3000/invoices/7 -H "X-API-Key: $KEY"             # 403: and nothing else
//! $ curl -i "localhost:3000/sessions?user=ada" -H "Authorization: Bearer $ACCESS"        # 200: ada is an administrator
//! $ NEXT=$(curl -s localhost:3000/refresh -H "$JSON" -d "{\"refresh_token\":\"$REFRESH\"}" | field refresh_token)
//! $ curl -i localhost:3000/logout -H "$JSON" -d "{\"refresh_token\":\"$NEXT\"}"        # 204
//! $ curl -i localhost:3000/invoices/7 -H "Authorization: Bearer $ACCESS"       # 401: the session has ended
//! ```
//!
//! What it remembers ends with it, unless `TOKENS_DB` names a SQLite file. Then `SIGNING_KEY`
//! names a PEM file (`openssl genpkey -algorithm ed25519 -out key.pem`) and `HALLPASS_SECRET` is
//! a secret (`openssl rand -base64 32`), and several processes may share all three.

use std::{env, error::Error, fs, process::ExitCode};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Scope, SigningKey, Verified,
    authority::Issued,
    id::Subject,
    secret::MasterSecret,
    store::SqliteStore,
    web::{Guard, Reason, Refusal, RequireScope, Scoped, Source},
};
use serde::Deserialize;
use serde_json::{Value, json};

hallpass::guard!(ReadInvoices = "invoice:*:read");
hallpass::guard!(ListSessions = "session:*:list");

#[tokio::main]
async fn main() -> ExitCode {
    // What it says, and not its `Debug`, which `main` would print of an error it returns.
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("axum_api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let authority = authority().await?;
    authority.ready().await?;
    let _maintenance = authority.spawn_maintenance();
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router(authority)?).await?;
    Ok(())
}

async fn authority() -> Result<Authority, Box<dyn Error>> {
    let builder =
        Authority::builder("https://auth.example.com").audience("https://api.example.com");
    Ok(match env::var_os("TOKENS_DB") {
        None => builder
            .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
            .store(MemoryStore::new())
            .build()?,
        Some(file) => {
            let key = env::var("SIGNING_KEY").map_err(|_| "SIGNING_KEY names no file")?;
            let pem = fs::read_to_string(&key).map_err(|why| format!("{key}: {why}"))?;
            builder
                .signing_key(SigningKey::from_pem(Algorithm::EdDSA, &pem)?)
                .store(SqliteStore::open(file).await?)
                .master_secret(MasterSecret::from_env("HALLPASS_SECRET")?)
                .build()?
        }
    })
}

fn router(authority: Authority) -> Result<Router, Box<dyn Error>> {
    let guard = Guard::new(authority.verifier()).also(Source::header("X-API-Key"));
    let read_one = RequireScope::new("invoice:{id}:read")?;
    let write_one = RequireScope::new("invoice:{id}:write")?;
    let guarded = Router::new()
        .route("/invoices", get(list))
        .route("/invoices/{id}", get(show).route_layer(read_one))
        .route("/invoices/{id}", post(change).route_layer(write_one))
        .route("/sessions", get(sessions))
        .route("/api-keys", post(make_api_key))
        .layer(guard);
    Ok(Router::new()
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .route("/logout", post(logout))
        .merge(guarded)
        .with_state(authority))
}

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}

/// A stub: yours asks the users' database.
async fn login(
    State(authority): State<Authority>,
    Json(login): Json<Login>,
) -> Result<Issued, Refusal> {
    let scope = match (login.user.as_str(), login.password.as_str()) {
        ("ada", "secret") => hallpass::scope!("invoice:*:*", "session:*:list"),
        ("bob", "secret") => hallpass::scope!("invoice:7:read"),
        _ => return Err(WRONG_PASSWORD),
    };
    Ok(authority.issue(Grant::new(login.user, scope).client("web")).await?)
}

const WRONG_PASSWORD: Refusal =
    Refusal::new(Reason::Grant { error: "invalid_grant", description: "wrong user or password" });

#[derive(Deserialize)]
struct Presented {
    refresh_token: String,
}

async fn refresh(
    State(authority): State<Authority>,
    Json(presented): Json<Presented>,
) -> Result<Issued, Refusal> {
    Ok(authority.refresh(&presented.refresh_token).await?)
}

async fn logout(
    State(authority): State<Authority>,
    Json(presented): Json<Presented>,
) -> Result<StatusCode, Refusal> {
    let _ = authority.revoke(&presented.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(who: Scoped<ReadInvoices>) -> Json<Value> {
    Json(json!({ "invoices": [7, 8], "for": who.subject() }))
}

async fn show(who: Verified, Path(id): Path<String>) -> Json<Value> {
    Json(json!({ "invoice": id, "for": who.subject() }))
}

async fn change(who: Verified, Path(id): Path<String>) -> Json<Value> {
    Json(json!({ "changed": id, "by": who.subject() }))
}

#[derive(Deserialize)]
struct OfUser {
    user: String,
}

/// For administrators: who is signed in as this user.
async fn sessions(
    State(authority): State<Authority>,
    _admin: Scoped<ListSessions>,
    Query(of): Query<OfUser>,
) -> Result<Json<Value>, StatusCode> {
    let subject = Subject::parse(&of.user).map_err(|_| StatusCode::BAD_REQUEST)?;
    let sessions = authority.list_sessions(&subject, None, 100).await;
    let sessions = sessions.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let ids: Vec<String> = sessions.iter().map(|session| session.id.to_string()).collect();
    Ok(Json(json!({ "sessions": ids })))
}

/// A key for a script: it may read what its maker may read, and nothing else.
async fn make_api_key(
    State(authority): State<Authority>,
    who: Verified,
) -> Result<Json<Value>, Refusal> {
    let readable: Scope = hallpass::scope!("invoice:*:read");
    let Ok(scope) = who.scope().to_scope().meet(&readable) else {
        return Err(Refusal::forbidden("nothing that a key could do"));
    };
    let grant = Grant::new(who.subject(), scope).client("script");
    let issued = authority.issue_api_key(grant, "a script", None).await?;
    Ok(Json(json!({ "api_key": issued.api_key().expose_secret() })))
}
