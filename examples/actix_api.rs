//! The invoices API of `axum_api` on actix-web.
//!
//! ```text
//! $ cargo run --example actix_api --features actix,tokio &
//! listening on http://127.0.0.1:3001
//! $ field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
//! $ JSON='Content-Type: application/json'
//! $ LOGIN=$(curl -s localhost:3001/login -H "$JSON" -d '{"user":"ada","password":"secret"}')
//! $ echo "$LOGIN"
//! {"access_token":"eyJ…","token_type":"Bearer","expires_in":599,"refresh_token":"hp_rt_…","scope":"…"}
//! $ ACCESS=$(echo "$LOGIN" | field access_token)
//! $ REFRESH=$(echo "$LOGIN" | field refresh_token)
//! $ curl -i localhost:3001/invoices                                            # 401: WWW-Authenticate: Bearer
//! $ curl -i localhost:3001/invoices/7 -H "Authorization: Bearer $ACCESS"       # 200: ada may, bob may only this one
//! $ curl -i -X POST localhost:3001/invoices/7 -H "Authorization: Bearer $ACCESS"         # 200: she may write, too
//! $ KEY=$(curl -s -X POST localhost:3001/api-keys -H "Authorization: Bearer $ACCESS" | field api_key)
//! $ curl -i localhost:3001/invoices -H "X-API-Key: $KEY"                       # 200: a script's key may read
//! $ curl -i -X POST localhost:3001/invoices/7 -H "X-API-Key: $KEY"             # 403: and nothing else
//! $ curl -i "localhost:3001/sessions?user=ada" -H "Authorization: Bearer $ACCESS"        # 200: ada is an administrator
//! $ NEXT=$(curl -s localhost:3001/refresh -H "$JSON" -d "{\"refresh_token\":\"$REFRESH\"}" | field refresh_token)
//! $ curl -i localhost:3001/logout -H "$JSON" -d "{\"refresh_token\":\"$NEXT\"}"        # 204
//! $ curl -i localhost:3001/invoices/7 -H "Authorization: Bearer $ACCESS"       # 401: the session has ended
//! ```

use std::{env, error::Error, net::TcpListener};

use actix_web::{
    App, HttpResponse, HttpServer,
    error::{ErrorBadRequest, ErrorServiceUnavailable},
    web::{self, Data, Json, Path, Query},
};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Scope, SigningKey, Verified,
    authority::Issued,
    id::Subject,
    web::{Guard, Reason, Refusal, RequireScope, Scoped, Source},
};
use serde::Deserialize;
use serde_json::{Value, json};

hallpass::guard!(ReadInvoices = "invoice:*:read");
hallpass::guard!(ListSessions = "session:*:list");

fn main() -> Result<(), Box<dyn Error>> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
        .store(MemoryStore::new())
        .build()?;
    authority.ready().await?;
    let _maintenance = authority.spawn_maintenance();
    let guard = Guard::new(authority.verifier()).also(Source::header("X-API-Key"));
    let read_one = RequireScope::new("invoice:{id}:read")?;
    let write_one = RequireScope::new("invoice:{id}:write")?;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3001".to_owned());
    let listener = TcpListener::bind(listen)?;
    println!("listening on http://{}", listener.local_addr()?);
    let server = HttpServer::new(move || {
        let one = web::resource("/invoices/{id}")
            .route(web::get().to(show).wrap(read_one.clone()))
            .route(web::post().to(change).wrap(write_one.clone()));
        let guarded = web::scope("")
            .wrap(guard.clone())
            .route("/invoices", web::get().to(list))
            .service(one)
            .route("/sessions", web::get().to(sessions))
            .route("/api-keys", web::post().to(make_api_key));
        App::new()
            .app_data(Data::new(authority.clone()))
            .route("/login", web::post().to(login))
            .route("/refresh", web::post().to(refresh))
            .route("/logout", web::post().to(logout))
            .service(guarded)
    });
    server.workers(2).listen(listener)?.run().await?;
    Ok(())
}

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}

/// A stub: yours asks the users' database.
async fn login(authority: Data<Authority>, login: Json<Login>) -> Result<Issued, Refusal> {
    let scope = match (login.user.as_str(), login.password.as_str()) {
        ("ada", "secret") => hallpass::scope!("invoice:*:*", "session:*:list"),
        ("bob", "secret") => hallpass::scope!("invoice:7:read"),
        _ => return Err(WRONG_PASSWORD),
    };
    Ok(authority.issue(Grant::new(&login.user, scope).client("web")).await?)
}

const WRONG_PASSWORD: Refusal =
    Refusal::new(Reason::Grant { error: "invalid_grant", description: "wrong user or password" });

#[derive(Deserialize)]
struct Presented {
    refresh_token: String,
}

async fn refresh(
    authority: Data<Authority>,
    presented: Json<Presented>,
) -> Result<Issued, Refusal> {
    Ok(authority.refresh(&presented.refresh_token).await?)
}

async fn logout(
    authority: Data<Authority>,
    presented: Json<Presented>,
) -> Result<HttpResponse, Refusal> {
    let _ = authority.revoke(&presented.refresh_token).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn list(who: Scoped<ReadInvoices>) -> Json<Value> {
    Json(json!({ "invoices": [7, 8], "for": who.subject() }))
}

async fn show(who: Verified, id: Path<String>) -> Json<Value> {
    Json(json!({ "invoice": *id, "for": who.subject() }))
}

async fn change(who: Verified, id: Path<String>) -> Json<Value> {
    Json(json!({ "changed": *id, "by": who.subject() }))
}

#[derive(Deserialize)]
struct OfUser {
    user: String,
}

/// For administrators: who is signed in as this user.
async fn sessions(
    authority: Data<Authority>,
    _admin: Scoped<ListSessions>,
    of: Query<OfUser>,
) -> actix_web::Result<Json<Value>> {
    let subject = Subject::parse(&of.user).map_err(ErrorBadRequest)?;
    let sessions = authority.list_sessions(&subject, None, 100).await;
    let sessions = sessions.map_err(|_| ErrorServiceUnavailable("try again"))?;
    let ids: Vec<String> = sessions.iter().map(|session| session.id.to_string()).collect();
    Ok(Json(json!({ "sessions": ids })))
}

/// A key for a script: it may read what its maker may read, and nothing else.
async fn make_api_key(authority: Data<Authority>, who: Verified) -> Result<Json<Value>, Refusal> {
    let readable: Scope = hallpass::scope!("invoice:*:read");
    let Ok(scope) = who.scope().to_scope().meet(&readable) else {
        return Err(Refusal::forbidden("nothing that a key could do"));
    };
    let grant = Grant::new(who.subject(), scope).client("script");
    let issued = authority.issue_api_key(grant, "a script", None).await?;
    Ok(Json(json!({ "api_key": issued.api_key().expose_secret() })))
}
