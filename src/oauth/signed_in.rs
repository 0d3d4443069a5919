//! Knows a user who is signed in with the host, as the host tells of them.
//! Must not know how users sign in, nor when they are asked to.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{clock::Timestamp, id::Subject};

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
