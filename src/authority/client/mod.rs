//! Knows an application as the host describes it: its kind, its ceiling, its policy.
//! Must not know where clients are remembered, nor HTTP.
//!
//! Reading path: this file (what can be said of a client) → `check` and `redirect` (what must be
//! true of it) → `read` (what it says back) → `settings` (how it is kept) → `registry` (which
//! clients are known here) → `find` (the verbs that ask for one) → `change` (how it comes and goes).

mod change;
mod check;
mod error;
mod find;
mod list;
mod read;
mod redirect;
mod register;
mod registry;
mod secret;
mod settings;

use super::policy::Policy;
use crate::{
    id::{Audience, ClientId, IdError},
    key::VerifyingKeys,
    scope::Scope,
};

use self::secret::GivenSecret;
pub(super) use self::{
    check::Fit,
    registry::{Kept, Known, Registry},
    secret::SecretHasher,
};
pub use self::{
    error::ClientError, list::ListedClient, redirect::RedirectProblem, register::RegisteredClient,
};

/// What a client may ask the token endpoint for (RFC 6749 §1.3, §1.5).
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::{Client, GrantType};
///
/// let app = Client::public("app").grant(GrantType::RefreshToken);
/// assert!(app.allows_grant(GrantType::RefreshToken));
///
/// let job = Client::public("job").grant(GrantType::ClientCredentials);
/// let error = authority.register_client(job).await.unwrap_err();
/// let found = "a public client has client_credentials";
/// assert!(error.to_string().starts_with(found), "{error}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GrantType {
    /// `authorization_code`: for a user, through the browser.
    AuthorizationCode,
    /// `refresh_token`: to go on with a session.
    RefreshToken,
    /// `client_credentials`: for itself.
    ClientCredentials,
}

/// How a client proves itself at the endpoints it calls directly (RFC 6749 §2.3, OpenID Connect
/// Core §9).
///
/// ```
/// use hallpass::authority::{Client, ClientAuthentication};
///
/// assert_eq!(Client::public("phone").authentication(), ClientAuthentication::None);
/// let partner = Client::confidential("partner");
/// assert_eq!(partner.authentication(), ClientAuthentication::Secret);
/// let bank = Client::confidential("bank").private_key_jwt(r#"{"keys":[]}"#);
/// assert_eq!(bank.authentication(), ClientAuthentication::PrivateKeyJwt);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `client_secret_basic` or `client_secret_post`: it knows a secret.
    Secret,
    /// `private_key_jwt`: it signs an assertion (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// `none`: it cannot, a public client.
    None,
}

/// An application known to the authority (RFC 6749 §2.1).
///
/// A client that is not configured is the host's own: its sessions follow the authority's policy
/// and rotate.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::authority::{Client, Policy};
/// use std::time::Duration;
///
/// let two_minutes = Duration::from_secs(120);
/// let partner = Client::confidential("partner-7")
///     .scope("invoice:*:read".parse()?)
///     .policy(Policy::new().access_lifetime(two_minutes));
/// let authority = builder.client(partner).build()?;
///
/// let grant = Grant::new("ada", "invoice:*:*".parse()?).client("partner-7");
/// let issued = authority.issue(grant).await?;
/// assert_eq!(issued.scope().as_str(), "invoice:*:read");
/// assert!(issued.expires_in() <= two_minutes);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) id: ClientId,
    /// Why the text given for an id is none: whatever takes the client refuses it then.
    pub(super) bad_id: Option<IdError>,
    pub(super) confidential: bool,
    pub(super) ceiling: Option<Scope>,
    pub(super) audience: Vec<Audience>,
    pub(super) policy: Option<Policy>,
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) post_logout_redirect_uris: Vec<String>,
    pub(super) grants: Vec<GrantType>,
    pub(super) authentication: ClientAuthentication,
    /// Its public keys as a JWK set, for `private_key_jwt`.
    pub(super) jwks: Option<String>,
    /// The same, read when the client was checked.
    pub(super) keys: VerifyingKeys,
    /// The secret its host chose, until it is hashed.
    pub(super) secret: Option<GivenSecret>,
    pub(super) default_scope: Option<Scope>,
    pub(super) trusted: bool,
    pub(super) always_refresh: bool,
    pub(super) may_introspect: bool,
}

impl Client {
    /// A client that can keep no secret: a browser or a phone.
    #[must_use]
    pub fn public(id: &str) -> Self {
        Self::new(id, false)
    }

    /// A client that proves itself at each refresh: a partner's server.
    #[must_use]
    pub fn confidential(id: &str) -> Self {
        Self::new(id, true)
    }

    fn new(id: &str, confidential: bool) -> Self {
        let (id, bad_id) = match ClientId::parse(id) {
            Ok(id) => (id, None),
            Err(error) => (ClientId::unreadable(), Some(error)),
        };
        Self {
            id,
            bad_id,
            confidential,
            ceiling: None,
            audience: Vec::new(),
            policy: None,
            name: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grants: Vec::new(),
            authentication: if confidential {
                ClientAuthentication::Secret
            } else {
                ClientAuthentication::None
            },
            jwks: None,
            keys: VerifyingKeys::default(),
            secret: None,
            default_scope: None,
            trusted: false,
            always_refresh: false,
            may_introspect: false,
        }
    }

    /// The most that a token of this client may do. Without it, what its subjects may do.
    #[must_use]
    pub fn scope(mut self, ceiling: Scope) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// Which of the authority's audiences its tokens may be for. Without it, all of them.
    #[must_use]
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience.push(audience);
        self
    }

    /// Its own lifetimes and rotation. Without it, the authority's.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// What people read on the consent page. Without it, the id.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Where authorization codes may be sent (RFC 6749 §3.1.2). Call it again for more.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Where the browser may be sent after signing out (OpenID Connect RP-Initiated Logout §2.1).
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// What it may ask the token endpoint for. Call it again for more; none is the default.
    #[must_use]
    pub fn grant(mut self, grant: GrantType) -> Self {
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
        self
    }

    /// Lets it prove itself by signed assertions instead of a secret (RFC 7523 §2.2). `jwks` is
    /// its JWK set, public keys only.
    #[must_use]
    pub fn private_key_jwt(mut self, jwks: impl Into<String>) -> Self {
        self.authentication = ClientAuthentication::PrivateKeyJwt;
        self.jwks = Some(jwks.into());
        self
    }

    /// The secret it proves itself with (RFC 6749 §2.3.1), chosen by the host: random, at least 32
    /// characters. Only a keyed hash of it is kept. A confidential client that is registered
    /// without one gets one made.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(GivenSecret::new(secret));
        self
    }

    /// What it gets when it asks for no scope (RFC 6749 §3.3).
    #[must_use]
    pub fn default_scope(mut self, scope: Scope) -> Self {
        self.default_scope = Some(scope);
        self
    }

    /// Whether its users are not asked for consent: an application of the same house.
    #[must_use]
    pub fn trusted(mut self, trusted: bool) -> Self {
        self.trusted = trusted;
        self
    }

    /// Whether it gets a refresh token without asking for `offline_access`.
    #[must_use]
    pub fn always_refresh(mut self, always: bool) -> Self {
        self.always_refresh = always;
        self
    }

    /// Whether it may ask what a token is (RFC 7662 §2.1): a resource server.
    #[must_use]
    pub fn may_introspect(mut self, may: bool) -> Self {
        self.may_introspect = may;
        self
    }
}
