//! THE LIFE OF A TOKEN: issued, verified, refreshed, revoked.
//! Must not know an engine, a framework or HTTP.
//!
//! The story, in the order of its files:
//!
//! 1. A host puts an [`Authority`] together (`builder`): keys, a store, a [`Policy`], its
//!    [`Client`]s.
//! 2. It asks for a [`Grant`] to be issued. What of it may be granted is settled (`permissions`),
//!    the session is remembered, and both tokens are made (`issue`, `mint`).
//! 3. The access token is verified without the store, here or by a
//!    [`Verifier`] elsewhere.
//! 4. When it has expired the refresh token brings the next pair (`refresh`). The store decides
//!    in one step whether the session moves on, repeats its answer, or was stolen.
//! 5. Someone ends it (`revoke`): a token, a session, all of a subject or client. Verifiers learn
//!    of it through the store's feed.
//! 6. For services there are API keys (`api_key`), and beside it all runs what must be done in
//!    the background (`maintenance`).

mod api_key;
mod builder;
mod client;
#[cfg(feature = "oauth")]
mod code;
mod consent;
mod error;
#[cfg(feature = "oauth")]
mod feed;
mod grant;
#[cfg(feature = "oauth")]
mod id_token;
#[cfg(feature = "oauth")]
mod inspect;
mod issue;
mod issued;
mod keys;
mod maintenance;
mod mint;
mod once;
mod permissions;
mod policy;
#[cfg(feature = "oauth")]
mod redeem;
mod refresh;
mod revoke;
mod sessions;
#[cfg(feature = "tokio")]
mod spawn;
#[cfg(feature = "oauth")]
mod ticket;

use std::{sync::Arc, time::Duration};

pub use self::{
    api_key::IssuedApiKey,
    builder::AuthorityBuilder,
    client::{
        Client, ClientAuthentication, ClientError, GrantType, ListedClient, RedirectProblem,
        RegisteredClient,
    },
    consent::ConsentError,
    error::{
        ApiKeyError, ConfigError, IssueError, RefreshError, RevokeError, RotateKeysError,
        SigningError, WithdrawError,
    },
    grant::Grant,
    issued::{Issued, Minted, TokenResponse},
    maintenance::Pruned,
    policy::{ConfirmationSignal, MAX_ABSOLUTE, Policy, RotationMode},
    refresh::Refresh,
    revoke::Revocation,
};
use self::{
    client::{Registry, SecretHasher},
    keys::Keys,
    maintenance::Background,
};
#[cfg(feature = "oauth")]
pub use self::{
    code::CodeBinding,
    error::CodeError,
    redeem::{CodeRedemption, RedeemedCode},
};
use crate::{
    clock::Clock,
    crypto::RandomStock,
    id::{Audience, ClientId},
    scope::Negotiation,
    secret::TokenText,
    store::{ServerStore, Store},
    token::{Issuer, Prefixes, sealing::SealingKeys},
    verifier::{PermissionSource, Verified, Verifier, VerifyError},
};

/// The authorization server's core: keys, store, clock and policy. Issues, verifies, refreshes
/// and revokes.
///
/// Cloning is cheap and shares everything. See the [module](self) for the life of a token, and
/// [`Authority::builder`] for a start.
///
/// ```
#[doc = an_authority!()]
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// let issued = authority.issue(grant).await?;
///
/// let shared = authority.clone(); // in every handler, on every thread
/// let who = shared.verify(issued.access_token()).await?;
/// assert_eq!((who.subject(), who.client_id()), ("ada", Some("web")));
/// assert!(who.allows(&("invoice", "7", "read")));
/// assert!(!who.allows(&("invoice", "7", "write")));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: Issuer,
    audience: Vec<Audience>,
    keys: Arc<Keys>,
    sealing: SealingKeys,
    /// The sealing key that new tokens get.
    sealing_key: u8,
    prefixes: Prefixes,
    /// For the random part of identifiers.
    ids: RandomStock,
    store: Arc<dyn Store>,
    /// The same store, where it remembers all that an authorization server needs.
    server: Option<Arc<dyn ServerStore>>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    /// Whether confirmations are heard.
    is_wired: bool,
    clients: Registry,
    client_secrets: SecretHasher,
    own_client: ClientId,
    permissions: Option<Arc<dyn PermissionSource>>,
    negotiation: Negotiation,
    max_access_lifetime: Duration,
    verifier: Verifier,
    background: Arc<Background>,
    retention: Duration,
    max_skew: Duration,
    fast_forward: bool,
}

impl Authority {
    /// Checks an access token, a JWT or an API key: who it is, and what they may do.
    ///
    /// A JWT costs no I/O while what was revoked is known recently enough.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::verifier::FailureKind;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// assert_eq!(authority.verify(issued.access_token()).await?.subject(), "ada");
    ///
    /// let error = authority.verify(issued.refresh_token()).await.unwrap_err();
    /// assert_eq!(error.kind(), FailureKind::BadCredential); // 401; `Unavailable` would be 503
    /// assert_eq!(error.to_string(), "this kind of token gives no access");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`] says why it is refused.
    pub async fn verify(&self, token: impl TokenText) -> Result<Verified, VerifyError> {
        self.0.verifier.verify(token).await
    }

    /// The half of this authority that checks tokens, to hand to a resource server in the same
    /// process. It shares the knowledge of what was revoked.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let verifier = authority.verifier();
    /// verifier.ready().await?;
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// assert_eq!(verifier.verify_jwt(issued.access_token())?.subject(), "ada");
    ///
    /// let _ = authority.revoke(issued.access_token()).await?;
    /// assert!(verifier.verify_jwt(issued.access_token()).is_err(), "it knows at once");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        self.0.verifier.clone()
    }

    /// Who issues: the `iss` claim.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }
}

impl Inner {
    /// A client's policy, or the authority's own.
    fn policy_of<'a>(&'a self, client: Option<&'a Client>) -> &'a Policy {
        client.and_then(Client::own_policy).unwrap_or(&self.policy)
    }
}
