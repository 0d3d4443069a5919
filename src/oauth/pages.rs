//! Knows what pages show to people, and the plain pages that need no host.
//! Must not know what follows from what people answer.

use std::fmt::{self, Debug};

use super::describe::Asked;
use crate::{authority::Client, id::Audience, web::Answer};

/// What the consent page shows, and what its form must send.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// # #[derive(Debug)] struct House;
/// # #[async_trait::async_trait]
/// impl Host for House {
/// #     async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
/// #         let ada = Subject::parse("ada").map_err(HostError::new)?;
/// #         Ok(Some(SignedIn::new(ada, Timestamp::from_unix_seconds(1_700_000_000))))
/// #     }
/// #     async fn sign_in(&self, _: &SignIn<'_>) -> Answer { Answer::see_other("/login") }
///     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
///         let boxes = page.asked.iter().map(|asked| {
///             format!(r#"<input type="checkbox" name="scope" value="{}" checked>"#, asked.item())
///         });
///         Answer::html(200, format!(
///             r#"<form method="post" action="{}"><input type="hidden" name="ticket" value="{}">
///             {} <button name="decision" value="allow_selected">Allow these</button></form>"#,
///             page.action, page.ticket, boxes.collect::<String>(),
///         ))
///     }
///     // …
/// #     async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
/// #         Ok(Vec::new())
/// #     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = Client::public("app").name("Books").scope("invoice:*:read".parse()?)
/// #     .redirect_uri("https://app.example.com/cb").grant(GrantType::AuthorizationCode);
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).client(app).build()?;
/// # let server = AuthorizationServer::builder(authority).host(House).build()?;
/// # let start = "/authorize?response_type=code&client_id=app&scope=invoice:7:read\
/// #     &code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
///
/// let page = server.authorize(&Request::new(RequestHead::new("GET", start))).await;
/// assert!(page.body().contains(r#"action="/authorize/decision""#));
/// assert!(page.body().contains(r#"value="invoice:7:read" checked"#));
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct ConsentPage<'a> {
    /// The application that asks: its name, whether it is of the same house.
    pub client: &'a Client,
    /// Where the user will be sent: the host of an address, or the name of an app's own scheme.
    /// People can recognise it where a name can be copied.
    pub redirect_host: &'a str,
    /// What it asks for.
    pub asked: &'a [Asked],
    /// The services at which it gets that: those that it has named (`resource`, RFC 8707 §2), or
    /// else all that it may have tokens for.
    pub audiences: &'a [Audience],
    /// Where the form goes by POST.
    pub action: &'a str,
    /// What the form sends as `ticket`. It stands for the request and the user, cannot be
    /// forged, and works once, for ten minutes: no other site can send the form.
    pub ticket: &'a str,
    /// The languages that the user reads, the first as preferred (`ui_locales`).
    pub ui_locales: Option<&'a str>,
}

/// A request that cannot go on, and that no application is told of.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// # #[derive(Debug)] struct House;
/// # #[async_trait::async_trait]
/// impl Host for House {
/// #     async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
/// #         Ok(None)
/// #     }
/// #     async fn sign_in(&self, _: &SignIn<'_>) -> Answer { Answer::see_other("/login") }
/// #     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer { page.plain() }
/// #     async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
/// #         Ok(Vec::new())
/// #     }
///     async fn error_page(&self, page: &ErrorPage<'_>) -> Answer {
///         Answer::html(page.status, format!("<h1>Not possible</h1>{}", page.description))
///     }
///     // …
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = Client::public("app").name("Books").scope("invoice:*:read".parse()?)
/// #     .redirect_uri("https://app.example.com/cb").grant(GrantType::AuthorizationCode);
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).client(app).build()?;
/// # let server = AuthorizationServer::builder(authority).host(House).build()?;
///
/// // Nobody is sent to an application that is not known.
/// let asked = RequestHead::new("GET", "/authorize?response_type=code&client_id=stranger");
/// let page = server.authorize(&Request::new(asked)).await;
/// assert_eq!((page.status(), page.header("location")), (400, None));
/// assert!(page.body().starts_with("<h1>Not possible</h1>"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ErrorPage<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The error code (RFC 6749 §4.1.2.1).
    pub error: &'a str,
    /// A fixed sentence for who builds the application.
    pub description: &'a str,
}

