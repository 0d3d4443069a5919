//! Knows what the endpoints ask of the host: who the user is, and how pages look.
//! Must not know how users sign in.

use std::{
    error::Error,
    fmt::{self, Debug},
};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Map, Value};

use super::pages::{ConsentPage, ErrorPage, SignOutPage};
use crate::{
    authority::Client,
    clock::Timestamp,
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

/// A user who is signed in with the host, and what of that tokens will say.
///
/// ```
/// use hallpass::{Timestamp, id::Subject, oauth::SignedIn};
///
/// let at = Timestamp::from_unix_seconds(1_800_000_000);
/// let user = SignedIn::new(Subject::parse("user-42")?, at).acr("urn:example:mfa").amr(["pwd", "otp"]);
/// # let _ = user; Ok::<(), hallpass::id::IdError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SignedIn {
    pub(super) subject: Subject,
    pub(super) auth_time: Timestamp,
    pub(super) acr: Option<String>,
    pub(super) amr: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) claims: Map<String, Value>,
    pub(super) label: Option<String>,
}

impl SignedIn {
    /// This subject, who last proved who they are at `auth_time`.
    pub fn new(subject: Subject, auth_time: Timestamp) -> Self {
        Self {
            subject,
            auth_time,
            acr: None,
            amr: Vec::new(),
            roles: Vec::new(),
            groups: Vec::new(),
            claims: Map::new(),
            label: None,
        }
    }

    /// How strongly: the `acr` claim.
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// By which means: the `amr` claim (RFC 8176).
    pub fn amr<'a>(mut self, amr: impl IntoIterator<Item = &'a str>) -> Self {
        self.amr = amr.into_iter().map(str::to_owned).collect();
        self
    }

    /// The subject's roles in access tokens (RFC 9068 §2.2.3.1).
    pub fn roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.roles = roles.into_iter().map(str::to_owned).collect();
        self
    }

    /// The subject's groups in access tokens (RFC 9068 §2.2.3.1).
    pub fn groups<'a>(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.groups = groups.into_iter().map(str::to_owned).collect();
        self
    }

    /// A claim of your own in access tokens. A value that cannot be written as JSON is left out.
    pub fn claim(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.claims.insert(name.into(), value);
        }
        self
    }

    /// What the list of sessions calls the session: a device, a browser.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

/// Why a user must sign in.
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
