//! Knows what the OAuth endpoints ask of this server: who is signed in, and how pages look.
//! Must not know OAuth beyond that.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hallpass::{
    oauth::{ConsentPage, ErrorPage, Host, HostError, SignIn, SignOutPage, SignedIn},
    scope::Scope,
    web::{Answer, RequestHead},
};

use crate::{
    app::App,
    browser::Cookie,
    explain::{Explained, explain},
    pages::{Consent, Page},
};

/// The pages and the sign-in, as the library wants them.
#[derive(Debug)]
pub(crate) struct Pages(pub(crate) Arc<App>);

#[async_trait]
impl Host for Pages {
    async fn user(&self, head: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
        let headers = cookies(head);
        let Some(cookie) = self.0.cookies.read(Cookie::Session, &headers) else { return Ok(None) };
        let who = self.0.signed_in(cookie).await.map_err(HostError::new)?;
        Ok(who.map(|who| SignedIn::new(who.subject, who.at).amr(["pwd"])))
    }

    async fn sign_in(&self, interaction: &SignIn<'_>) -> Answer {
        let query = [("return_to", interaction.return_to)];
        let hint = interaction.login_hint.map(|hint| ("name", hint));
        let query = query.into_iter().chain(hint).fold(String::new(), |query, (name, value)| {
            let separator = if query.is_empty() { '?' } else { '&' };
            format!("{query}{separator}{name}={}", encoded(value))
        });
        Answer::see_other(&format!("{}/sign-in{query}", self.0.look.base))
    }

    async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
        let explained = |given: bool| -> Vec<Explained> {
            page.asked
                .iter()
                .filter(|asked| asked.is_given() == given)
                .filter_map(|asked| Scope::parse(asked.item()).ok())
                .flat_map(|scope| explain(&scope, &self.0.config.scopes))
                .collect()
        };
        let consent = Consent {
            action: page.action,
            ticket: page.ticket,
            app: page.client.display_name(),
            returns_to: page.redirect_host,
            asked: &explained(false),
            services: page.audiences,
            had: &explained(true),
        };
        let targets = page.client.redirect_uris().iter().map(String::as_str);
        answer(self.0.look.consent(&consent).leads_to(targets))
    }

    async fn sign_out(&self, head: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
        let headers = cookies(head);
        if let Some(cookie) = self.0.cookies.read(Cookie::Session, &headers) {
            let _ = self.0.authority.revoke(cookie).await.map_err(HostError::new)?;
        }
        let cleared = [Cookie::Session, Cookie::Form].map(|cookie| self.0.cookies.clear(cookie));
        let text = |value: HeaderValue| value.to_str().ok().map(str::to_owned);
        Ok(cleared.into_iter().flatten().filter_map(text).collect())
    }

    async fn error_page(&self, page: &ErrorPage<'_>) -> Answer {
        let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::BAD_REQUEST);
        answer(self.0.look.app_error(status, page.error, page.description))
    }

    async fn sign_out_page(&self, page: &SignOutPage<'_>) -> Answer {
        let app = page.client.map(|client| client.display_name());
        let targets = page.client.iter().flat_map(|client| client.post_logout_redirect_uris());
        let page = self.0.look.sign_out(page.action, page.ticket, app);
        answer(page.leads_to(targets.map(String::as_str)))
    }

    async fn signed_out_page(&self) -> Answer {
        answer(self.0.look.message(StatusCode::OK, "Signed out", "You are signed out here."))
    }
}

/// The cookies of a request.
fn cookies(head: &RequestHead<'_>) -> HeaderMap {
    let name = HeaderName::from_static("cookie");
    let values = head.values("cookie").filter_map(|value| HeaderValue::from_bytes(value).ok());
    values.map(|value| (name.clone(), value)).collect()
}

fn answer(page: Page) -> Answer {
    let (status, headers, html) = page.into_parts();
    headers.iter().fold(Answer::html(status.as_u16(), html), |answer, (name, value)| {
        answer.and_header(name.as_str(), value)
    })
}

/// A value in a query.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            text + &char::from(byte).to_string()
        }
        byte => format!("{text}%{byte:02X}"),
    })
}
