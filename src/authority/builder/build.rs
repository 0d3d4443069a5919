//! Knows what of an authority's parts must fit together, and puts them together.
//! Must not know any verb, nor do I/O.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{AuthorityBuilder, KeyChoice};
use crate::{
    authority::{
        Authority, Client, ClientError, Inner, Policy,
        client::{Fit, Kept, Known, Registry, SecretHasher},
        error::ConfigError,
        keys::{self, Keys},
        maintenance::Background,
    },
    crypto::RandomStock,
    id::ClientId,
    key::{Algorithm, KeyPolicy, SigningKey},
    secret::{MasterSecret, SecretError},
    store::{HashedSecret, Persistence},
    token::{Issuer, Prefixes, sealing::SealingKeys},
    verifier::Verifier,
};

/// The most that the clocks of instances may be allowed to disagree: within it a row from the
/// future still opens its windows.
const LONGEST_SKEW: Duration = Duration::from_secs(10 * 60);

impl AuthorityBuilder {
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
        let client_secrets = SecretHasher::derive(&master, &issuer)?;
        // What a configured client's policy needs is wired for it below.
        let lifetime = self.max_access_lifetime;
        let fit = Fit { audience: &audience, max_access_lifetime: lifetime, is_wired: true };
        let clients = configured(self.clients, &fit, &client_secrets)?;
        let keys = match keys {
            KeyChoice::Given(ring) => {
                let mut also = self.verifying_keys.into_iter();
                let ring = also.try_fold(ring, |ring, key| ring.also_verifies(key))?;
                Keys::given(self.backend.map_or(Ok(ring.clone()), |one| ring.with_backend(one))?)
            }
            KeyChoice::Managed { store, algorithm, policy } => {
                let late = self.leeway + self.max_skew + keys::MAX_AGE;
                check_managed(algorithm, policy, self.max_access_lifetime + late)?;
                let kept = (algorithm, policy, self.backend);
                let sealed = (&master, &issuer);
                Keys::managed(store, kept, self.verifying_keys, sealed, self.clock.clone())?
            }
        };
        let keys = Arc::new(keys);
        let background = Arc::new(Background::default());
        let policies = clients.values().filter_map(|known| known.client.own_policy());
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
        if let Some(bytes) = self.verified_cache {
            verifier = verifier.verified_cache(bytes);
        }
        if self.allow_stale {
            verifier = verifier.dangerous_allow_stale();
        }
        let retention = self.max_access_lifetime + self.leeway + self.max_skew;
        let kept = Arc::new(Kept::new(retention));
        let verifier = verifier.listener(kept.clone()).revocations(store.clone()).build()?;
        Ok(Authority(Arc::new(Inner {
            sealing_key,
            own_client: ClientId::parse(&self.own_client)?,
            retention,
            is_wired,
            issuer,
            audience,
            keys,
            sealing,
            prefixes: Prefixes::new(&self.prefix)?,
            ids: RandomStock::new(),
            store,
            server: self.server,
            clock: self.clock,
            policy: self.policy,
            clients: Registry::new(clients, kept),
            client_secrets,
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

/// The clients of the configuration, checked, with their secrets hashed.
fn configured(
    given: Vec<Client>,
    fit: &Fit<'_>,
    hasher: &SecretHasher,
) -> Result<HashMap<ClientId, Known>, ConfigError> {
    let mut clients = HashMap::new();
    for client in given {
        let id = client.id().clone();
        let mut client = client.checked(fit).map_err(|error| misfit(&id, error))?;
        if client.lacks_a_secret() {
            let found = "a confidential client has grants and nothing to prove itself with";
            let expected = "`.secret(..)`, or `.private_key_jwt(..)`";
            return Err(misfit(&id, ClientError::Contradiction { found, expected }));
        }
        let given = client.secret.take();
        let hash = |secret: &str| HashedSecret { hash: hasher.hash(&id, secret), expires_at: None };
        let secrets = given.iter().map(|secret| hash(secret.text())).collect();
        let known = Known { client: Arc::new(client), secrets, disabled: false };
        if clients.insert(id.clone(), known).is_some() {
            return Err(ConfigError::DuplicateClient(id));
        }
    }
    Ok(clients)
}

fn misfit(id: &ClientId, error: ClientError) -> ConfigError {
    match error {
        ClientError::Id(error) => error.into(),
        ClientError::Policy { what, expected } => ConfigError::Policy { what, expected },
        ClientError::Audience { audience } => {
            ConfigError::ForeignAudience { client: id.clone(), audience }
        }
        problem => ConfigError::Client { client: id.clone(), problem: Box::new(problem) },
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
