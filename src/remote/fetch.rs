//! Knows what a request and its answer are, as plain data, so that a host can bring its own HTTP
//! client.
//! Must not know an HTTP client.

use std::{
    error::Error,
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use zeroize::Zeroizing;

/// Gets one document over HTTP. [`HttpFetch`](super::HttpFetch) is the one in the box.
///
/// ```
/// use hallpass::{Algorithm, SigningKey, Verifier};
/// use hallpass::remote::{Fetch, FetchError, FetchRequest, FetchResponse, RemoteJwks};
///
/// /// Stands for an HTTP client of yours.
/// #[derive(Debug)]
/// struct Fixed(String);
///
/// #[async_trait::async_trait]
/// impl Fetch for Fixed {
///     async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
///         assert_eq!(request.url(), "https://auth.example.com/keys");
///         Ok(FetchResponse::new(200, self.0.clone().into_bytes()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SigningKey::generate(Algorithm::EdDSA)?.verifying_key();
/// let set = format!(r#"{{"keys":[{}]}}"#, key.jwk().unwrap().to_json());
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .remote_jwks(RemoteJwks::at("https://auth.example.com/keys").fetch(Fixed(set)))
///     .stateless()
///     .build()?;
/// assert!(verifier.ready().await.is_ok()); // the keys are there
/// # Ok(()) }
/// ```
///
/// # Security
/// What comes from here decides whom the verifier believes. An implementation
/// - checks the server's certificate against roots that the host trusts;
/// - **follows no redirect**: a `3xx` is returned like any other status;
/// - sends the `Authorization` to the address of the request alone, and logs it nowhere;
/// - stops at `max_bytes`, counted after any decompression, and at `timeout`, which covers
///   everything from the look-up of the name to the last byte;
/// - answers from no cache of its own.
#[async_trait]
pub trait Fetch: Debug + Send + Sync + 'static {
    /// Sends one `GET` and reads the answer.
    ///
    /// # Errors
    /// [`FetchError`] when there is no complete answer within the limits. Any status is an answer.
    async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError>;
}

#[async_trait]
impl<T: Fetch + ?Sized> Fetch for Arc<T> {
    async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        (**self).fetch(request).await
    }
}

/// One `GET` for a JSON document.
///
/// ```
/// use hallpass::remote::{Fetch, FetchError, FetchRequest, FetchResponse, RemoteFeed};
/// # use hallpass::{secret::ClientSecret, store::RevocationFeed as _};
///
/// /// What an HTTP client of yours is asked to do.
/// #[derive(Debug)]
/// struct Looking;
///
/// #[async_trait::async_trait]
/// impl Fetch for Looking {
///     async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
///         assert_eq!(request.url(), "https://auth.example.com/revocations?limit=10");
///         let credential = request.expose_authorization().unwrap();
///         assert!(credential.starts_with("Basic ")); // for this address alone, and for no log
///         assert_eq!(request.timeout().as_secs(), 2); // look-up, connection and body together
///         Err(FetchError::TimedOut)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = ClientSecret::new("an-example-secret-0123456789-abcdefghij".to_owned());
/// let feed = RemoteFeed::at("https://auth.example.com/revocations")?.client("partner", &secret);
/// assert!(feed.fetch(Looking).read_revocations(None, 10).await.is_err());
/// # Ok(()) }
/// ```
pub struct FetchRequest {
    url: String,
    authorization: Option<Zeroizing<String>>,
    timeout: Duration,
    max_bytes: usize,
}

impl FetchRequest {
    pub(super) fn new(url: String, timeout: Duration, max_bytes: usize) -> Self {
        Self { url, authorization: None, timeout, max_bytes }
    }

    pub(super) fn authorized(mut self, authorization: Option<Zeroizing<String>>) -> Self {
        self.authorization = authorization;
        self
    }

    /// Where: `https`, or `http` on a loopback host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of the `Authorization` header, if there is to be one.
    ///
    /// # Security
    /// It is a credential.
    #[must_use]
    pub fn expose_authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|value| value.as_str())
    }

    /// How long all of it may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The longest body that is of use.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }
}

impl Debug for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchRequest")
            .field("url", &self.url.split('?').next().unwrap_or_default())
            .field("timeout", &self.timeout)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
///
/// ```
/// # use hallpass::{Algorithm, SigningKey, Verifier};
/// # use hallpass::remote::{Fetch, FetchError, FetchRequest, RemoteJwks};
/// use hallpass::remote::FetchResponse;
/// use std::time::Duration;
/// # #[derive(Debug)]
/// # struct Fixed(FetchResponse);
/// # #[async_trait::async_trait]
/// # impl Fetch for Fixed {
/// #     async fn fetch(&self, _: &FetchRequest) -> Result<FetchResponse, FetchError> {
/// #         Ok(self.0.clone())
/// #     }
/// # }
/// # async fn is_ready(answer: FetchResponse) -> Result<bool, hallpass::verifier::ConfigError> {
/// #     let keys = RemoteJwks::at("https://auth.example.com/keys").fetch(Fixed(answer));
/// #     let builder = Verifier::builder("https://auth.example.com");
/// #     let builder = builder.audience("https://api.example.com");
/// #     Ok(builder.remote_jwks(keys).stateless().build()?.ready().await.is_ok())
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = SigningKey::generate(Algorithm::EdDSA)?.verifying_key().jwk().unwrap();
/// # let set = format!(r#"{{"keys":[{}]}}"#, key.to_json()).into_bytes();
/// // Fresh for four minutes more, says the way it came.
/// let keys = FetchResponse::new(200, set).cache_control("max-age=300");
/// assert!(is_ready(keys.age(Duration::from_secs(60))).await?);
/// // A redirect is an answer like any other: it is passed on, not followed, and holds no keys.
/// assert!(!is_ready(FetchResponse::new(301, Vec::new())).await?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct FetchResponse {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) cache_control: Option<String>,
    pub(super) age: Option<Duration>,
}

impl FetchResponse {
    /// An answer with this status and body.
    #[must_use]
    pub fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body, cache_control: None, age: None }
    }

    /// The values of its `Cache-Control` headers, joined with commas.
    #[must_use]
    pub fn cache_control(mut self, value: impl Into<String>) -> Self {
        self.cache_control = Some(value.into());
        self
    }

    /// Its `Age` header: how long it lay in caches on the way.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }
}

/// There is no complete answer.
///
/// ```
/// use hallpass::{Verifier, verifier::FailureKind};
/// use hallpass::remote::{Fetch, FetchError, FetchRequest, FetchResponse, RemoteJwks};
///
/// #[derive(Debug)]
/// struct Endless;
///
/// #[async_trait::async_trait]
/// impl Fetch for Endless {
///     async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
///         Err(FetchError::TooLong { limit: request.max_bytes() }) // stop reading there
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = RemoteJwks::at("https://auth.example.com/keys");
/// # let builder = Verifier::builder("https://auth.example.com");
/// # let builder = builder.audience("https://api.example.com");
/// let verifier = builder.remote_jwks(keys.fetch(Endless)).stateless().build()?;
/// let error = verifier.ready().await.unwrap_err();
/// assert_eq!(error.kind(), FailureKind::Unavailable); // 503, never 401
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server was not reached, its certificate not believed, or the connection broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It took longer than the request allows.
    #[error("the server took too long")]
    TimedOut,
    /// The body is longer than the request allows.
    #[error("the answer has more than {limit} bytes")]
    TooLong {
        /// The most bytes it may have.
        limit: usize,
    },
}
