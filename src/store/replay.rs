//! Knows which single-use values have been used.
//! Must not know what they are; it sees a hash.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{StoreError, presented::Attempt};
use crate::clock::Timestamp;

/// Remembers values that work once: the `jti` of a client assertion or of a proof.
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, store::{Attempt, ReplayStore as _}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let at = Timestamp::from_unix_seconds;
/// let jti = [7; 32]; // a hash of the value and of what it is for
/// let attempt = |mark| Attempt::from_bytes([mark; 8]);
/// assert!(store.consume_once(&jti, attempt(1), at(1_300), at(1_000)).await?);
/// assert!(!store.consume_once(&jti, attempt(2), at(1_300), at(1_001)).await?, "a replay");
/// assert_eq!(store.prune_replays(at(1_299), 100).await?, 0); // it could come again
/// assert_eq!(store.prune_replays(at(1_300), 100).await?, 1);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait ReplayStore: Debug + Send + Sync + 'static {
    /// Uses up a value until `expires_at`, and says whether this was its first use.
    /// Linearizable: of many callers one is first. The same attempt sent again is first again.
    ///
    /// # Errors
    /// [`StoreError`]; the value may or may not be used up, and must count as used.
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Forgets up to `limit` values whose `expires_at` is at or before `now`.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten stays forgotten.
    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
