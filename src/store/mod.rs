//! WHAT IS REMEMBERED: the contract of a store, by role, and the memory store.
//! Must not know a token, a secret or a clock: stores get ids, hashes and `now`.
//!
//! | role | remembers |
//! |---|---|
//! | [`SessionStore`] | sessions, and applies [`decide`] to them |
//! | [`RevocationFeed`], [`RevocationStore`] | what was taken back, for every verifier |
//! | [`ApiKeyStore`] | API keys |
//! | [`ClientStore`], [`ConsentStore`] | registered applications, and what subjects gave them |
//! | [`CodeStore`], [`ReplayStore`] | authorization codes, and values that work once |
//! | [`SigningKeyStore`] | the keys that all instances sign with |
//!
//! [`Store`] is the sum of the first three, what an authority needs; [`ServerStore`] of all, what
//! an authorization server needs. Both are implemented for whatever has their roles. Every method is one atomic
//! step that says what happened; none has a default body, so that a new duty never passes
//! silently.

mod api_key;
mod carried;
mod client;
mod code;
mod consent;
mod decide;
mod ended;
mod error;
mod feed;
mod feed_wire;
mod forward;
mod forward_server;
mod judge;
mod memory;
mod outcome;
#[cfg(feature = "postgres")]
mod postgres;
mod presented;
mod redemption;
#[cfg(feature = "redis")]
mod redis;
mod replay;
mod revocation;
mod session;
mod session_store;
mod signing_key;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

pub use api_key::{ApiKeyChange, ApiKeyRecord, ApiKeyStore, RotateApiKeyOutcome};
pub use carried::CarriedClaims;
pub use client::{ClientRecord, ClientStore, HashedSecret, ReplaceOutcome};
pub use code::{CodeRecord, CodeStore, CodeUse};
pub use consent::{ConsentOutcome, ConsentRecord, ConsentStore};
pub use decide::{Decision, decide};
pub use ended::EndReason;
pub use error::{StoreError, StoreErrorKind};
pub use feed::{Cursor, FeedPage, LocalSinks, RevocationFeed, RevocationSink};
pub use feed_wire::FeedTextError;
pub use memory::MemoryStore;
pub use outcome::{Granted, Refusal, Reuse, RotateOutcome};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBuilder, PostgresStore};
pub use presented::{Attempt, ProofKey, Rotation};
pub use redemption::{CodeRefusal, RedeemDecision, RedeemOutcome, Redemption, decide_redemption};
#[cfg(feature = "redis")]
pub use redis::{RedisOptions, RedisStore};
pub use replay::ReplayStore;
pub use revocation::{
    DEFAULT_RETENTION, EndedCounts, Owner, Reach, RevocationRecord, RevocationStore, Target,
};
pub use session::{SessionPolicy, SessionRecord, SessionState};
pub use session_store::{InsertOutcome, Persistence, SessionStore};
pub use signing_key::{SigningKeyRecord, SigningKeySet, SigningKeyStore};

#[cfg(feature = "sqlite")]
pub use sqlite::{Durability as SqliteDurability, SqliteCounts, SqliteOptions, SqliteStore};
pub use url::{StoreUrlError, from_url};

/// Everything an authority needs to remember.
///
/// ```
/// use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// use hallpass::{authority::ConfigError, store::Store};
///
/// /// The same service on whichever store it is given.
/// fn authority(key: SigningKey, store: impl Store) -> Result<Authority, ConfigError> {
///     Authority::builder("https://auth.example.com")
///         .audience("https://api.example.com")
///         .signing_key(key)
///         .store(store)
///         .build()
/// }
///
/// let key = SigningKey::generate(Algorithm::EdDSA)?;
/// assert!(authority(key, MemoryStore::new()).is_ok());
/// # Ok::<(), hallpass::key::KeyError>(())
/// ```
pub trait Store: SessionStore + RevocationStore + ApiKeyStore {}

impl<T: SessionStore + RevocationStore + ApiKeyStore + ?Sized> Store for T {}

/// Everything an authorization server needs to remember.
///
/// ```
/// # use hallpass::{Algorithm, Authority, SigningKey, authority::Client, store};
/// use hallpass::store::ServerStore;
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store: Arc<dyn ServerStore> = store::from_url("memory:").await?;
/// let authority = Authority::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .signing_key(SigningKey::generate(Algorithm::ES256)?)
///     .server_store(store) // with `.store(..)` there is nowhere to remember a client
///     .build()?;
/// let partner = authority.register_client(Client::confidential("partner")).await?;
/// assert!(authority.find_client(&partner.id).await?.is_some());
/// # Ok(()) }
/// ```
pub trait ServerStore:
    Store + ClientStore + ConsentStore + CodeStore + ReplayStore + SigningKeyStore
{
}

impl<T> ServerStore for T where
    T: Store + ClientStore + ConsentStore + CodeStore + ReplayStore + SigningKeyStore + ?Sized
{
}
