//! Knows the bytes of a refusal: status, headers and body, the same for every framework.
//! Must not know how a framework sends them.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use serde::Serialize;

use super::{Reason, Refusal, challenge::Challenge};

/// How long a client should wait when we cannot decide, in seconds.
const RETRY_AFTER: &str = "1";

/// A response as plain data.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// // A framework without an adapter: the guard decides, and you send what it says.
/// let refusal = guard.check(&RequestHead::new("GET", "/invoices")).await.unwrap_err();
/// let (status, headers, body) = guard.answer(&refusal, None).into_parts();
/// assert_eq!(status, 401);
/// assert!(headers.contains(&("www-authenticate".to_owned(), "Bearer".to_owned())));
/// assert!(body.contains(r#""error":"missing_token""#));
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The headers: names in lower case, values of visible ASCII.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one header, its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Status, headers and body, to send them.
    #[must_use]
    pub fn into_parts(self) -> (u16, Vec<(String, String)>, String) {
        (self.status, self.headers, self.body)
    }

    /// An answer with a JSON body and no other header than its type.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        Self::text(status, "application/json", to_json(body))
    }

    /// An answer with this body.
    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self::empty(status).with_header("content-type", content_type).with_body(body)
    }

    /// An answer without a body.
    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// The same with one more header: its name in lower case, its value visible ASCII.
    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// The same with this body, whose type its headers say.
    pub(crate) fn with_body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The same, which no cache may keep (RFC 6749 §5.1).
    #[cfg(feature = "oauth")]
    pub(crate) fn no_store(self) -> Self {
        self.with_header("cache-control", "no-store").with_header("pragma", "no-cache")
    }

    pub(super) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }
}

impl Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Refusal {
    /// The plain answer, for where no guard is: [`Guard::answer`](super::Guard::answer) gives it
    /// realm, metadata and look.
    pub fn answer(&self) -> Answer {
        Style::default().answer("Bearer", self, None)
    }
}

/// The look of a refusal: what [`Guard::restyle`](super::Guard::restyle) may change.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// use hallpass::web::Styled;
///
/// let guard = guard.restyle(|refusal, accept| match accept {
///     Some(accept) if accept.contains("text/html") => {
///         Styled::new("text/html; charset=utf-8", format!("<p>Sorry: {refusal}.</p>"))
///     }
///     _ => Styled::problem(refusal),
/// });
/// let refusal = guard.check(&RequestHead::new("GET", "/invoices")).await.unwrap_err();
/// let page = guard.answer(&refusal, Some("text/html"));
/// assert_eq!((page.status(), page.body()), (401, "<p>Sorry: a token is required.</p>"));
/// assert!(guard.answer(&refusal, None).body().contains(r#""status":401"#));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Styled {
    content_type: &'static str,
    body: String,
}

impl Styled {
    /// A body of this content type.
    pub fn new(content_type: &'static str, body: impl Into<String>) -> Self {
        Self { content_type, body: body.into() }
    }

    /// `application/problem+json` (RFC 9457).
    pub fn problem(refusal: &Refusal) -> Self {
        #[derive(Serialize)]
        struct Problem {
            title: &'static str,
            status: u16,
            detail: &'static str,
        }
        let (title, detail) = (refusal.error(), refusal.description());
        let problem = Problem { title, status: refusal.status(), detail };
        Self::new("application/problem+json", to_json(&problem))
    }
}

/// What a host may choose of every refusal.
#[derive(Clone, Default)]
pub(super) struct Style {
    pub(super) realm: Option<String>,
    pub(super) resource_metadata: Option<String>,
    pub(super) restyle: Option<Arc<Restyle>>,
}

/// The refusal, and the request's `Accept` header.
pub(super) type Restyle = dyn Fn(&Refusal, Option<&str>) -> Styled + Send + Sync;

impl Debug for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Style")
            .field("realm", &self.realm)
            .field("resource_metadata", &self.resource_metadata)
            .field("restyled", &self.restyle.is_some())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    error_description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl Style {
    pub(super) fn answer(&self, scheme: &str, refusal: &Refusal, accept: Option<&str>) -> Answer {
        let status = refusal.status();
        let mut answer = Answer::empty(status);
        if let Some(challenge) = self.challenge(scheme, refusal) {
            answer.push("www-authenticate", challenge);
        }
        answer.push("cache-control", "no-store");
        if status == 503 {
            answer.push("retry-after", RETRY_AFTER);
        }
        // What the host did wrong is in its log, and nobody else's to read.
        if *refusal.reason() == Reason::Misconfigured {
            return answer;
        }
        let styled = match &self.restyle {
            Some(restyle) => restyle(refusal, accept),
            None => Styled::new("application/json", json(refusal)),
        };
        answer.push("content-type", styled.content_type);
        answer.body = styled.body;
        answer
    }

    /// RFC 6750 §3; a request without a credential gets the bare one (§3.1).
    fn challenge(&self, scheme: &str, refusal: &Refusal) -> Option<String> {
        let bare = || Challenge::new(scheme).with_some("realm", self.realm.as_deref());
        let told = || {
            bare().with("error", refusal.error()).with("error_description", refusal.description())
        };
        let challenge = match refusal.reason() {
            Reason::Missing => bare(),
            Reason::Request { .. } | Reason::Token { .. } => told(),
            Reason::InsufficientScope { required } => {
                let required = Some(required.as_str()).filter(|scope| !scope.is_empty());
                told().with_some("scope", required)
            }
            Reason::StepUp { max_age, acr_values } => {
                let acr = (!acr_values.is_empty()).then(|| acr_values.join(" "));
                let max_age = max_age.map(|seconds| seconds.to_string());
                told()
                    .with_some("acr_values", acr.as_deref())
                    .with_some("max_age", max_age.as_deref())
            }
            Reason::Forbidden { .. }
            | Reason::Grant { .. }
            | Reason::Unavailable { .. }
            | Reason::Misconfigured => return None,
        };
        // RFC 9728 §5.1.
        Some(challenge.with_some("resource_metadata", self.resource_metadata.as_deref()).finish())
    }
}

fn json(refusal: &Refusal) -> String {
    let scope = match refusal.reason() {
        Reason::InsufficientScope { required } if !required.is_empty() => Some(required.as_str()),
        _ => None,
    };
    to_json(&Body { error: refusal.error(), error_description: refusal.description(), scope })
}

fn to_json(body: &impl Serialize) -> String {
    // INVARIANT (plain body): strings and a number always serialize.
    serde_json::to_string(body).unwrap_or_default()
}
