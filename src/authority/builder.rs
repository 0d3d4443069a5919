//! Knows how an authority is put together, and what must fit together.
//! Must not know any verb; `build` does no I/O.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    Authority, Client, Inner, Policy,
    error::ConfigError,
    keys::{self, Keys},
    maintenance::Background,
};
use crate::{
    clock::{Clock, SystemClock},
    id::{Audience, ClientId, IdError},
    key::{Algorithm, KeyPolicy, KeyRing, SigningKey, VerifyingKey},
    scope::Negotiation,
    secret::{MasterSecret, SecretError},
    store::{Persistence, SigningKeyStore, Store},
    token::{Issuer, Prefixes, sealing::SealingKeys},
    verifier::{PermissionSource, Verifier},
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
    store: Option<Arc<dyn Store>>,
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
            store: None,
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
            prefix: "hp".to_owned(),
            fast_forward: false,
        }
    }
}

/// The most that the clocks of instances may be allowed to disagree: within it a row from the
/// future still opens its windows.
const LONGEST_SKEW: Duration = Duration::from_secs(10 * 60);

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

    /// Where sessions, revocations and API keys are remembered. Pass an `Arc` to share it.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
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

    /// The authority. Does no I/O: [`ready`](Authority::ready) does, or the first verb.
    ///
    /// # Errors
    /// [`ConfigError`] says what is missing or does not fit.
    pub fn build(self) -> Result<Authority, ConfigError> {
        let issuer = Issuer::parse(&self.issuer)?;
        let audience = self.audience.into_iter().collect::<Result<Vec<_>, _>>()?;
        if audience.is_empty() {
            return Err(ConfigError::Missing {
                what: "the audience",
                hint: "`.audience(\"https://api.example.com\")` says whom tokens are for",
            });
        }
        let keys = self.keys.ok_or(ConfigError::Missing {
            what: "the signing key",
            hint: "`.signing_key(SigningKey::generate(Algorithm::EdDSA)?)`, one from a PEM file, or `.managed_keys(..)`",
        })?;
        let store = self.store.ok_or(ConfigError::Missing {
            what: "the store",
            hint: "`.store(MemoryStore::new())`, or one that outlives the process",
        })?;
        let master = match (self.master_secret, store.persistence()) {
            (Some(secret), _) => secret,
            (None, _) if matches!(keys, KeyChoice::Managed { .. }) => {
                return Err(ConfigError::Missing {
                    what: "the master secret",
                    hint: "managed keys are sealed under it: give `.master_secret(MasterSecret::\
                           from_env(\"HALLPASS_SECRET\")?)`, made once with \
                           `openssl rand -base64 32`",
                });
            }
            // What the store knows ends with the process, and so may its sealing keys.
            (None, Persistence::Process) => MasterSecret::generate()?,
            (None, Persistence::Durable) => {
                return Err(ConfigError::Missing {
                    what: "the master secret",
                    hint: "this store outlives the process: give `.master_secret(MasterSecret::\
                           from_env(\"HALLPASS_SECRET\")?)`, made once with \
                           `openssl rand -base64 32`",
                });
            }
        };
        let sealing = SealingKeys::derive(&master, &issuer)?;
        let sealing_key =
            sealing.current().ok_or(ConfigError::MasterSecret(SecretError::Random))?;
        self.policy.check(self.max_access_lifetime)?;
        if self.max_skew > LONGEST_SKEW {
            let expected = format!("at most {} s", LONGEST_SKEW.as_secs());
            return Err(ConfigError::Policy { what: "max_skew", expected });
        }
        let mut clients = HashMap::new();
        for client in self.clients {
            let id = client.id.clone()?;
            if let Some(policy) = &client.policy {
                policy.check(self.max_access_lifetime)?;
            }
            if let Some(other) = client.audience.iter().find(|&a| !audience.contains(a)) {
                return Err(ConfigError::ForeignAudience { client: id, audience: other.clone() });
            }
            if clients.insert(id.clone(), client).is_some() {
                return Err(ConfigError::DuplicateClient(id));
            }
        }
        let keys = match keys {
            KeyChoice::Given(ring) => {
                let mut also = self.verifying_keys.into_iter();
                Keys::given(also.try_fold(ring, |ring, key| ring.also_verifies(key))?)
            }
            KeyChoice::Managed { store, algorithm, policy } => {
                let late = self.leeway + self.max_skew + keys::MAX_AGE;
                check_managed(algorithm, policy, self.max_access_lifetime + late)?;
                let kept = (algorithm, policy);
                let sealed = (&master, &issuer);
                Keys::managed(store, kept, self.verifying_keys, sealed, self.clock.clone())?
            }
        };
        let keys = Arc::new(keys);
        let background = Arc::new(Background::default());
        let policies = clients.values().filter_map(|client| client.policy.as_ref());
        let is_wired = policies.chain([&self.policy]).any(Policy::is_wired);
        let mut verifier = Verifier::builder(issuer.as_str())
            .key_source(keys.clone())
            .clock(self.clock.clone())
            .leeway(self.leeway)
            .poll_interval(self.poll_interval)
            .max_staleness(self.max_staleness)
            .prefix(&self.prefix)
            .max_access_lifetime(self.max_access_lifetime)
            .api_keys(store.clone(), Arc::new(master));
        for one in &audience {
            verifier = verifier.audience(one);
        }
        if is_wired {
            verifier = verifier.confirmations(background.clone());
        }
        if let Some(source) = &self.permissions {
            verifier = verifier.permissions(source.clone());
        }
        if self.allow_stale {
            verifier = verifier.dangerous_allow_stale();
        }
        let verifier = verifier.revocations(store.clone()).build()?;
        Ok(Authority(Arc::new(Inner {
            sealing_key,
            own_client: ClientId::parse(&self.own_client)?,
            retention: self.max_access_lifetime + self.leeway + self.max_skew,
            issuer,
            audience,
            keys,
            sealing,
            prefixes: Prefixes::new(&self.prefix)?,
            store,
            clock: self.clock,
            policy: self.policy,
            clients,
            permissions: self.permissions,
            negotiation: self.negotiation,
            max_access_lifetime: self.max_access_lifetime,
            verifier,
            background,
            max_skew: self.max_skew,
            fast_forward: self.fast_forward,
        })))
    }
}

/// Whether keys of this kind can be managed, and a retired one stays until the last token it
/// signed has expired everywhere (INVARIANTS 66).
fn check_managed(
    algorithm: Algorithm,
    policy: KeyPolicy,
    needed: Duration,
) -> Result<(), ConfigError> {
    if SigningKey::generate(algorithm)?.verifying_key().jwk().is_none() {
        let expected = "one with a public half, such as ES256 or EdDSA".to_owned();
        return Err(ConfigError::Policy { what: "algorithm of managed keys", expected });
    }
    if policy.retires_for() < needed {
        let expected = format!(
            "its max_token_lifetime and grace to be at least {} s together: the longest access token with leeway, skew and the time in which every instance reads the keys",
            needed.as_secs()
        );
        return Err(ConfigError::Policy { what: "key policy", expected });
    }
    Ok(())
}
