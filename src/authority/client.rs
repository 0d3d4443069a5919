//! Knows an application as the host configures it: its kind, its ceiling, its policy.
//! Must not know how a client proves itself; that belongs to the OAuth endpoints.

use super::policy::Policy;
use crate::{
    id::{Audience, ClientId, IdError},
    scope::Scope,
};

/// An application known to the authority (RFC 6749 §2.1).
///
/// A client that is not configured is the host's own: its sessions follow the authority's policy
/// and rotate.
///
/// ```
/// use hallpass::authority::{Client, Policy};
/// use std::time::Duration;
///
/// let partner = Client::confidential("partner-7")
///     .scope("invoice:*:read".parse()?)
///     .policy(Policy::new().access_lifetime(Duration::from_secs(120)));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) id: Result<ClientId, IdError>,
    pub(super) confidential: bool,
    pub(super) ceiling: Option<Scope>,
    pub(super) audience: Vec<Audience>,
    pub(super) policy: Option<Policy>,
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
        Self {
            id: ClientId::parse(id),
            confidential,
            ceiling: None,
            audience: Vec::new(),
            policy: None,
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
}
