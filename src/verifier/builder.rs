//! Knows what a verifier can be told.
//! Must not know what fits together; `build` does.

use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

use super::{
    ConfigError, ConfirmationSink, KeySource, PermissionSource, RelaxedProfile, feed::FeedSettings,
};
use crate::{
    clock::{Clock, SystemClock},
    id::Audience,
    key::{Backend, Jwks, VerifyingKey, VerifyingKeys},
    scope::Vocabulary,
    secret::MasterSecret,
    store::{ApiKeyStore, RevocationFeed, RevocationSink},
    token::jwt::DEFAULT_MAX_LENGTH,
};

/// The builder has not been told whether to look at revocations; it has no `build` yet.
///
/// ```
/// use hallpass::{MemoryStore, Verifier, verifier::{Undecided, VerifierBuilder}};
/// # use hallpass::{Algorithm, SigningKey};
/// # let key = SigningKey::generate(Algorithm::EdDSA)?.verifying_key();
///
/// let shared = || -> VerifierBuilder<Undecided> {
///     Verifier::builder("https://auth.example.com").audience("api").key(key.clone())
/// };
/// let follows = shared().revocations(MemoryStore::new()).build()?;
/// assert!(!follows.is_fresh(), "it wants to read what was revoked first");
/// assert!(shared().stateless().build()?.is_fresh());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a mark without content")]
pub struct Undecided;

/// The builder has been told whether to look at revocations.
///
/// ```
/// use hallpass::verifier::{Decided, VerifierBuilder};
/// use std::time::Duration;
///
/// /// Takes a builder only once its service has decided.
/// fn with_our_limits(builder: VerifierBuilder<Decided>) -> VerifierBuilder<Decided> {
///     builder.leeway(Duration::from_secs(5)).max_access_lifetime(Duration::from_secs(900))
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a mark without content")]
pub struct Decided;

/// Builds a [`Verifier`](super::Verifier). `build` exists only after the choice that nobody should make by
/// accident: [`revocations`](VerifierBuilder::revocations) or
/// [`stateless`](VerifierBuilder::stateless).
///
/// ```compile_fail
/// use hallpass::verifier::Verifier;
/// let verifier = Verifier::builder("https://auth.example.com").audience("api").build();
/// ```
#[must_use]
pub struct VerifierBuilder<Choice = Undecided> {
    pub(super) options: Options,
    choice: PhantomData<fn() -> Choice>,
}

/// Makes the source of keys when the rest is known.
pub(super) type MakeKeySource = Box<dyn FnOnce(&Known) -> MadeKeySource + Send + Sync>;
/// What comes of it.
type MadeKeySource = Result<Arc<dyn KeySource>, ConfigError>;

/// What a source of keys may need to know of the verifier it is for.
pub(crate) struct Known {
    /// The issuer whose keys they are.
    #[cfg(feature = "remote-jwks")]
    pub(crate) issuer: crate::token::Issuer,
    /// What time it is.
    #[cfg(feature = "remote-jwks")]
    pub(crate) clock: Arc<dyn Clock>,
    /// What is to check signatures.
    #[cfg(feature = "remote-jwks")]
    pub(crate) backend: Backend,
}

pub(super) struct Options {
    pub(super) issuer: String,
    pub(super) audiences: Vec<Result<Audience, ConfigError>>,
    pub(super) keys: Vec<VerifyingKey>,
    pub(super) key_source: Option<MakeKeySource>,
    pub(super) backend: Option<Backend>,
    pub(super) leeway: Duration,
    pub(super) max_lifetime: Duration,
    pub(super) client_optional: bool,
    pub(super) max_length: usize,
    pub(super) verified_cache: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) feed: Option<Arc<dyn RevocationFeed>>,
    pub(super) settings: FeedSettings,
    pub(super) relaxed: Option<RelaxedProfile>,
    pub(super) vocabulary: Option<Vocabulary>,
    pub(super) prefix: Option<String>,
    pub(super) api_keys: Option<(Arc<dyn ApiKeyStore>, Arc<MasterSecret>)>,
    pub(super) permissions: Option<Arc<dyn PermissionSource>>,
    pub(super) confirmations: Option<Arc<dyn ConfirmationSink>>,
    pub(super) listener: Option<Arc<dyn RevocationSink>>,
}

impl VerifierBuilder<Undecided> {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            options: Options {
                issuer,
                audiences: Vec::new(),
                keys: Vec::new(),
                key_source: None,
                backend: None,
                leeway: crate::token::rules::DEFAULT_LEEWAY,
                max_lifetime: crate::token::rules::DEFAULT_MAX_LIFETIME,
                client_optional: false,
                max_length: DEFAULT_MAX_LENGTH,
                verified_cache: super::cache::DEFAULT_BYTES,
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
                listener: None,
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
        self.make_key_source(|_| Ok(Arc::new(source)))
    }

    /// A set of keys that changes over time, made when the verifier is built.
    pub(crate) fn make_key_source(
        self,
        make: impl FnOnce(&Known) -> MadeKeySource + Send + Sync + 'static,
    ) -> Self {
        self.with(|options| options.key_source = Some(Box::new(make)))
    }

    /// What checks the signatures of access tokens: of all keys given here, and of those that
    /// `remote_jwks` reads. The keys of a [`key_source`](Self::key_source) are used as it gives
    /// them. Default: each key as it was given, and those that are read on [`Backend::Ring`].
    pub fn backend(self, backend: Backend) -> Self {
        self.with(|options| options.backend = Some(backend))
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

    /// The memory, in bytes, for JWTs that were checked already; 32 MiB by default, taken as it is
    /// needed, and 0 for none.
    ///
    /// A token that comes again is then known by its whole text, and costs no signature check. It
    /// is still judged by its times, by what was revoked and how recently that is known, and
    /// by its key, as at its first sight; only the answer comes sooner.
    ///
    /// # Security
    /// Tokens that are alive stay in memory, where a dump of the process shows them, as it shows
    /// those of requests under way.
    pub fn verified_cache(self, bytes: usize) -> Self {
        self.with(|options| options.verified_cache = bytes)
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

    /// Passes on every record of the feed, those that this process writes at once.
    pub(crate) fn listener(self, sink: Arc<dyn RevocationSink>) -> Self {
        self.with(|options| options.listener = Some(sink))
    }

    /// Tells this sink which sessions' newest tokens are in use.
    pub fn confirmations(self, sink: impl ConfirmationSink) -> Self {
        self.with(|options| options.confirmations = Some(Arc::new(sink)))
    }
}

impl<Choice> Debug for VerifierBuilder<Choice> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuer", &self.options.issuer)
            .finish_non_exhaustive()
    }
}
