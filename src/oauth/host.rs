//! Knows what the endpoints ask of the host: who the user is, and how pages look.
//! Must not know how users sign in.

use std::{
    error::Error,
    fmt::{self, Debug},
};

use async_trait::async_trait;

use super::{
    SignedIn,
    pages::{ConsentPage, ErrorPage, SignOutPage},
};
use crate::{
    authority::Client,
    id::Subject,
    web::{Answer, RequestHead},
};

/// The host's part of the authorization endpoint: the user's session with the host, and the look
/// of pages.
///
/// The host owns its login: how a user proves who they are, and the cookie that remembers it.
/// That cookie must not be sent along with requests of other sites (`SameSite=Lax`).
///
/// Every page that a method here answers with gets headers that forbid caching, framing and a
/// referrer (RFC 9700 §4.16, §4.2).
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// use hallpass::oauth::{ConsentPage, Host, HostError, SignIn, SignedIn};
///
/// #[derive(Debug)]
/// struct House;
///
/// #[async_trait::async_trait]
/// impl Host for House {
///     async fn user(&self, head: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
///         // Yours looks the cookie's value up in the sessions of its login.
///         if !head.values("cookie").any(|cookie| cookie == b"login=ada") {
///             return Ok(None);
///         }
///         let ada = Subject::parse("ada").map_err(HostError::new)?;
///         Ok(Some(SignedIn::new(ada, Timestamp::from_unix_seconds(1_700_000_000))))
///     }
///
///     async fn sign_in(&self, _: &SignIn<'_>) -> Answer {
///         Answer::see_other("/login")
///     }
///
///     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
///         page.plain()
///     }
///
///     async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
///         Ok(vec!["login=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax".to_owned()])
///     }
/// }
///
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
/// let stranger = RequestHead::new("GET", start); // `/authorize?…`
/// let answer = server.authorize(&Request::new(stranger.clone())).await;
/// assert_eq!(answer.header("location"), Some("/login"));
/// let ada = stranger.header("cookie", "login=ada");
/// let answer = server.authorize(&Request::new(ada)).await;
/// assert!(answer.body().contains("<b>Books</b> asks to:"));
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Host: Debug + Send + Sync + 'static {
    /// Who is signed in in this browser, by the host's own cookie; nothing if nobody is.
    ///
    /// # Security
    /// Only what the host itself has set may decide, such as a session it looks up or a cookie
    /// it has signed.
    ///
    /// # Errors
    /// [`HostError`] when that cannot be said now: the client is told to come again.
    async fn user(&self, head: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError>;

    /// Leads the user to sign in, and then back to [`SignIn::return_to`]. Asked when nobody is
    /// signed in, and when somebody is and must sign in anew: then a sign-in that the host
    /// remembers is not enough, and [`SignedIn`] must have a new `auth_time`.
    async fn sign_in(&self, interaction: &SignIn<'_>) -> Answer;

    /// The page that asks whether an application may have what it asks for. Its form sends
    /// [`ConsentPage::ticket`] and the decision by POST to [`ConsentPage::action`].
    /// [`ConsentPage::plain`] is a working one.
    async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer;

    /// Signs the user out of this browser, and gives the `Set-Cookie` values that drop the
    /// host's cookie.
    ///
    /// # Errors
    /// [`HostError`] when that failed; the user is told so.
    async fn sign_out(&self, head: &RequestHead<'_>) -> Result<Vec<String>, HostError>;

    /// The page that says why a request cannot go on, where there is no application to tell.
    async fn error_page(&self, page: &ErrorPage<'_>) -> Answer {
        page.plain()
    }

    /// The page that asks whether the user wants to sign out. Its form sends
    /// [`SignOutPage::ticket`] by POST to [`SignOutPage::action`].
    async fn sign_out_page(&self, page: &SignOutPage<'_>) -> Answer {
        page.plain()
    }

    /// The page that says that the user is signed out.
    async fn signed_out_page(&self) -> Answer {
        super::pages::signed_out()
    }

    /// What people read for a scope item, such as `invoice:*:read`, on the consent page. Without
    /// it, the item is spelled out in plain words.
    fn describe(&self, item: &str) -> Option<String> {
        let _ = item;
        None
    }
}

/// The host could not answer.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, Timestamp, id::Subject};
/// # use hallpass::{authority::{Client, GrantType}, oauth::*, web::{Answer, RequestHead}};
/// # #[derive(Debug)] struct House;
/// # #[async_trait::async_trait]
/// impl Host for House {
///     async fn user(&self, _: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
///         // Where yours asks a database: `.map_err(HostError::new)?`
///         Err(HostError::new("the table of logins does not answer"))
///     }
///     // …
/// #     async fn sign_in(&self, _: &SignIn<'_>) -> Answer { Answer::see_other("/login") }
/// #     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer { page.plain() }
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
/// // The application is told to come again; nobody counts as signed out.
/// let answer = server.authorize(&Request::new(RequestHead::new("GET", start))).await;
/// let to = answer.header("location").unwrap();
/// assert!(to.contains("error=temporarily_unavailable"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct HostError(Box<dyn Error + Send + Sync>);

impl HostError {
    /// What was wrong, for the operator. No client reads it.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host could not say who is signed in")
    }
}

impl Error for HostError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why a user must sign in.
///
/// ```
/// use hallpass::oauth::SignInReason;
///
/// /// Whether a login that the host remembers is enough.
/// fn may_be_remembered(reason: SignInReason) -> bool {
///     match reason {
///         SignInReason::Nobody | SignInReason::OtherUser => true,
///         // The password again, and a new `auth_time`; so, too, for what a later version adds.
///         _ => false,
///     }
/// }
///
/// assert!(!may_be_remembered(SignInReason::TooOld));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignInReason {
    /// Nobody is signed in.
    Nobody,
    /// The application wants a new sign-in (`prompt=login`, OpenID Connect Core §3.1.2.1).
    Asked,
    /// The last sign-in is longer ago than the application takes (`max_age`).
    TooOld,
    /// The application expects another user (`id_token_hint`).
    OtherUser,
}