/// What the page shows that asks whether to sign out, and what its form must send.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// # #[derive(Debug)] struct House;
/// # #[async_trait::async_trait]
/// impl Host for House {
/// #     async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
/// #         let ada = Subject::parse("ada").map_err(HostError::new)?;
/// #         Ok(Some(SignedIn::new(ada, Timestamp::from_unix_seconds(1_700_000_000))))
/// #     }
/// #     async fn sign_in(&self, _: &SignIn<'_>) -> Answer { Answer::see_other("/login") }
/// #     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer { page.plain() }
/// #     async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
/// #         Ok(Vec::new())
/// #     }
///     async fn sign_out_page(&self, page: &SignOutPage<'_>) -> Answer {
///         Answer::html(200, format!(
///             r#"Leave? <form method="post" action="{}"><input type="hidden" name="ticket"
///             value="{}"><button>Sign out</button></form>"#,
///             page.action, page.ticket,
///         ))
///     }
///     // …
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = Client::public("app").name("Books").scope("invoice:*:read".parse()?)
/// #     .redirect_uri("https://app.example.com/cb").grant(GrantType::AuthorizationCode);
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).client(app).build()?;
/// # let server = AuthorizationServer::builder(authority).host(House).build()?;
///
/// // Any site can send a browser here, so the user is asked.
/// let page = server.end_session(&Request::new(RequestHead::new("GET", "/logout"))).await;
/// assert!(page.body().contains(r#"action="/logout""#));
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct SignOutPage<'a> {
    /// Where the form goes by POST.
    pub action: &'a str,
    /// What the form sends as `ticket`.
    pub ticket: &'a str,
    /// The application that the user comes from, if it says so.
    pub client: Option<&'a Client>,
}

impl Debug for ConsentPage<'_> {
    /// Without the ticket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsentPage")
            .field("client", &self.client.id())
            .field("redirect_host", &self.redirect_host)
            .field("asked", &self.asked)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

impl Debug for SignOutPage<'_> {
    /// Without the ticket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignOutPage")
            .field("client", &self.client.map(Client::id))
            .finish_non_exhaustive()
    }
}

impl ConsentPage<'_> {
    /// A plain page that works: all or nothing. A page of your own may also let people choose:
    /// it sends `decision=allow_selected`, and as `scope` each [`Asked::item`] that is ticked.
    pub fn plain(&self) -> Answer {
        let line = |asked: &Asked| {
            let known = if asked.is_given() { " (allowed before)" } else { "" };
            format!("<li>{}{known}</li>", escape(asked.text()))
        };
        let asked: String = self.asked.iter().map(line).collect();
        let services: Vec<_> =
            self.audiences.iter().map(|one| format!("<b>{}</b>", escape(one.as_str()))).collect();
        let form = form(
            self.action,
            self.ticket,
            "<button name=\"decision\" value=\"allow\">Allow</button> \
             <button name=\"decision\" value=\"deny\">Deny</button>",
        );
        html(
            200,
            "Allow access?",
            &format!(
                "<p><b>{}</b> asks to:</p><ul>{asked}</ul><p>This is for {}.</p>\
                 <p>You will be sent to <b>{}</b>.</p>{form}",
                escape(self.client.display_name()),
                services.join(", "),
                escape(self.redirect_host),
            ),
        )
    }
}

impl ErrorPage<'_> {
    /// A plain page that says it.
    pub fn plain(&self) -> Answer {
        let (error, description) = (escape(self.error), escape(self.description));
        let text = format!(
            "<p>The application you come from has sent a request that cannot be answered.</p>\
             <p>{description} (<code>{error}</code>)</p>"
        );
        html(self.status, "This did not work", &text)
    }
}

impl SignOutPage<'_> {
    /// A plain page that asks.
    pub fn plain(&self) -> Answer {
        let form = form(self.action, self.ticket, "<button>Sign out</button>");
        html(200, "Sign out?", &form)
    }
}

pub(super) fn signed_out() -> Answer {
    html(200, "Signed out", "<p>You are signed out.</p>")
}

fn form(action: &str, ticket: &str, buttons: &str) -> String {
    let (action, ticket) = (escape(action), escape(ticket));
    format!(
        "<form method=\"post\" action=\"{action}\">\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">{buttons}</form>"
    )
}

fn html(status: u16, title: &str, body: &str) -> Answer {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><h1>{title}</h1>{body}</html>"
    );
    Answer::html(status, page)
}

/// Text in HTML, in an element or between quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// What every page for people gets: no cache keeps it, no frame shows it (RFC 9700 §4.16), and
/// no address in it is told to others (RFC 9700 §4.2.4).
pub(super) fn guarded(answer: Answer) -> Answer {
    answer
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-frame-options", "DENY")
        .with_header("content-security-policy", "frame-ancestors 'none'")
        .with_header("x-content-type-options", "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(escape("a<b>&\"c'd"), "a&lt;b&gt;&amp;&quot;c&#39;d");
        let (error, description) = ("<script>", "\"onload='x'");
        let page = ErrorPage { status: 400, error, description }.plain();
        assert!(!page.body().contains("<script>") && !page.body().contains("\"onload"));
    }
}
