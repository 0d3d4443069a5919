//! Knows how the endpoints ask the host whether a request is one too many.
//! Must not know how the host counts.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::Endpoint;

/// What a request may be counted by. Nothing in it is proved yet: the limit is asked before the
/// client authenticates, so that guessing secrets costs the guesser, and not us.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "hosts build it")]
pub struct RetryAfter(pub Duration);

/// The host's limit on requests. It is asked once a request, before the client authenticates and
/// before the store is touched; a refusal is answered with 429 and `Retry-After` (RFC 6585 §4).
///
/// Count by [`peer`](RateKey::peer) first: anyone can name any client, so that a limit by client
/// alone lets a stranger lock a client out.
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
