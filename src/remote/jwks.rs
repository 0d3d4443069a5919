//! Knows what can be set about an issuer's keys over HTTP.
//! Must not know how they are read; `keys` does.

use std::{sync::Arc, time::Duration};

use super::{
    Fetch, HttpFetch,
    address::Address,
    document::{Document, Place},
    keys::RemoteKeys,
    metadata,
    pace::Limits,
};
use crate::{
    key::Jwks,
    verifier::{ConfigError, KeySource, Known, VerifierBuilder},
};

/// An issuer's keys, read over HTTP and kept fresh: where they are and how often they are read.
///
/// ```
/// use hallpass::{Verifier, remote::RemoteJwks};
/// use std::time::Duration;
///
/// let keys = RemoteJwks::at("https://auth.example.com/.well-known/jwks.json")
///     .max_stale(Duration::from_secs(20 * 60));
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .remote_jwks(keys)
///     .stateless()
///     .build()?;
/// # Ok::<(), hallpass::verifier::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct RemoteJwks {
    /// `None` to ask the issuer's metadata.
    url: Option<String>,
    fetch: Option<Arc<dyn Fetch>>,
    limits: Limits,
    timeout: Duration,
    max_bytes: usize,
}

impl RemoteJwks {
    /// The keys at this address: `https`, or `http` on a loopback host. What is no such address is
    /// an error of [`VerifierBuilder::build`].
    pub fn at(url: impl Into<String>) -> Self {
        Self::new(Some(url.into()))
    }

    /// The keys where the verifier's issuer says they are: `jwks_uri` of its metadata (OpenID
    /// Connect Discovery 1.0, or RFC 8414), which is read anew with the keys.
    pub fn discovered() -> Self {
        Self::new(None)
    }

    fn new(url: Option<String>) -> Self {
        Self {
            url,
            fetch: None,
            limits: Limits {
                min_age: Duration::from_secs(30),
                max_age: Duration::from_secs(5 * 60),
                max_stale: Duration::from_secs(60 * 60),
                refetches: 5,
            },
            timeout: Duration::from_secs(5),
            max_bytes: Jwks::MAX_BYTES,
        }
    }

    /// Another HTTP client than [`HttpFetch`].
    pub fn fetch(mut self, fetch: impl Fetch) -> Self {
        self.fetch = Some(Arc::new(fetch));
        self
    }

    /// The shortest time between two scheduled reads, whatever the answer's `Cache-Control` says;
    /// 30 seconds by default.
    pub fn min_age(mut self, shortest: Duration) -> Self {
        self.limits.min_age = shortest;
        self
    }

    /// The longest time between two scheduled reads, and the time where the answer says nothing;
    /// five minutes by default. It must be shorter than the time for which the issuer publishes a
    /// key before it signs.
    pub fn max_age(mut self, longest: Duration) -> Self {
        self.limits.max_age = longest;
        self
    }

    /// How long the keys are believed after they were read, when they cannot be read anew; an hour
    /// by default. After that every token is refused with
    /// [`VerifyError::Keys`](crate::verifier::VerifyError::Keys).
    ///
    /// # Security
    /// Whoever keeps this process from its issuer keeps it believing a key that the issuer has
    /// taken back, for so long and unless the revocation feed says so.
    pub fn max_stale(mut self, longest: Duration) -> Self {
        self.limits.max_stale = longest;
        self
    }

    /// How often a minute a token that names an unknown key makes us read the keys; 5 by default.
    /// With 0 new keys are seen on schedule alone.
    pub fn refetches_per_minute(mut self, most: u16) -> Self {
        self.limits.refetches = usize::from(most);
        self
    }

    /// How long one request may take; 5 seconds by default.
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = longest;
        self
    }

    /// The longest JWK Set that is read, in bytes; [`Jwks::MAX_BYTES`] by default and at most.
    pub fn max_bytes(mut self, most: usize) -> Self {
        self.max_bytes = most.min(Jwks::MAX_BYTES);
        self
    }

    fn build(self, known: &Known) -> Result<Arc<dyn KeySource>, ConfigError> {
        let problem = |problem| Err(ConfigError::RemoteJwks { problem });
        if self.limits.max_age < self.limits.min_age {
            return problem("max_age is shorter than min_age");
        }
        if self.limits.max_stale < self.limits.max_age {
            return problem("max_stale is shorter than max_age");
        }
        if self.limits.min_age < Duration::from_secs(1) {
            return problem("min_age is shorter than a second");
        }
        if self.timeout.is_zero() {
            return problem("timeout is zero");
        }
        let place = match &self.url {
            Some(url) => Place::Keys(Address::parse(url)?),
            None => {
                let metadata = metadata::addresses(&known.issuer)?;
                Place::Metadata { issuer: known.issuer.clone(), metadata }
            }
        };
        let fetch = self.fetch.unwrap_or_else(|| Arc::new(HttpFetch::new()));
        let Self { limits, timeout, max_bytes, .. } = self;
        let document = Document { place, fetch, timeout, max_bytes };
        let keys = RemoteKeys::new(document, limits, known.backend, Arc::clone(&known.clock));
        Ok(Arc::new(keys))
    }
}

impl From<&str> for RemoteJwks {
    fn from(url: &str) -> Self {
        Self::at(url)
    }
}

impl From<String> for RemoteJwks {
    fn from(url: String) -> Self {
        Self::at(url)
    }
}

impl<Choice> VerifierBuilder<Choice> {
    /// The keys that an issuer publishes at an address, or as [`RemoteJwks`] says: read over HTTP
    /// when they are first needed, kept, and kept fresh.
    ///
    /// A token under a known key is checked without any I/O. A token that names an unknown key
    /// makes the verifier look again, a few times a minute at most.
    pub fn remote_jwks(self, keys: impl Into<RemoteJwks>) -> Self {
        let keys = keys.into();
        self.make_key_source(move |known| keys.build(known))
    }
}

#[cfg(test)]
#[cfg(feature = "aws-lc-rs")]
mod tests;
