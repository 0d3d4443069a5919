//! Knows what an authority can be told, and the defaults.
//! Must not know what fits together; `build` does.

mod build;

use std::{sync::Arc, time::Duration};

use super::{Authority, Client, Policy};
use crate::{
    clock::{Clock, SystemClock},
    id::{Audience, IdError},
    key::{Algorithm, Backend, KeyPolicy, KeyRing, SigningKey, VerifyingKey},
    scope::Negotiation,
    secret::MasterSecret,
    store::{ServerStore, SigningKeyStore, Store},
    verifier::PermissionSource,
};

/// Puts an [`Authority`] together. What must be given: an audience, a signing key, a store, and
/// for a store that outlives the process a master secret. Everything else has a safe default.
#[derive(Debug)]
#[must_use]
pub struct AuthorityBuilder {
    issuer: String,
    audience: Vec<Result<Audience, IdError>>,
    keys: Option<KeyChoice>,
    verifying_keys: Vec<VerifyingKey>,
    backend: Option<Backend>,
    store: Option<Arc<dyn Store>>,
    server: Option<Arc<dyn ServerStore>>,
    master_secret: Option<MasterSecret>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    clients: Vec<Client>,
    own_client: String,
    permissions: Option<Arc<dyn PermissionSource>>,
    negotiation: Negotiation,
    max_access_lifetime: Duration,
    max_skew: Duration,
    leeway: Duration,
    poll_interval: Duration,
    max_staleness: Duration,
    allow_stale: bool,
    verified_cache: Option<usize>,
    prefix: String,
    fast_forward: bool,
}

/// Where signing keys come from.
#[derive(Debug)]
enum KeyChoice {
    Given(KeyRing),
    Managed { store: Arc<dyn SigningKeyStore>, algorithm: Algorithm, policy: KeyPolicy },
}

impl Authority {
    /// Begins an authority that issues as `issuer`, an https address, or http on loopback
    /// (RFC 8414 §2).
    pub fn builder(issuer: impl Into<String>) -> AuthorityBuilder {
        AuthorityBuilder {
            issuer: issuer.into(),
            audience: Vec::new(),
            keys: None,
            verifying_keys: Vec::new(),
            backend: None,
            store: None,
            server: None,
            master_secret: None,
            clock: Arc::new(SystemClock::new()),
            policy: Policy::new(),
            clients: Vec::new(),
            own_client: "self".to_owned(),
            permissions: None,
            negotiation: Negotiation::new(),
            max_access_lifetime: Duration::from_secs(24 * 60 * 60),
            max_skew: Duration::from_secs(5),
            leeway: Duration::from_secs(30),
            poll_interval: Duration::from_millis(500),
            max_staleness: Duration::from_secs(5),
            allow_stale: false,
            verified_cache: None,
            prefix: "hp".to_owned(),
            fast_forward: false,
        }
    }
}

impl AuthorityBuilder {
    /// A resource server that tokens are for: the `aud` claim. Call it again for more. A token
    /// is verified here if it is for one of them.
    pub fn audience(mut self, audience: impl AsRef<str>) -> Self {
        self.audience.push(Audience::parse(audience.as_ref()));
        self
    }

