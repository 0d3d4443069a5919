//! Knows how tokens are handed to a browser in cookies, and taken back out of one.
//! Must not know any other cookie of the host.

use std::time::Duration;

use super::{
    Refusal, RequestHead,
    source::{self, ACCESS_COOKIE},
};
use crate::{authority::Issued, secret::RefreshToken};

/// What a browser can keep in one cookie, name and attributes included (RFC 6265 §6.1).
const LONGEST_COOKIE: usize = 4096;

/// When a browser sends a cookie along with requests that other sites cause.
///
/// ```
/// use hallpass::web::{BrowserCookies, SameSite};
///
/// // Whoever comes by a link from another site is not signed in on that first page.
/// let cookies = BrowserCookies::new().same_site(SameSite::Strict);
/// assert!(cookies.clear().iter().all(|cookie| cookie.ends_with("SameSite=Strict")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when the user follows a link here.
    Lax,
}

/// The two cookies of a browser session: the access token and the refresh token. Both are
/// `__Host-`, `HttpOnly`, `Secure`, `SameSite` and for `/`: no script reads them, and no
/// neighbouring host sets them.
///
/// Give the guard [`Source::cookie`](super::Source::cookie), and send each value of
/// [`BrowserCookies::set`] as a `Set-Cookie` header.
///
/// ```
/// use hallpass::web::BrowserCookies;
///
/// let [access, _refresh] = BrowserCookies::new().clear();
/// assert_eq!(access, "__Host-hp_at=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct BrowserCookies {
    access: String,
    refresh: String,
    same_site: SameSite,
    origins: Vec<String>,
}

/// A cookie cannot carry a token.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// use hallpass::web::{BrowserCookies, CookieError};
///
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).claim("photo", "x".repeat(3_000));
/// let issued = authority.issue(grant).await?;
/// let Err(CookieError::TooLong { length, limit }) = BrowserCookies::new().set(&issued) else {
///     panic!("it fits");
/// };
/// assert!(length > limit); // carry less in the token: browsers drop the cookie without a word
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieError {
    /// Browsers drop a cookie this long.
    #[error("the cookie would have {length} bytes, browsers keep {limit}")]
    TooLong {
        /// The bytes it would have.
        length: usize,
        /// The bytes browsers keep.
        limit: usize,
    },
}

impl Default for BrowserCookies {
    fn default() -> Self {
        Self::new()
    }
}

impl BrowserCookies {
    /// `__Host-hp_at` and `__Host-hp_rt`, `SameSite=Lax`.
    pub fn new() -> Self {
        Self {
            access: ACCESS_COOKIE.to_owned(),
            refresh: "__Host-hp_rt".to_owned(),
            same_site: SameSite::Lax,
            origins: Vec::new(),
        }
    }

    /// When browsers send them along with requests that other sites cause.
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// As [`Source::origin`](super::Source::origin), for [`BrowserCookies::refresh_token`].
    pub fn origin(mut self, origin: &str) -> Self {
        self.origins.push(origin.to_owned());
        self
    }

    /// The `Set-Cookie` values that hand over both tokens: the access token for its lifetime, the
    /// refresh token for the session's.
    ///
    /// # Security
    /// They hold both secrets. Send them with `Cache-Control: no-store`, and log neither.
    ///
    /// # Errors
    /// [`CookieError::TooLong`] when a browser would drop the access token.
    pub fn set(&self, issued: &Issued) -> Result<[String; 2], CookieError> {
        let access = issued.access_token().expose_secret();
        let refresh = issued.refresh_token().expose_secret();
        Ok([
            self.write(&self.access, access, issued.expires_in())?,
            self.write(&self.refresh, refresh, issued.session_expires_in())?,
        ])
    }

    /// The `Set-Cookie` values that take both away: for a logout.
    #[must_use]
    pub fn clear(&self) -> [String; 2] {
        // INVARIANT (short cookies): an empty value is within the limit.
        [&self.access, &self.refresh]
            .map(|name| self.write(name, "", Duration::ZERO).unwrap_or_default())
    }

    /// The refresh token of a request to refresh or log out; nothing if there is none. Fill the
    /// headers `cookie`, `sec-fetch-site` and `origin` into the head.
    ///
    /// # Errors
    /// 403 when the request comes from another site, 400 when there are two.
    pub fn refresh_token(&self, head: &RequestHead<'_>) -> Result<Option<RefreshToken>, Refusal> {
        let Some(token) = source::find_cookie(&self.refresh, head)? else { return Ok(None) };
        // Even a GET: who refreshes changes something.
        let as_write = head.clone().with_method("POST");
        source::refuse_cross_site(&as_write, &self.origins)?;
        Ok(Some(RefreshToken::from_sealed(token)))
    }

    fn write(&self, name: &str, value: &str, max_age: Duration) -> Result<String, CookieError> {
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
        };
        let seconds = max_age.as_secs();
        let cookie = format!(
            "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite={same_site}"
        );
        match cookie.len() {
            length if length > LONGEST_COOKIE => {
                Err(CookieError::TooLong { length, limit: LONGEST_COOKIE })
            }
            _ => Ok(cookie),
        }
    }
}
