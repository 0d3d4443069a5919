//! Knows what of a verifier's options fits together, and puts it together.
//! Must not do I/O.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    ConfigError, Decided, KeySource, RelaxedProfile, RevocationIndex, Verifier, VerifierBuilder,
    api_key::{ApiKeyCache, ApiKeys},
    builder::Known,
    cache::VerifiedCache,
    check::Checker,
    confirm::Confirmations,
    feed::{Follower, News},
    last_use::LastUse,
    source::Keys,
    verify::Inner,
};
use crate::{
    id::Audience,
    key::{KeyError, VerifyingKey, VerifyingKeys},
    store::RevocationSink,
    token::{Issuer, Prefixes, jwt::HARD_MAX_LENGTH, rules::Rules, sealing::SealingKeys},
};

/// The most that clocks may be allowed to disagree.
const LONGEST_LEEWAY: Duration = Duration::from_secs(10 * 60);
/// The longest life that an access token may be allowed.
const LONGEST_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

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
        let known = Known {
            #[cfg(feature = "remote-jwks")]
            issuer: issuer.clone(),
            #[cfg(feature = "remote-jwks")]
            clock: Arc::clone(&options.clock),
            #[cfg(feature = "remote-jwks")]
            backend: options.backend.unwrap_or_default(),
        };
        let source = options.key_source.map(|make| make(&known)).transpose()?;
        let mut keys = join_keys(options.keys, source, relaxed_only)?;
        let mut relaxed = options.relaxed;
        if let Some(backend) = options.backend {
            if let Keys::Fixed(keys) = &mut keys {
                *keys = keys.with_backend(backend).map_err(unprepared)?;
            }
            relaxed = relaxed.map(|profile| profile.with_backend(backend)).transpose()?;
        }
        let own = match &keys {
            Keys::Fixed(keys) => Some(keys),
            Keys::Source(_) => None,
        };
        let relaxed = match relaxed {
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
            listener: options.listener,
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
            vocabulary: options.vocabulary,
        };
        Ok(Verifier(Arc::new(Inner {
            checker,
            cache: VerifiedCache::new(options.verified_cache, options.leeway),
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

pub(super) fn unprepared(_: KeyError) -> ConfigError {
    ConfigError::Keys { problem: "the backend cannot prepare one" }
}
