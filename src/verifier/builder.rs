//! Knows what a verifier can be told, and refuses what does not fit together.
//! Must not do I/O: everything here is known at start-up.

use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    clock::{Clock, SystemClock},
    id::Audience,
    key::{Jwks, VerifyingKey, VerifyingKeys},
    scope::{BareWords, Vocabulary},
    secret::MasterSecret,
    store::{ApiKeyStore, RevocationFeed, RevocationSink},
    token::{
        Issuer, Prefixes,
        jwt::{DEFAULT_MAX_LENGTH, HARD_MAX_LENGTH},
        rules::Rules,
        sealing::SealingKeys,
    },
};

use super::{
    ConfigError, ConfirmationSink, KeySource, PermissionSource, RelaxedProfile, RevocationIndex,
    Verifier,
    api_key::{ApiKeyCache, ApiKeys},
    check::Checker,
    confirm::Confirmations,
    feed::{FeedSettings, Follower, News},
    last_use::LastUse,
    source::Keys,
    verify::Inner,
};

/// The builder has not been told whether to look at revocations; it has no `build` yet.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a mark without content")]
pub struct Undecided;

/// The builder has been told whether to look at revocations.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a mark without content")]
pub struct Decided;

/// Builds a [`Verifier`]. `build` exists only after the choice that nobody should make by
/// accident: [`revocations`](VerifierBuilder::revocations) or
/// [`stateless`](VerifierBuilder::stateless).
///
/// ```compile_fail
/// use hallpass::verifier::Verifier;
/// let verifier = Verifier::builder("https://auth.example.com").audience("api").build();
/// ```
#[must_use]
pub struct VerifierBuilder<Choice = Undecided> {
    options: Options,
    choice: PhantomData<fn() -> Choice>,
}

struct Options {
    issuer: String,
    audiences: Vec<Result<Audience, ConfigError>>,
    keys: Vec<VerifyingKey>,
    key_source: Option<Arc<dyn KeySource>>,
    leeway: Duration,
    max_lifetime: Duration,
    client_optional: bool,
    max_length: usize,
    clock: Arc<dyn Clock>,
    feed: Option<Arc<dyn RevocationFeed>>,
    settings: FeedSettings,
    relaxed: Option<RelaxedProfile>,
    vocabulary: Option<Vocabulary>,
    prefix: Option<String>,
    api_keys: Option<(Arc<dyn ApiKeyStore>, Arc<MasterSecret>)>,
    permissions: Option<Arc<dyn PermissionSource>>,
    confirmations: Option<Arc<dyn ConfirmationSink>>,
}

/// The most that clocks may be allowed to disagree.
const LONGEST_LEEWAY: Duration = Duration::from_secs(10 * 60);
/// The longest life that an access token may be allowed.
const LONGEST_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

impl VerifierBuilder<Undecided> {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            options: Options {
                issuer,
                audiences: Vec::new(),
                keys: Vec::new(),
                key_source: None,
                leeway: crate::token::rules::DEFAULT_LEEWAY,
                max_lifetime: crate::token::rules::DEFAULT_MAX_LIFETIME,
                client_optional: false,
                max_length: DEFAULT_MAX_LENGTH,
                clock: Arc::new(SystemClock::new()),
                feed: None,
                settings: FeedSettings {
                    poll_interval: Duration::from_millis(500),
                    max_staleness: Duration::from_secs(5),
                    allow_stale: false,
                },
                relaxed: None,
                vocabulary: None,
                prefix: None,
                api_keys: None,
                permissions: None,
                confirmations: None,
            },
            choice: PhantomData,
        }
    }

    /// Follows this feed: what it says is revoked is refused, within a poll interval.
    ///
    /// Pass an `Arc` to share the store.
    pub fn revocations(self, feed: impl RevocationFeed) -> VerifierBuilder<Decided> {
        self.with(|options| options.feed = Some(Arc::new(feed))).decided()
    }

    /// Verifies without revocation: a token is good until it expires, whatever happened since.
    pub fn stateless(self) -> VerifierBuilder<Decided> {
        self.decided()
    }

    fn decided(self) -> VerifierBuilder<Decided> {
        VerifierBuilder { options: self.options, choice: PhantomData }
    }
}

impl<Choice> VerifierBuilder<Choice> {
    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// A name of this resource server; a token's `aud` must contain one of them (RFC 9068 §4).
    pub fn audience(self, audience: impl AsRef<str>) -> Self {
        let audience = Audience::parse(audience.as_ref()).map_err(ConfigError::Audience);
        self.with(|options| options.audiences.push(audience))
    }

