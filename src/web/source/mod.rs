//! Knows where in a request a credential may be, and how each place is read.
//! Must not know whether the credential is good.

mod authorization;
mod cookie;
mod query;

use zeroize::Zeroizing;

use super::{Refusal, RequestHead, caching::Caching};

pub(super) use self::cookie::{find as find_cookie, refuse_cross_site};

/// The cookie that holds the access token, unless another is named.
pub(super) const ACCESS_COOKIE: &str = "__Host-hp_at";

/// A place where a credential may be. Without a choice it is [`Source::authorization`] alone.
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
/// use hallpass::web::Source;
///
/// // Programs send a header; a browser has a cookie, which pages of this origin may send along.
/// let guard = guard.also(Source::cookie().origin("https://app.example.com"));
/// let cookie = format!("__Host-hp_at={}", issued.access_token().expose_secret());
/// let pay = RequestHead::new("POST", "/pay").header("cookie", &cookie);
/// let from = |origin| pay.clone().header("origin", origin);
/// assert!(guard.check(&from("https://app.example.com")).await.is_ok());
/// let forged = guard.check(&from("https://evil.example")).await;
/// assert_eq!(forged.unwrap_err().status(), 403);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Source(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Authorization { scheme: String },
    Header { name: String },
    Query,
    Cookie { name: String, origins: Vec<String> },
}

impl Source {
    /// `Authorization: Bearer …` (RFC 6750 §2.1).
    pub fn authorization() -> Self {
        Self::scheme("Bearer")
    }

    /// `Authorization: <scheme> …`, the scheme in any case.
    pub fn scheme(scheme: &str) -> Self {
        Self(Kind::Authorization { scheme: scheme.to_owned() })
    }

    /// A header whose whole value is the token, such as `X-API-Key`.
    pub fn header(name: &str) -> Self {
        Self(Kind::Header { name: name.to_owned() })
    }

    /// The query parameter `access_token` of GET and HEAD requests (RFC 6750 §2.3).
    ///
    /// # Security
    /// Addresses end up in histories and in logs of proxies. Choose this only where a header is
    /// impossible, such as a link to a download.
    pub const fn query() -> Self {
        Self(Kind::Query)
    }

    /// The cookie that [`BrowserCookies`](super::BrowserCookies) sets.
    ///
    /// A browser sends it whoever made the page, so beyond GET, HEAD and OPTIONS a request must
    /// say with `Sec-Fetch-Site` or `Origin` that it comes from this site or from one that
    /// [`Source::origin`] allows; anything else is refused with 403. Requests that are to be
    /// upgraded (WebSocket) need it with every method.
    pub fn cookie() -> Self {
        Self::cookie_named(ACCESS_COOKIE)
    }

    /// A cookie of another name. A name that begins with `__Host-` cannot be set by neighbouring
    /// hosts.
    pub fn cookie_named(name: &str) -> Self {
        Self(Kind::Cookie { name: name.to_owned(), origins: Vec::new() })
    }

    /// For a cookie: an origin whose pages may send it, such as `https://app.example.com`. Call
    /// it again for more. Other sources do not ask where a request comes from.
    pub fn origin(mut self, origin: &str) -> Self {
        if let Kind::Cookie { origins, .. } = &mut self.0 {
            origins.push(origin.to_owned());
        }
        self
    }

    /// The names of the headers it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        let (fixed, named): (&[&str], _) = match &self.0 {
            Kind::Authorization { .. } => (&["authorization"], None),
            Kind::Header { name } => (&[], Some(name.as_str())),
            Kind::Query => (&[], None),
            Kind::Cookie { .. } => (&["cookie", "sec-fetch-site", "origin", "upgrade"], None),
        };
        fixed.iter().copied().chain(named)
    }

    /// The scheme of challenges, where this source has one.
    pub(super) fn challenge_scheme(&self) -> Option<&str> {
        match &self.0 {
            Kind::Authorization { scheme } => Some(scheme),
            _ => None,
        }
    }
}

/// A credential, and what it asks of caches by where it was.
pub(super) struct Found {
    pub(super) token: Zeroizing<String>,
    pub(super) caching: Caching,
}

/// The one credential of a request; nothing if it has none.
///
/// RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each
/// request." A cookie is sent by the browser whether or not the client wants it, so beside
/// another credential it does not count.
pub(super) fn present(
    sources: &[Source],
    head: &RequestHead<'_>,
) -> Result<Option<Found>, Refusal> {
    let mut found = None;
    for source in sources {
        let here = match &source.0 {
            Kind::Authorization { scheme } => authorization::read(scheme, head)?,
            Kind::Header { name } => read_header(name, head)?,
            Kind::Query => query::read(head)?,
            Kind::Cookie { .. } => None,
        };
        let caching = match source.0 {
            Kind::Query => Caching::Private,
            _ => Caching::Silent,
        };
        let Some(token) = here else { continue };
        if found.replace(Found { token, caching }).is_some() {
            return Err(Refusal::TWO_CREDENTIALS);
        }
    }
    if found.is_some() {
        return Ok(found);
    }
    for source in sources {
        let Kind::Cookie { name, origins } = &source.0 else { continue };
        let Some(here) = cookie::find(name, head)? else { continue };
        refuse_cross_site(head, origins)?;
        if found.replace(Found { token: here, caching: Caching::Silent }).is_some() {
            return Err(Refusal::TWO_CREDENTIALS);
        }
    }
    Ok(found)
}

fn read_header(name: &str, head: &RequestHead<'_>) -> Result<Option<Zeroizing<String>>, Refusal> {
    let mut values = head.values(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::TWO_CREDENTIALS);
    }
    token68(trim(value)).map(Some).ok_or(Refusal::MALFORMED)
}

/// The text of a credential if it is `b64token` of RFC 6750 §2.1, which every token is.
fn token68(text: &[u8]) -> Option<Zeroizing<String>> {
    let mut body = text;
    while let [rest @ .., b'='] = body {
        body = rest;
    }
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let fits = !body.is_empty() && body.iter().all(allowed);
    let text = fits.then(|| str::from_utf8(text).ok()).flatten()?;
    Some(Zeroizing::new(text.to_owned()))
}

/// Without the optional white space around a field value (RFC 9110 §5.5).
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
