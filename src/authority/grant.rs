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
    pub(super) scope: Scope,
    access_lifetime: Option<Duration>,
    access_until: Option<Timestamp>,
    more: Option<Box<More>>,
}

/// What most grants do without.
#[derive(Debug, Clone, Default)]
struct More {
    audience: Vec<Result<Audience, IdError>>,
    custom: Map<String, Value>,
    unwritable: Option<String>,
    given: Given,
}

/// What is said of the login, as it is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) claims: CarriedClaims,
    pub(super) cnf: Option<ProofKey>,
    pub(super) label: Option<String>,
}

impl Given {
    const NOTHING: Self = Self {
        claims: CarriedClaims {
            custom: None,
            roles: Vec::new(),
            groups: Vec::new(),
            auth_time: None,
            acr: None,
            amr: Vec::new(),
        },
        cnf: None,
        label: None,
    };
}

impl Grant {
    /// A grant for `subject` to do what `scope` says.
    pub fn new(subject: impl AsRef<str>, scope: Scope) -> Self {
        Self {
            subject: Subject::parse(subject.as_ref()),
            client: None,
            scope,
            access_lifetime: None,
            access_until: None,
            more: None,
        }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    fn given(&mut self) -> &mut Given {
        &mut self.more().given
    }

    /// The application it is for: the `client_id` claim. Without it, the authority's own client.
    pub fn client(mut self, client: impl AsRef<str>) -> Self {
        self.client = Some(ClientId::parse(client.as_ref()));
        self
    }

    /// A resource server it is for; call it again for more. Without it, the client's audiences,
    /// or else the authority's.
    pub fn audience(mut self, audience: impl AsRef<str>) -> Self {
        self.more().audience.push(Audience::parse(audience.as_ref()));
        self
    }

    /// A claim of your own in each access token. A registered name is refused at issue.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.more().custom.insert(name.to_owned(), value);
            }
            Err(_) => {
                self.more().unwritable.get_or_insert_with(|| name.to_owned());
            }
        }
        self
    }

    /// The subject's roles: the `roles` claim (RFC 9068 §2.2.3.1).
    pub fn roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.given().claims.roles = roles.into_iter().map(str::to_owned).collect();
        self
    }

    /// The subject's groups: the `groups` claim (RFC 9068 §2.2.3.1).
    pub fn groups<'a>(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.given().claims.groups = groups.into_iter().map(str::to_owned).collect();
        self
    }

    /// The key the tokens are bound to: the `cnf` claim (RFC 7800 §3.1).
    pub fn bound_to(mut self, key: ProofKey) -> Self {
        self.given().cnf = Some(key);
        self
    }

    /// When the user signed in: the `auth_time` claim.
    pub fn auth_time(mut self, at: Timestamp) -> Self {
        self.given().claims.auth_time = Some(at);
        self
    }

    /// How strongly the user signed in: the `acr` claim.
    pub fn acr(mut self, acr: &str) -> Self {
        self.given().claims.acr = Some(acr.to_owned());
        self
    }

    /// By which means the user signed in: the `amr` claim (RFC 8176).
    pub fn amr<'a>(mut self, amr: impl IntoIterator<Item = &'a str>) -> Self {
        self.given().claims.amr = amr.into_iter().map(str::to_owned).collect();
        self
    }

    /// What the list of sessions calls this one.
    pub fn label(mut self, label: &str) -> Self {
        self.given().label = Some(label.to_owned());
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
    pub(super) fn read(mut self, own_client: &ClientId) -> Result<ReadGrant, IssueError> {
        let Asked { audience, .. } = self.asked(own_client)?;
        Ok(ReadGrant {
            subject: self.subject?,
            client: self.client.transpose()?.unwrap_or_else(|| own_client.clone()),
            audience,
            scope: self.scope,
            access_lifetime: self.access_lifetime,
            access_until: self.access_until,
            given: self.more.map(|more| Box::new(more.given)),
        })
    }

    /// The same where it stands: a grant is large, and to hand it on takes longer than to read it.
    #[inline]
    pub(super) fn asked<'g>(&'g mut self, own: &'g ClientId) -> Result<Asked<'g>, IssueError> {
        static NOTHING: Given = Given::NOTHING;
        if let Some(more) = &mut self.more {
            if let Some(name) = &more.unwritable {
                return Err(IssueError::UnwritableClaim { name: name.clone() });
            }
            if !more.custom.is_empty() {
                more.given.claims.custom = Some(CustomClaims::new(&more.custom)?);
            }
        }
        let more = self.more.as_deref();
        Ok(Asked {
            subject: self.subject.as_ref().map_err(IdError::clone)?,
            client: match &self.client {
                Some(client) => client.as_ref().map_err(IdError::clone)?,
                None => own,
            },
            scope: &self.scope,
            audience: match more {
                Some(more) => more.audience.iter().cloned().collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            access_lifetime: self.access_lifetime,
            access_until: self.access_until,
            given: more.map_or(&NOTHING, |more| &more.given),
        })
    }
}

/// What a grant says, each part of it read.
#[derive(Debug)]
pub(super) struct Asked<'g> {
    pub(super) subject: &'g Subject,
    pub(super) client: &'g ClientId,
    pub(super) scope: &'g Scope,
    pub(super) audience: Vec<Audience>,
    pub(super) access_lifetime: Option<Duration>,
    pub(super) access_until: Option<Timestamp>,
    pub(super) given: &'g Given,
}

/// A grant whose parts are what they should be.
#[derive(Debug)]
pub(super) struct ReadGrant {
    pub(super) subject: Subject,
    pub(super) client: ClientId,
    pub(super) scope: Scope,
    pub(super) audience: Vec<Audience>,
    pub(super) access_lifetime: Option<Duration>,
    pub(super) access_until: Option<Timestamp>,
    /// Nothing where nothing was given.
    pub(super) given: Option<Box<Given>>,
}