    /// One key that tokens may be signed with.
    pub fn key(self, key: VerifyingKey) -> Self {
        self.with(|options| options.keys.push(key))
    }

    /// Keys that tokens may be signed with, such as those of a JWKS document.
    pub fn keys(self, keys: &VerifyingKeys) -> Self {
        self.with(|options| options.keys.extend(keys.iter().cloned()))
    }

    /// The keys of a JWK Set that an issuer publishes.
    pub fn jwks(self, set: &Jwks) -> Self {
        let keys = set.keys().iter().map(|key| key.verifying_key().clone());
        self.with(|options| options.keys.extend(keys))
    }

    /// A set of keys that changes over time.
    pub fn key_source(self, source: impl KeySource) -> Self {
        self.with(|options| options.key_source = Some(Arc::new(source)))
    }

    /// How far clocks may disagree over `exp`, `nbf` and `iat`; 30 seconds by default.
    pub fn leeway(self, leeway: Duration) -> Self {
        self.with(|options| options.leeway = leeway)
    }

    /// The longest time from `iat` to `exp`; 24 hours by default. Revocations must be kept at
    /// least as long.
    pub fn max_access_lifetime(self, longest: Duration) -> Self {
        self.with(|options| options.max_lifetime = longest)
    }

    /// Accepts tokens without `client_id`, against RFC 9068 §2.2.
    pub fn client_optional(self) -> Self {
        self.with(|options| options.client_optional = true)
    }

    /// The longest token that is looked at, in bytes; 8 KiB by default, 16 KiB at most.
    pub fn max_length(self, bytes: usize) -> Self {
        self.with(|options| options.max_length = bytes)
    }

    /// Another clock than the operating system's.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|options| options.clock = Arc::new(clock))
    }

    /// How old the knowledge of revocations may be before tokens are refused with
    /// [`VerifyError::Stale`](super::VerifyError::Stale); 5 seconds by default.
    pub fn max_staleness(self, oldest: Duration) -> Self {
        self.with(|options| options.settings.max_staleness = oldest)
    }

    /// How often the feed is read; 500 milliseconds by default.
    pub fn poll_interval(self, interval: Duration) -> Self {
        self.with(|options| options.settings.poll_interval = interval)
    }

    /// Goes on accepting tokens when revocations cannot be read.
    ///
    /// # Security
    /// Whoever can keep this process from its store can then use revoked tokens until they
    /// expire.
    pub fn dangerous_allow_stale(self) -> Self {
        self.with(|options| options.settings.allow_stale = true)
    }

    /// Also accepts the tokens that a service had before.
    pub fn relaxed(self, profile: RelaxedProfile) -> Self {
        self.with(|options| options.relaxed = Some(profile))
    }

    /// Reads scopes that are not canonical with this vocabulary. Without one, bare words of such
    /// scopes are dropped.
    pub fn vocabulary(self, vocabulary: Vocabulary) -> Self {
        self.with(|options| options.vocabulary = Some(vocabulary))
    }

    /// The brand in front of opaque tokens; `hp` by default.
    pub fn prefix(self, brand: impl Into<String>) -> Self {
        let brand = brand.into();
        self.with(|options| options.prefix = Some(brand))
    }

    /// Also accepts API keys: they are opened with keys from the master secret and looked up in
    /// the store. Pass an `Arc` to share either.
    pub fn api_keys(self, store: impl ApiKeyStore, secret: impl Into<Arc<MasterSecret>>) -> Self {
        let secret = secret.into();
        self.with(|options| options.api_keys = Some((Arc::new(store), secret)))
    }

    /// Asks what a subject may do now whenever an API key is looked up in the store.
    pub fn permissions(self, source: impl PermissionSource) -> Self {
        self.with(|options| options.permissions = Some(Arc::new(source)))
    }

    /// Tells this sink which sessions' newest tokens are in use.
    pub fn confirmations(self, sink: impl ConfirmationSink) -> Self {
        self.with(|options| options.confirmations = Some(Arc::new(sink)))
    }
}

