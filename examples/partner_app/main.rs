//! A partner's app, on the crate `oauth2` and nothing of ours: it exports a user's chats through the
//! demo API, with their consent, and says what it sees when they take it back.
//!
//! ```text
//! $ cargo auth-server                       # the authorization server with its demo API
//! $ cargo partner-app                       # this; then open http://127.0.0.1:8500/
//! ```
//!
//! `ISSUER`, `LISTEN`, `CLIENT_ID` and `CLIENT_SECRET` say otherwise. What it holds ends with it: a
//! real app keeps refresh tokens encrypted, for each of its own users.

mod api;
mod http;
mod page;
mod visit;

use std::{env, error::Error, process::ExitCode, sync::Arc};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use self::{api::Partner, visit::Visits};

struct App {
    partner: Partner,
    visits: Visits,
}

#[tokio::main]
async fn main() -> ExitCode {
    // What it says, and not its `Debug`, which `main` would print of an error it returns.
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("partner_app: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let listen = var("LISTEN", "127.0.0.1:8500");
    let redirect = format!("http://{listen}/callback");
    let partner = Partner::new(
        &var("ISSUER", "http://127.0.0.1:8400"),
        &var("CLIENT_ID", "chat-export"),
        &var("CLIENT_SECRET", "demo-secret-of-chat-export-change-me"),
        &redirect,
    )?;
    let app = Arc::new(App { partner, visits: Visits::default() });
    let router = Router::new()
        .route("/", get(home))
        .route("/connect", get(connect))
        .route("/callback", get(callback))
        .route("/export", get(export))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

fn var(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let connected = app.visits.of(&headers).is_some_and(|visit| visit.has_tokens());
    page::home(connected).into_response()
}

/// Sends the user to the authorization server, with what proves later that the answer is to this.
async fn connect(State(app): State<Arc<App>>) -> Response {
    let (url, begun) = app.partner.begin();
    let Ok(cookie) = app.visits.begin(begun) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

/// What the authorization server sends back with the user (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn callback(
    State(app): State<Arc<App>>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let Some(visit) = app.visits.of(&headers) else { return page::lost().into_response() };
    // Whose answer it is comes first: one of another server, or to another browser, is none.
    let Some(begun) = visit.answered(back.state.as_deref()) else {
        return page::lost().into_response();
    };
    if back.iss.as_deref() != Some(app.partner.issuer()) {
        return page::lost().into_response();
    }
    match (back.code, back.error) {
        (Some(code), None) => match app.partner.exchange(code, begun).await {
            Ok(tokens) => {
                visit.keep(tokens);
                Redirect::to("/").into_response()
            }
            Err(why) => page::failed(&why.to_string()).into_response(),
        },
        (_, Some(error)) if error == "access_denied" => page::denied().into_response(),
        (_, error) => page::failed(&error.unwrap_or_default()).into_response(),
    }
}

/// Fetches the user's chats. An access token that has expired is renewed; if that is refused the
/// user has cut the app off, and it forgets what it holds.
async fn export(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(visit) = app.visits.of(&headers) else { return page::lost().into_response() };
    let Some(tokens) = visit.tokens() else { return Redirect::to("/").into_response() };
    match app.partner.chats(tokens).await {
        Ok((chats, tokens)) => {
            visit.keep(tokens);
            page::chats(&chats).into_response()
        }
        Err(api::ApiError::CutOff) => {
            visit.forget();
            (StatusCode::FORBIDDEN, page::cut_off()).into_response()
        }
        Err(why) => (StatusCode::BAD_GATEWAY, page::failed(&why.to_string())).into_response(),
    }
}