    /// The key that signs. The last of this, [`key_ring`](Self::key_ring) and
    /// [`managed_keys`](Self::managed_keys) stands.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.keys = Some(KeyChoice::Given(KeyRing::given(key)));
        self
    }

    /// The keys that sign, one after another. The last of this and
    /// [`signing_key`](Self::signing_key) stands.
    pub fn key_ring(mut self, ring: KeyRing) -> Self {
        self.keys = Some(KeyChoice::Given(ring));
        self
    }

    /// Lets `store` keep the signing keys, sealed under the master secret, which then must be
    /// given. Instances that share a store sign with the same keys and agree when one follows
    /// another: by the schedule of `policy`, or by [`rotate_keys`](Authority::rotate_keys). The
    /// first instance to get [`ready`](Authority::ready) makes the first keys.
    ///
    /// Pass an `Arc` of what [`store`](Self::store) gets, so that verifiers of this process learn
    /// of a withdrawal before it returns. One store keeps the keys of one issuer.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use hallpass::{Algorithm, Authority, MemoryStore, key::KeyPolicy, secret::MasterSecret};
    ///
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// let store = Arc::new(MemoryStore::new());
    /// let authority = Authority::builder("https://auth.example.com")
    ///     .audience("https://api.example.com")
    ///     .managed_keys(store.clone(), Algorithm::ES256, KeyPolicy::new(day).rotate_every(30 * day))
    ///     .master_secret(MasterSecret::generate()?) // a durable store: `MasterSecret::from_env`
    ///     .store(store)
    ///     .build()?;
    /// # let _ = authority; Ok(()) }
    /// # f().unwrap();
    /// ```
    pub fn managed_keys(
        mut self,
        store: impl SigningKeyStore,
        algorithm: Algorithm,
        policy: KeyPolicy,
    ) -> Self {
        self.keys = Some(KeyChoice::Managed { store: Arc::new(store), algorithm, policy });
        self
    }

    /// A key that verifies but does not sign: the one before, until its last token has expired.
    pub fn verifying_key(mut self, key: VerifyingKey) -> Self {
        self.verifying_keys.push(key);
        self
    }

    /// What computes the signatures of access tokens: of all keys here, given, managed and yet to
    /// be made. Default: each key as it was given, and managed ones on [`Backend::Ring`].
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Where sessions, revocations and API keys are remembered. Pass an `Arc` to share it.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self.server = None;
        self
    }

    /// The same with everything an authorization server remembers: clients, consents,
    /// authorization codes. The last of this and [`store`](Self::store) stands.
    pub fn server_store(mut self, store: impl ServerStore) -> Self {
        let store: Arc<dyn ServerStore> = Arc::new(store);
        self.store = Some(store.clone());
        self.server = Some(store);
        self
    }

    /// The one secret of the host, from which sealing keys are derived. A store that outlives
    /// the process needs it; the memory store makes a random one when none is given.
    pub fn master_secret(mut self, secret: MasterSecret) -> Self {
        self.master_secret = Some(secret);
        self
    }

    /// Where the time comes from. Default: the operating system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How tokens and sessions behave, for clients without a policy of their own.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// An application, with its ceiling and its policy. Call it again for more.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The `client_id` of grants that name none: the host itself. Default: `self`.
    pub fn own_client(mut self, id: impl Into<String>) -> Self {
        self.own_client = id.into();
        self
    }

    /// What each subject may do now. Asked at issue and refresh, so that a token never gives
    /// more than its user has.
    pub fn permissions(mut self, source: impl PermissionSource) -> Self {
        self.permissions = Some(Arc::new(source));
        self
    }

    /// How a request for more than is allowed is answered. Default: it is narrowed.
    pub fn negotiation(mut self, negotiation: Negotiation) -> Self {
        self.negotiation = negotiation;
        self
    }

    /// The longest life any access token may have: revocation records live as long. Default: 24
    /// hours. The store remembers the highest value ever used.
    pub fn max_access_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_access_lifetime = lifetime;
        self
    }

    /// How far the clocks of instances may disagree. Default: 5 seconds.
    pub fn max_skew(mut self, skew: Duration) -> Self {
        self.max_skew = skew;
        self
    }

    /// How far a token's times may be off when it is verified here. Default: 30 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How often other instances' revocations are read. Default: 500 ms.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// How old the knowledge of revocations may be before verification is refused. Default: 5
    /// seconds.
    pub fn max_staleness(mut self, staleness: Duration) -> Self {
        self.max_staleness = staleness;
        self
    }

    /// Goes on accepting tokens when revocations cannot be read.
    ///
    /// # Security
    /// Whoever can keep this process from its store can then use revoked tokens until they
    /// expire.
    pub fn dangerous_allow_stale(mut self) -> Self {
        self.allow_stale = true;
        self
    }

    /// The memory for tokens that were checked already, as
    /// [`VerifierBuilder::verified_cache`](crate::verifier::VerifierBuilder::verified_cache) has it.
    pub fn verified_cache(mut self, bytes: usize) -> Self {
        self.verified_cache = Some(bytes);
        self
    }

    /// What opaque tokens begin with, instead of `hp`: 1 to 16 lower-case letters and digits.
    pub fn prefix(mut self, brand: impl Into<String>) -> Self {
        self.prefix = brand.into();
        self
    }

    /// After a restore of the store from a backup: a refresh token ahead of its row moves the
    /// row forward instead of being answered with
    /// [`StateRollback`](super::RefreshError::StateRollback). Switch it on for as long as clients
    /// need to come back, knowing that reuse of the lost generations is not seen.
    pub fn dangerous_fast_forward(mut self, on: bool) -> Self {
        self.fast_forward = on;
        self
    }
}
