//! Knows what someone has here, and how they end it.
//! Must not know how it looks.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use hallpass::{
    Timestamp,
    id::{ClientId, SessionId},
    store::SessionRecord,
};
use serde::Deserialize;

use super::{
    cookie::Cookie,
    form::Fields,
    redirect,
    sign_in::put,
    who::{SignedIn, Who},
};
use crate::{
    app::App,
    config::SIGN_IN,
    explain::explain,
    pages::{self, Account, Page, SignIn},
};

/// How much of each is shown.
const MOST: u32 = 200;

/// What was just done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(Done { done }): Query<Done>,
    headers: HeaderMap,
) -> Response {
    let who = match app.who(&headers).await {
        Ok(Who::Known(who)) => who,
        Ok(Who::Nobody) => return redirect(&format!("{}/sign-in", app.look.base)),
        Err(page) => return page.into_response(),
    };
    match app.account_page(&who, done.as_deref(), &headers).await {
        Ok(response) => response,
        Err(page) => page.into_response(),
    }
}

/// Takes a consent back; what the application holds ends with it.
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let who = match app.who_asks(&headers, &fields).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let Ok(client) = ClientId::parse(fields.get("client")) else {
        return app.stale_form().into_response();
    };
    if client.as_str() == SIGN_IN {
        return app.stale_form().into_response();
    }
    match app.authority.withdraw_consent(&who.subject, &client).await {
        Ok(_) => redirect(&format!("{}/account?done=withdrawn", app.look.base)),
        Err(error) => app.unwell(&error).into_response(),
    }
}

/// Ends one of one's own sign-ins.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let who = match app.who_asks(&headers, &fields).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let sessions = match app.authority.list_sessions(&who.subject, None, MOST).await {
        Ok(sessions) => sessions,
        Err(error) => return app.unwell(&error).into_response(),
    };
    let id = SessionId::parse(fields.get("session")).ok();
    let Some(session) = sessions.iter().find(|session| Some(session.id) == id) else {
        return redirect(&format!("{}/account", app.look.base));
    };
    match app.authority.end_session(&session.id).await {
        Ok(_) => redirect(&format!("{}/account?done=ended", app.look.base)),
        Err(error) => app.unwell(&error).into_response(),
    }
}

/// Ends all sessions of this person, here and at every application.
pub(super) async fn everywhere(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let who = match app.who_asks(&headers, &fields).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    match app.authority.sign_out_everywhere(&who.subject).await {
        Ok(_) => app.signed_out(&format!("{}/", app.look.base)),
        Err(error) => app.unwell(&error).into_response(),
    }
}

impl App {
    /// Who sends a form of ours.
    async fn who_asks(
        &self,
        headers: &HeaderMap,
        fields: &Fields,
    ) -> Result<SignedIn, Box<Response>> {
        if !self.form_tokens.is_ours(&self.cookies, headers, fields.get("form_token")) {
            return Err(Box::new(self.stale_form().into_response()));
        }
        match self.who(headers).await {
            Ok(Who::Known(who)) => Ok(who),
            Ok(Who::Nobody) => Err(Box::new(redirect(&format!("{}/sign-in", self.look.base)))),
            Err(page) => Err(Box::new(page.into_response())),
        }
    }

    async fn account_page(
        &self,
        who: &SignedIn,
        done: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Response, Page> {
        let sessions = self.authority.list_sessions(&who.subject, None, MOST).await;
        let sessions = sessions.map_err(|error| self.unwell(&error))?;
        let apps = self.apps(who, &sessions).await?;
        let sign_ins: Vec<SignIn> = sessions
            .iter()
            .filter(|session| session.client.as_str() == SIGN_IN && is_live(session))
            .map(|session| SignIn {
                id: session.id.to_string(),
                label: session.label.clone().unwrap_or_else(|| "A browser".to_owned()),
                since: date(session.id.born()),
                is_this: session.id == who.session,
            })
            .collect();
        let Ok((token, fresh)) = self.form_tokens.issue(&self.cookies, headers) else {
            return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
        };
        // What the page says is ours, whatever the address says.
        let done = match done {
            Some("withdrawn") => {
                Some("Access was taken away. The app can do nothing for you any more.")
            }
            Some("ended") => Some("That sign-in has ended."),
            _ => None,
        };
        let account = Account {
            form_token: &token,
            user: &who.display,
            apps: &apps,
            sign_ins: &sign_ins,
            done,
        };
        let mut response = self.look.account(&account).into_response();
        put(&mut response, fresh.and_then(|fresh| self.cookies.set(Cookie::Form, &fresh)));
        Ok(response)
    }

    /// The applications with consent, and those that hold sessions without one.
    async fn apps(
        &self,
        who: &SignedIn,
        sessions: &[SessionRecord],
    ) -> Result<Vec<pages::App>, Page> {
        let consents = self.authority.list_consents(&who.subject, None, MOST).await;
        let consents = consents.map_err(|error| self.unwell(&error))?;
        let mut apps: BTreeMap<ClientId, pages::App> = BTreeMap::new();
        for consent in consents {
            let mut app = self.app_of(&consent.client).await;
            app.permissions = explain(&consent.scope, &self.config.scopes);
            app.since = Some(date(consent.given_at));
            apps.insert(consent.client, app);
        }
        for session in sessions.iter().filter(|session| is_live(session)) {
            if session.client.as_str() == SIGN_IN {
                continue;
            }
            if !apps.contains_key(&session.client) {
                let mut app = self.app_of(&session.client).await;
                app.permissions = explain(&session.scope, &self.config.scopes);
                apps.insert(session.client.clone(), app);
            }
            if let Some(app) = apps.get_mut(&session.client) {
                app.sessions += 1;
            }
        }
        Ok(apps.into_values().collect())
    }

    async fn app_of(&self, id: &ClientId) -> pages::App {
        let known = self.authority.find_client(id).await.ok().flatten();
        let name = known.map_or_else(|| id.to_string(), |client| client.display_name().to_owned());
        let client = id.to_string();
        pages::App { client, name, permissions: Vec::new(), since: None, sessions: 0 }
    }
}

fn is_live(session: &SessionRecord) -> bool {
    session.state.ended.is_none()
}

/// A day, as in `22 November 2026`.
fn date(at: Timestamp) -> String {
    let seconds = i64::try_from(at.as_unix_millis() / 1000).unwrap_or_default();
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .map(|at| format!("{} {} {}", at.day(), at.month(), at.year()))
        .unwrap_or_default()
}
