//! WHAT BROWSERS DO HERE: sign in and out, see and end what they have.
//! Must not know OAuth.

mod account;
mod cookie;
mod form;
mod form_token;
mod limit;
mod sign_in;
mod who;

pub(crate) use self::{
    cookie::{Cookie, Cookies},
    form_token::FormTokens,
    limit::SignInLimiter,
    who::Who,
};

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};

use crate::{
    app::{App, say, told},
    pages::{Page, STYLE},
};

/// The pages at their paths below the issuer's.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLE)))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/account", get(account::show))
        .route("/account/withdraw", post(account::withdraw))
        .route("/account/end", post(account::end))
        .route("/account/everywhere", post(account::everywhere))
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.who(&headers).await {
        Ok(Who::Known(_)) => redirect(&format!("{}/account", app.look.base)),
        Ok(Who::Nobody) => app.look.home().into_response(),
        Err(page) => page.into_response(),
    }
}

/// 303: the next request is a GET, whatever this one was.
pub(crate) fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store")])
        .into_response()
}

impl App {
    /// The store cannot be asked.
    pub(crate) fn unwell(&self, error: &dyn std::error::Error) -> Page {
        say(&format!("unavailable: {}", told(error)));
        let text = "We cannot answer at the moment. Please try again in a minute.";
        self.look.message(StatusCode::SERVICE_UNAVAILABLE, "Not available", text)
    }

    /// A form that is not ours, or too old.
    pub(crate) fn stale_form(&self) -> Page {
        let text = "This form was open for too long, or did not come from here. Please go back and try again.";
        self.look.message(StatusCode::FORBIDDEN, "Please try again", text)
    }
}
