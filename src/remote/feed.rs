//! Knows how to follow a revocation feed that another service serves over HTTP.
//! Must not know what a verifier does with the records.

use std::{
    error::Error,
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;

use super::{Fetch, FetchRequest, HttpFetch, address::Address, credential::Credential};
use crate::{
    secret::ClientSecret,
    store::{Cursor, FeedPage, RevocationFeed, RevocationSink, StoreError, StoreErrorKind},
    verifier::ConfigError,
};

/// The most records that are asked for at once.
const PAGE: u32 = 1000;
/// The longest page that is read, in bytes: room for a thousand of the longest records.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The revocation feed of an authority elsewhere, read over HTTP: what a partner's service gives
/// to [`VerifierBuilder::revocations`](crate::verifier::VerifierBuilder::revocations) in the place
/// of a store.
///
/// ```no_run
/// use hallpass::{Verifier, remote::RemoteFeed, secret::ClientSecret};
/// use std::time::Duration;
///
/// let secret = ClientSecret::new(std::env::var("FEED_SECRET")?);
/// let feed = RemoteFeed::at("https://auth.example.com/oauth/revocations")?.client("partner", &secret);
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .remote_jwks("https://auth.example.com/.well-known/jwks.json")
///     .revocations(feed)
///     .poll_interval(Duration::from_secs(2))
///     .max_staleness(Duration::from_secs(15))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RemoteFeed {
    address: Address,
    fetch: Arc<dyn Fetch>,
    credential: Option<Credential>,
    timeout: Duration,
}

impl RemoteFeed {
    /// The feed at this address: `https`, or `http` on a loopback host.
    ///
    /// # Errors
    /// [`ConfigError::Address`] when it is no such address.
    pub fn at(url: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            address: Address::parse(url)?,
            fetch: Arc::new(HttpFetch::new()),
            credential: None,
            timeout: Duration::from_secs(2),
        })
    }

    /// Another HTTP client than [`HttpFetch`].
    #[must_use]
    pub fn fetch(mut self, fetch: impl Fetch) -> Self {
        self.fetch = Arc::new(fetch);
        self
    }

    /// Authenticates as a client with its secret: HTTP Basic (RFC 6749 §2.3.1).
    #[must_use]
    pub fn client(mut self, client_id: &str, secret: &ClientSecret) -> Self {
        self.credential = Some(Credential::basic(client_id, secret.expose_secret()));
        self
    }

    /// Sends this `Authorization` header, such as `Bearer` and an API key.
    #[must_use]
    pub fn authorization(mut self, value: impl Into<String>) -> Self {
        self.credential = Some(Credential::fixed(value.into()));
        self
    }

    /// Asks for the `Authorization` header before each request: for an access token that is
    /// replaced now and then. It must not block.
    #[must_use]
    pub fn authorization_from(mut self, give: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.credential = Some(Credential::Given(Arc::new(give)));
        self
    }

    /// How long one request may take; 2 seconds by default. Keep it well below the verifier's
    /// `max_staleness`.
    #[must_use]
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = longest;
        self
    }
}

/// The status of an answer without a page.
#[derive(Debug, thiserror::Error)]
#[error("the status was {0}")]
struct Status(u16);

fn error(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::new(kind, "remote").with_source(source)
}

#[async_trait]
impl RevocationFeed for RemoteFeed {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let limit = limit.clamp(1, PAGE).to_string();
        let mut url = self.address.with_parameter("limit", &limit);
        if let Some(cursor) = after {
            url.push_str("&after=");
            url.push_str(&cursor.to_text());
        }
        let authorization = self.credential.as_ref().map(Credential::value);
        let request = FetchRequest::new(url, self.timeout, MAX_BYTES).authorized(authorization);
        let response = self
            .fetch
            .fetch(&request)
            .await
            .map_err(|source| error(StoreErrorKind::Unavailable, source))?;
        let kind = match response.status {
            200 => {
                return page(&response.body);
            }
            // The place in the feed is lost: the reader begins again.
            410 => StoreErrorKind::Corrupt,
            429 => StoreErrorKind::Busy,
            300..=499 => StoreErrorKind::Misconfigured,
            _ => StoreErrorKind::Unavailable,
        };
        Err(error(kind, Status(response.status)))
    }

    async fn changed(&self) {
        // The poll interval is all there is.
        std::future::pending().await
    }

    /// Nothing is written through this object, so there is nothing to tell.
    fn subscribe(&self, _sink: Weak<dyn RevocationSink>) {}
}

fn page(body: &[u8]) -> Result<FeedPage, StoreError> {
    let corrupt = StoreErrorKind::Corrupt;
    let text = str::from_utf8(body).map_err(|source| error(corrupt, source))?;
    FeedPage::from_json(text).map_err(|source| error(corrupt, source))
}
