//! Knows how someone signs in and out.
//! Must not know what an application wanted of them; they are sent back to where that is decided.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use hallpass::{
    Grant,
    authority::{Client, Issued},
    clock::Clock as _,
    id::ClientId,
    scope::Scope,
};
use serde::Deserialize;

use super::{cookie::Cookie, form::Fields, redirect};
use crate::{
    app::{App, SIGN_IN_SCOPE},
    config::{SIGN_IN, User},
    pages::SignInForm,
    serve::PeerAddress,
};

/// Where to go on after signing in.
#[derive(Debug, Deserialize)]
pub(super) struct ReturnTo {
    #[serde(default)]
    return_to: String,
    /// Who the application thinks the user is.
    #[serde(default)]
    name: String,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(query): Query<ReturnTo>,
    headers: HeaderMap,
) -> Response {
    app.sign_in_page(&headers, &query.return_to, &query.name, None).await
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    Extension(PeerAddress(peer)): Extension<PeerAddress>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let (name, return_to) = (fields.get("name"), fields.get("return_to"));
    if !app.form_tokens.is_ours(&app.cookies, &headers, fields.get("form_token")) {
        return app.stale_form().into_response();
    }
    let attempt = match app.limiter.attempt(name, &peer) {
        Ok(attempt) => attempt,
        Err(wait) => {
            let says = "That was too often. Please wait a few minutes and try again.";
            let mut page = app.sign_in_page(&headers, return_to, name, Some(says)).await;
            *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let wait = HeaderValue::from(wait.as_secs().max(1));
            let _ = page.headers_mut().insert(header::RETRY_AFTER, wait);
            return page;
        }
    };
    let user = app.config.users.iter().find(|user| user.name == name);
    let hash = user.map(|user| user.password_hash.as_str());
    let is_right = app.passwords.check(fields.get("password").to_owned(), hash).await;
    let Some(user) = user.filter(|_| is_right) else {
        let says = "The user name or the password is wrong.";
        let mut page = app.sign_in_page(&headers, return_to, name, Some(says)).await;
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return page;
    };
    app.limiter.was_right(attempt);
    match app.open_session(user, &headers).await {
        Ok(issued) => {
            // Whoever was signed in at this browser before is not any more.
            if let Some(old) = app.cookies.read(Cookie::Session, &headers) {
                let _ = app.authority.revoke(old).await;
            }
            let mut response = redirect(&app.local(return_to));
            let session = issued.refresh_token().expose_secret();
            put(&mut response, app.cookies.set(Cookie::Session, session));
            // A form that was open before belongs to nobody any more.
            put(&mut response, app.cookies.clear(Cookie::Form));
            response
        }
        Err(page) => page.into_response(),
    }
}

pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    if !app.form_tokens.is_ours(&app.cookies, &headers, fields.get("form_token")) {
        return app.stale_form().into_response();
    }
    if let Some(session) = app.cookies.read(Cookie::Session, &headers)
        && let Err(error) = app.authority.revoke(session).await
    {
        return app.unwell(&error).into_response();
    }
    app.signed_out(&format!("{}/", app.look.base))
}

pub(crate) fn put(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        let _ = response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

impl App {
    /// On to here, with no cookie of ours left.
    pub(crate) fn signed_out(&self, to: &str) -> Response {
        let mut response = redirect(to);
        put(&mut response, self.cookies.clear(Cookie::Session));
        put(&mut response, self.cookies.clear(Cookie::Form));
        response
    }

    async fn open_session(
        &self,
        user: &User,
        headers: &HeaderMap,
    ) -> Result<Issued, crate::pages::Page> {
        let scope = Scope::parse(SIGN_IN_SCOPE).unwrap_or_default();
        let grant = Grant::new(&user.subject, scope)
            .client(SIGN_IN)
            .auth_time(self.clock.now())
            .amr(["pwd"])
            .label(&label(headers));
        self.authority.issue(grant).await.map_err(|error| self.unwell(&error))
    }

    /// The form, with the cookie that it is bound to.
    async fn sign_in_page(
        &self,
        headers: &HeaderMap,
        return_to: &str,
        name: &str,
        problem: Option<&str>,
    ) -> Response {
        let Ok((token, fresh)) = self.form_tokens.issue(&self.cookies, headers) else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        let return_to = self.local(return_to);
        let client = self.client_of(&return_to).await;
        let form = SignInForm {
            form_token: &token,
            return_to: &return_to,
            name,
            problem,
            app: client.as_deref().map(Client::display_name),
        };
        // Signing in may end at the application at once, if it had consent before.
        let targets = client.iter().flat_map(|client| client.redirect_uris());
        let page = self.look.sign_in(&form).leads_to(targets.map(String::as_str));
        let mut response = page.into_response();
        put(&mut response, fresh.and_then(|fresh| self.cookies.set(Cookie::Form, &fresh)));
        response
    }

    /// The application that an authorization request comes from.
    async fn client_of(&self, return_to: &str) -> Option<Arc<Client>> {
        let uri: Uri = return_to.parse().ok()?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
        let id = pairs.iter().find(|(name, _)| name == "client_id")?;
        self.authority.find_client(&ClientId::parse(&id.1).ok()?).await.ok()?
    }

    /// An address of ours to go on at; never another site's.
    fn local(&self, return_to: &str) -> String {
        let base = &self.look.base;
        let is_plain = return_to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let is_ours = ["/authorize?", "/logout?"].iter().any(|path| {
            return_to.strip_prefix(base.as_str()).is_some_and(|rest| rest.starts_with(path))
        });
        if is_plain && is_ours { return_to.to_owned() } else { format!("{base}/account") }
    }
}

/// What the list of sign-ins calls this browser.
fn label(headers: &HeaderMap) -> String {
    let agent =
        headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}
