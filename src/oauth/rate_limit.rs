//! Knows how the endpoints ask the host whether a request is one too many.
//! Must not know how the host counts.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::Endpoint;

/// What a request may be counted by. Nothing in it is proved yet: the limit is asked before the
/// client authenticates, so that guessing secrets costs the guesser, and not us.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, web::RequestHead};
/// # use hallpass::oauth::{AuthorizationServer, Request};
/// use hallpass::oauth::{Endpoint, RateKey, RateLimit, RetryAfter};
/// use std::time::Duration;
///
/// /// The public documents are free; what could be guessed at is for senders who are known.
/// #[derive(Debug)]
/// struct KnownSenders;
///
/// #[async_trait::async_trait]
/// impl RateLimit for KnownSenders {
///     async fn check(&self, key: RateKey<'_>, _: u32) -> Result<(), RetryAfter> {
///         match (key.endpoint, key.peer) {
///             (Endpoint::Jwks, _) | (_, Some(_)) => Ok(()),
///             _ => Err(RetryAfter(Duration::from_secs(60))),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).rate_limit(KnownSenders).build()?;
/// # let head = RequestHead::new("POST", "/token")
/// #     .header("content-type", "application/x-www-form-urlencoded");
/// let form = b"grant_type=client_credentials&client_id=a&client_secret=guess";
/// let asked = Request::new(head).body(form);
/// assert_eq!(server.token(&asked.clone()).await.status(), 429);
/// assert_eq!(server.token(&asked.peer("192.0.2.7")).await.status(), 401); // a wrong guess
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RateKey<'r> {
    /// Which endpoint is asked.
    pub endpoint: Endpoint,
    /// The client that the request names, if it names one: at most 255 bytes, and maybe no client
    /// at all.
    pub client: Option<&'r str>,
    /// Who sent it, as [`Request::peer`](super::Request::peer) says.
    pub peer: Option<&'r str>,
}

/// The request is one too many; the next may come after this long.
///
/// ```
/// use hallpass::oauth::RetryAfter;
/// use std::time::Duration;
///
/// /// At most `most` a minute.
/// fn count(this_minute: u32, most: u32, left_of_minute: Duration) -> Result<(), RetryAfter> {
///     if this_minute < most { Ok(()) } else { Err(RetryAfter(left_of_minute)) }
/// }
///
/// let refused = count(60, 60, Duration::from_millis(12_300));
/// assert_eq!(refused, Err(RetryAfter(Duration::from_millis(12_300)))); // `Retry-After: 13`
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "hosts build it")]
pub struct RetryAfter(pub Duration);

/// The host's limit on requests. It is asked once a request, before the client authenticates and
/// before the store is touched; a refusal is answered with 429 and `Retry-After` (RFC 6585 §4).
///
/// Count by [`peer`](RateKey::peer) first: anyone can name any client, so that a limit by client
/// alone lets a stranger lock a client out.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey, web::RequestHead};
/// use hallpass::oauth::{AuthorizationServer, RateKey, RateLimit, Request, RetryAfter};
/// use std::{collections::HashMap, sync::Mutex, time::Duration};
///
/// /// Three requests for each sender; yours forgets them after a while.
/// #[derive(Debug, Default)]
/// struct Three(Mutex<HashMap<String, u32>>);
///
/// #[async_trait::async_trait]
/// impl RateLimit for Three {
///     async fn check(&self, key: RateKey<'_>, cost: u32) -> Result<(), RetryAfter> {
///         let mut counts = self.0.lock().unwrap();
///         let count = counts.entry(key.peer.unwrap_or("unknown").to_owned()).or_default();
///         *count += cost;
///         if *count <= 3 { Ok(()) } else { Err(RetryAfter(Duration::from_secs(30))) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority).rate_limit(Three::default()).build()?;
/// let head = RequestHead::new("POST", "/token")
///     .header("content-type", "application/x-www-form-urlencoded");
/// let form = b"grant_type=client_credentials&client_id=a&client_secret=guess";
/// let asked = Request::new(head).body(form).peer("192.0.2.7");
/// for status in [401, 401, 401, 429] {
///     assert_eq!(server.token(&asked).await.status(), status);
/// }
/// assert_eq!(server.token(&asked).await.header("retry-after"), Some("30"));
/// # Ok(()) }
/// ```
#[async_trait]
pub trait RateLimit: Debug + Send + Sync + 'static {
    /// Whether this request may go on. `cost` is 1 for most, and more where a request asks for
    /// more work.
    ///
    /// # Errors
    /// [`RetryAfter`] when it may not.
    async fn check(&self, key: RateKey<'_>, cost: u32) -> Result<(), RetryAfter>;
}

#[async_trait]
impl<T: RateLimit + ?Sized> RateLimit for Arc<T> {
    async fn check(&self, key: RateKey<'_>, cost: u32) -> Result<(), RetryAfter> {
        (**self).check(key, cost).await
    }
}

impl RetryAfter {
    /// What `Retry-After` says: whole seconds, at least one, rounded up (RFC 9110 §10.2.3).
    pub(super) fn seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
    }
}
