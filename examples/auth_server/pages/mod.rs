//! THE PAGES: sign-in, consent, sessions and apps, and what went wrong.
//! Must not know how a request is decided, and writes no text but through `maud`, which escapes it.

mod account;
mod consent;
mod sign_in;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use maud::{DOCTYPE, Markup, html};

pub(crate) use self::{
    account::{Account, App, SignIn},
    consent::Consent,
    sign_in::SignInForm,
};

pub(crate) const STYLE: &str = include_str!("style.css");

/// What all pages have in common.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// What this server is called.
    pub(crate) name: String,
    /// The path of the issuer, before every path of ours.
    pub(crate) base: String,
}

/// A page with its status.
#[must_use]
pub(crate) struct Page {
    status: StatusCode,
    html: String,
    /// Where else its forms may lead: browsers check redirects, too.
    form_targets: String,
}

impl Look {
    /// A page around these parts.
    fn page(&self, title: &str, body: &Markup) -> Page {
        let html = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · " (self.name) }
                    link rel="stylesheet" href={ (self.base) "/style.css" };
                    link rel="icon" href="data:,";
                }
                body {
                    header { p class="brand" { (self.name) } }
                    main { h1 { (title) } (body) }
                }
            }
        };
        Page { status: StatusCode::OK, html: html.into_string(), form_targets: String::new() }
    }

    /// A page that says one thing.
    pub(crate) fn message(&self, status: StatusCode, title: &str, text: &str) -> Page {
        let body = html! {
            p { (text) }
            p { a href={ (self.base) "/account" } { "Your sign-ins and apps" } }
        };
        self.page(title, &body).status(status)
    }

    /// An application's request that cannot go on.
    pub(crate) fn app_error(&self, status: StatusCode, error: &str, description: &str) -> Page {
        let body = html! {
            p { "The app that you come from has sent something that we cannot answer." }
            p class="aside" { (description) " " code { (error) } }
            p { a href={ (self.base) "/account" } { "Your sign-ins and apps" } }
        };
        self.page("This did not work", &body).status(status)
    }

    /// What nobody signed in sees first.
    pub(crate) fn home(&self) -> Page {
        let body = html! {
            p { "Here you sign in, and decide which apps may act for you." }
            p { a class="button" href={ (self.base) "/sign-in" } { "Sign in" } }
        };
        self.page("Welcome", &body)
    }
}

impl Page {
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Lets its forms end up at these addresses of an application.
    pub(crate) fn leads_to<'u>(mut self, uris: impl IntoIterator<Item = &'u str>) -> Self {
        for source in uris.into_iter().filter_map(source) {
            self.form_targets.push(' ');
            self.form_targets.push_str(&source);
        }
        self
    }

    pub(crate) fn into_parts(self) -> (StatusCode, Vec<(HeaderName, String)>, String) {
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'{}",
            self.form_targets
        );
        let headers = vec![
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_FRAME_OPTIONS, "DENY".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            // `no-referrer` would hide the origin of our own forms from us.
            (header::REFERRER_POLICY, "same-origin".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        (self.status, headers, self.html)
    }

    pub(crate) fn into_response(self) -> Response {
        let (status, headers, html) = self.into_parts();
        let mut response = (status, Html(html)).into_response();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                let _ = response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The origin of an address as a source of a content security policy, without anything that could
/// end the directive.
fn source(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let is_plain =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.:[]".contains(&b));
    if !is_plain(scheme) {
        return None;
    }
    let Some(rest) = rest.strip_prefix("//").filter(|_| matches!(scheme, "http" | "https")) else {
        return Some(format!("{scheme}:"));
    };
    let host = rest.split(['/', '?', '#']).next().filter(|host| is_plain(host))?;
    // On loopback the port may vary (RFC 8252 §7.3).
    match scheme {
        "http" if !host.contains("]:") && host.split(':').count() == 1 => {
            Some(format!("http://{host}:*"))
        }
        _ => Some(format!("{scheme}://{host}")),
    }
}