impl VerifierBuilder<Decided> {
    /// Builds the verifier. Does no I/O; [`Verifier::ready`] loads what must be loaded.
    ///
    /// # Errors
    /// [`ConfigError`] when options are missing, malformed or contradict each other.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let options = self.options;
        let issuer = Issuer::parse(&options.issuer).map_err(ConfigError::Issuer)?;
        let audiences: Vec<Audience> = options.audiences.into_iter().collect::<Result<_, _>>()?;
        if audiences.is_empty() {
            return Err(ConfigError::NoAudience);
        }
        check_duration("leeway", options.leeway, LONGEST_LEEWAY)?;
        check_duration("max_access_lifetime", options.max_lifetime, LONGEST_LIFETIME)?;
        if options.settings.max_staleness < options.settings.poll_interval {
            return Err(ConfigError::Staleness);
        }
        if options.max_length == 0 || options.max_length > HARD_MAX_LENGTH {
            return Err(ConfigError::MaxLength { limit: HARD_MAX_LENGTH });
        }
        let relaxed_only = options.relaxed.is_some();
        let keys = join_keys(options.keys, options.key_source, relaxed_only)?;
        let own = match &keys {
            Keys::Fixed(keys) => Some(keys),
            Keys::Source(_) => None,
        };
        let relaxed = match options.relaxed {
            Some(profile) => Some(profile.complete(own, &audiences)?),
            None => None,
        };
        let prefixes = match &options.prefix {
            Some(brand) => Prefixes::new(brand).map_err(ConfigError::Prefix)?,
            None => Prefixes::default(),
        };
        let longest = relaxed.as_ref().map_or(Duration::ZERO, RelaxedProfile::max_lifetime);
        let retention = longest.max(options.max_lifetime) + options.leeway;
        let news = Arc::new(News {
            index: Arc::new(RevocationIndex::new(retention)),
            cache: ApiKeyCache::default(),
        });
        let follower = options.feed.map(|feed| {
            let sink: Arc<dyn RevocationSink> = Arc::<News>::clone(&news);
            let sink: Weak<dyn RevocationSink> = Arc::downgrade(&sink);
            feed.subscribe(sink);
            Follower::new(feed, options.settings, &*options.clock)
        });
        let api_keys = match options.api_keys {
            None => None,
            Some((store, secret)) => Some(ApiKeys {
                store,
                sealing: SealingKeys::derive(&secret, &issuer).map_err(ConfigError::Secret)?,
                prefixes: prefixes.clone(),
                permissions: options.permissions,
                used: LastUse::default(),
            }),
        };
        let rules = Rules {
            audiences,
            leeway: options.leeway,
            max_lifetime: options.max_lifetime,
            require_client: !options.client_optional,
            ..Rules::new(issuer)
        };
        let checker = Checker {
            rules,
            max_length: options.max_length,
            keys,
            relaxed,
            vocabulary: options.vocabulary.map_or_else(deny_bare_words, Ok)?,
        };
        Ok(Verifier(Arc::new(Inner {
            checker,
            clock: options.clock,
            follower,
            news,
            prefixes,
            api_keys,
            confirmations: options.confirmations.map(Confirmations::new),
        })))
    }
}

fn check_duration(option: &'static str, of: Duration, limit: Duration) -> Result<(), ConfigError> {
    if of > limit {
        return Err(ConfigError::TooLong { option, limit_seconds: limit.as_secs() });
    }
    Ok(())
}

fn join_keys(
    keys: Vec<VerifyingKey>,
    source: Option<Arc<dyn KeySource>>,
    may_be_empty: bool,
) -> Result<Keys, ConfigError> {
    match source {
        Some(source) if keys.is_empty() => Ok(Keys::Source(source)),
        Some(_) => Err(ConfigError::Keys { problem: "give either keys or a source of keys" }),
        None if keys.is_empty() && !may_be_empty => Err(ConfigError::NoKey),
        None => VerifyingKeys::new(keys)
            .map(Keys::Fixed)
            .map_err(|_| ConfigError::Keys { problem: "two keys have the same name" }),
    }
}

/// A bare word in a foreign scope may be an OpenID Connect word or anything else; read as a
/// resource it would allow everything on it (SCOPE grammar: issued tokens carry none).
fn deny_bare_words() -> Result<Vocabulary, ConfigError> {
    Vocabulary::builder()
        .bare_words(BareWords::Deny)
        .build()
        .map_err(|_| ConfigError::Relaxed { what: "a vocabulary" })
}

impl<Choice> Debug for VerifierBuilder<Choice> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuer", &self.options.issuer)
            .finish_non_exhaustive()
    }
}
