//! Knows what is asked to be issued.
//! Must not know whether it will be: `issue` decides.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::IssueError;
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, IdError, Subject},
    scope::Scope,
    store::{CarriedClaims, ProofKey},
    token::CustomClaims,
};

/// What is to be issued: for whom, through which client, to do what.
///
/// Bad identifiers and claims are kept, and reported by
/// [`issue`](super::Authority::issue), so that a grant is written in one expression.
///
/// ```
#[doc = an_authority!()]
/// let scope: Scope = "invoice:*:read".parse()?;
/// let grant = Grant::new("user-42", scope.clone())
///     .client("web")
///     .label("Ada's phone")
///     .claim("tenant", "acme");
/// assert!(authority.issue(grant).await.is_ok());
///
/// let nobody = authority.issue(Grant::new("", scope)).await.unwrap_err();
/// let found = "the grant names a bad identifier: a subject must not be empty";
/// assert_eq!(nobody.to_string(), found);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Grant {
    subject: Result<Subject, IdError>,
    client: Option<Result<ClientId, IdError>>,
    scope: Scope,
    audience: Vec<Result<Audience, IdError>>,
    custom: Map<String, Value>,
    unwritable: Option<String>,
    claims: CarriedClaims,
    cnf: Option<ProofKey>,
    label: Option<String>,
    access_lifetime: Option<Duration>,
    access_until: Option<Timestamp>,
}

impl Grant {
    /// A grant for `subject` to do what `scope` says.
    pub fn new(subject: impl AsRef<str>, scope: Scope) -> Self {
        Self {
            subject: Subject::parse(subject.as_ref()),
            client: None,
            scope,
            audience: Vec::new(),
            custom: Map::new(),
            unwritable: None,
            claims: CarriedClaims::default(),
            cnf: None,
            label: None,
            access_lifetime: None,
            access_until: None,
        }
    }

    /// The application it is for: the `client_id` claim. Without it, the authority's own client.
    pub fn client(mut self, client: impl AsRef<str>) -> Self {
        self.client = Some(ClientId::parse(client.as_ref()));
        self
    }

    /// A resource server it is for; call it again for more. Without it, the client's audiences,
    /// or else the authority's.
    pub fn audience(mut self, audience: impl AsRef<str>) -> Self {
        self.audience.push(Audience::parse(audience.as_ref()));
        self
    }

    /// A claim of your own in each access token. A registered name is refused at issue.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.custom.insert(name.to_owned(), value);
            }
            Err(_) => self.unwritable = self.unwritable.or_else(|| Some(name.to_owned())),
        }
        self
    }

    /// The subject's roles: the `roles` claim (RFC 9068 §2.2.3.1).
    pub fn roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.claims.roles = roles.into_iter().map(str::to_owned).collect();
        self
    }

    /// The subject's groups: the `groups` claim (RFC 9068 §2.2.3.1).
    pub fn groups<'a>(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.claims.groups = groups.into_iter().map(str::to_owned).collect();
        self
    }

    /// The key the tokens are bound to: the `cnf` claim (RFC 7800 §3.1).
    pub fn bound_to(mut self, key: ProofKey) -> Self {
        self.cnf = Some(key);
        self
    }

    /// When the user signed in: the `auth_time` claim.
    pub fn auth_time(mut self, at: Timestamp) -> Self {
        self.claims.auth_time = Some(at);
        self
    }

    /// How strongly the user signed in: the `acr` claim.
    pub fn acr(mut self, acr: &str) -> Self {
        self.claims.acr = Some(acr.to_owned());
        self
    }

    /// By which means the user signed in: the `amr` claim (RFC 8176).
    pub fn amr<'a>(mut self, amr: impl IntoIterator<Item = &'a str>) -> Self {
        self.claims.amr = amr.into_iter().map(str::to_owned).collect();
        self
    }

    /// What the list of sessions calls this one.
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// How long each access token lives, if that is less than the client's policy says.
    pub fn access_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_lifetime = Some(lifetime);
        self
    }

    /// When access ends, if that is before the client's policy says: no access token lives
    /// longer, and a session ends then whatever happens.
    pub fn access_until(mut self, until: Timestamp) -> Self {
        self.access_until = Some(until);
        self
    }

    /// The grant with every part read, or the first part that is wrong.
    pub(super) fn read(self, own_client: &ClientId) -> Result<ReadGrant, IssueError> {
        if let Some(name) = self.unwritable {
            return Err(IssueError::UnwritableClaim { name });
        }
        let mut claims = self.claims;
        if !self.custom.is_empty() {
            claims.custom = Some(CustomClaims::new(&self.custom)?);
        }
        Ok(ReadGrant {
            subject: self.subject?,
            client: self.client.transpose()?.unwrap_or_else(|| own_client.clone()),
            scope: self.scope,
            audience: self.audience.into_iter().collect::<Result<_, _>>()?,
            claims,
            cnf: self.cnf,
            label: self.label,
            access_lifetime: self.access_lifetime,
            access_until: self.access_until,
        })
    }
}

/// A grant whose parts are what they should be.
#[derive(Debug)]
pub(super) struct ReadGrant {
    pub(super) subject: Subject,
    pub(super) client: ClientId,
    pub(super) scope: Scope,
    pub(super) audience: Vec<Audience>,
    pub(super) claims: CarriedClaims,
    pub(super) cnf: Option<ProofKey>,
    pub(super) label: Option<String>,
    pub(super) access_lifetime: Option<Duration>,
    pub(super) access_until: Option<Timestamp>,
}
