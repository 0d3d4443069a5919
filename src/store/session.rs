//! Knows what is remembered of a session.
//! Must not know a secret: a session is named by a hash of its secret.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    carried::CarriedClaims,
    ended::EndReason,
    presented::{Attempt, ProofKey},
};
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, SessionId, Subject},
    scope::Scope,
};

/// How a session behaves, fixed when it is created, so that a later change of configuration
/// never changes what was promised to a session that already runs.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::authority::Policy;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// let hour = Duration::from_secs(60 * 60);
/// let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::EdDSA)?)
///     .policy(Policy::new().strict(true).idle(hour))
///     .store(store.clone())
///     .build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let row = store.find_session(&issued.session_id()).await?.unwrap();
/// // What the session was promised; another configuration tomorrow does not change it.
/// assert_eq!((row.policy.strict, row.policy.idle), (true, hour));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionPolicy {
    /// How long an access token lives, at most.
    pub access_lifetime: Duration,
    /// How long after a rotation both tokens answer with the same successor.
    pub retry_window: Duration,
    /// How long the parent of an unconfirmed successor is still answered.
    pub retry_after_loss: Duration,
    /// How long a session may go unused.
    pub idle: Duration,
    /// How far clocks may disagree.
    pub max_skew: Duration,
    /// Whether each refresh replaces the refresh token.
    pub rotation: bool,
    /// Whether every second presentation counts as reuse: no coalescing, no replay.
    pub strict: bool,
    /// Whether a refresh must come with proof of the client (RFC 6749 §6).
    pub client_proof: bool,
}

/// One login or consent, and all that is needed to go on with it. Subject, client, scope,
/// audience, `acr` and policy never change: a new login is a new session.
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
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::SessionStore as _;
///
/// let row = store.find_session(&issued.session_id()).await?.unwrap();
/// assert_eq!((row.subject.as_str(), row.client.as_str()), ("ada", "web"));
/// assert!(row.is_live(row.id.born()));
/// assert!(!row.is_live(row.absolute_expires_at)); // the deadline itself is too late
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionRecord {
    /// The hash of the session's secret; the `sid` claim.
    pub id: SessionId,
    /// Who.
    pub subject: Subject,
    /// Through which application.
    pub client: ClientId,
    /// What the session may do; an access token carries this or less.
    pub scope: Scope,
    /// For which resource servers.
    pub audience: Vec<Audience>,
    /// What its access tokens say beside that.
    pub claims: CarriedClaims,
    /// The key the tokens are bound to.
    pub cnf: Option<ProofKey>,
    /// What the session list calls it: a device, a browser.
    pub label: Option<String>,
    /// How it behaves.
    pub policy: SessionPolicy,
    /// When it ends whatever happens. Never moves.
    pub absolute_expires_at: Timestamp,
    /// What changes as it is used.
    pub state: SessionState,
}

/// The part of a session that changes.
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
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::SessionStore as _;
///
/// let before = store.find_session(&issued.session_id()).await?.unwrap().state;
/// let next = authority.refresh(issued.refresh_token()).await?;
/// let after = store.find_session(&next.session_id()).await?.unwrap().state;
/// assert_eq!((before.generation, after.generation), (0, 1));
/// assert!(before.rotated_at.is_none() && after.rotated_at.is_some());
/// assert_eq!(after.confirmed_at, None); // nobody has used the new tokens yet
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct SessionState {
    /// How often the refresh token was replaced.
    pub generation: u32,
    /// Which sealing key made the token of this generation.
    pub sealing_key: u8,
    /// The attempt that last advanced or ended the session by rotation.
    pub attempt: Option<Attempt>,
    /// When the current generation came to be; nothing before the first refresh.
    pub rotated_at: Option<Timestamp>,
    /// When the current generation was first seen in use.
    pub confirmed_at: Option<Timestamp>,
    /// When it ends unless it is used. At most the absolute deadline.
    pub idle_expires_at: Timestamp,
    /// When and why it ended.
    pub ended: Option<(Timestamp, EndReason)>,
}

impl SessionRecord {
    /// Whether it can still be used at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state.ended.is_none()
            && now < self.absolute_expires_at
            && now < self.state.idle_expires_at
    }

    /// From when on the record may be forgotten.
    #[must_use]
    pub fn prune_after(&self) -> Timestamp {
        self.absolute_expires_at + self.policy.max_skew
    }
}