/// A sign-in that the authorization endpoint asks the host for.
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
///     async fn sign_in(&self, asked: &SignIn<'_>) -> Answer {
///         // Where to go on afterwards, as one value of a query.
///         let then = asked.return_to.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
///         Answer::see_other(&format!("/login?for={}&then={then}", asked.client.id()))
///     }
///     // …
/// #     async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer { page.plain() }
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
/// let answer = server.authorize(&Request::new(RequestHead::new("GET", start))).await;
/// assert_eq!(answer.status(), 303);
/// let to = answer.header("location").unwrap();
/// assert!(to.starts_with("/login?for=app&then=/authorize?response_type=code%26client_id=app"));
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct SignIn<'a> {
    /// The request.
    pub head: &'a RequestHead<'a>,
    /// Why.
    pub reason: SignInReason,
    /// Where to send the browser afterwards: path and query on the issuer's origin. It carries
    /// the whole request; the host need not understand it.
    pub return_to: &'a str,
    /// The application that asks.
    pub client: &'a Client,
    /// Who the application thinks the user is (`login_hint`). Anybody can write anything there.
    pub login_hint: Option<&'a str>,
    /// Who the application expects, by an ID token of ours that it has shown
    /// (`id_token_hint`).
    pub expected: Option<&'a Subject>,
    /// How strongly the user should sign in, the first as preferred (`acr_values`).
    pub acr_values: Option<&'a str>,
    /// The languages that the user reads, the first as preferred (`ui_locales`).
    pub ui_locales: Option<&'a str>,
}

impl Debug for SignIn<'_> {
    /// Without the way back: the ID token of a hint is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("head", &self.head)
            .field("reason", &self.reason)
            .field("client", &self.client.id())
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
