//! WHAT IS REMEMBERED: the contract of a store, by role, and the memory store.
//! Must not know a token, a secret or a clock: stores get ids, hashes and `now`.
//!
//! | role | remembers |
//! |---|---|
//! | [`SessionStore`] | sessions, and applies [`decide`] to them |
//! | [`RevocationFeed`], [`RevocationStore`] | what was taken back, for every verifier |
//! | [`ApiKeyStore`] | API keys |
//!
//! [`Store`] is their sum, implemented for whatever has all roles. Every method is one atomic
//! step that says what happened; none has a default body, so that a new duty never passes
//! silently.

mod api_key;
mod decide;
mod error;
mod forward;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod revocation;
mod session;

pub use api_key::{ApiKeyChange, ApiKeyRecord, ApiKeyStore, RotateApiKeyOutcome};
pub use decide::{Decision, Granted, Refusal, Reuse, RotateOutcome, Rotation, decide};
pub use error::{StoreError, StoreErrorKind};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBuilder, PostgresStore};
pub use revocation::{
    Cursor, DEFAULT_RETENTION, EndedCounts, FeedPage, LocalSinks, Owner, Reach, RevocationFeed,
    RevocationRecord, RevocationSink, RevocationStore, Target,
};
pub use session::{
    Attempt, CarriedClaims, EndReason, InsertOutcome, Persistence, ProofKey, SessionPolicy,
    SessionRecord, SessionState, SessionStore,
};

/// Everything an authority needs to remember.
pub trait Store: SessionStore + RevocationStore + ApiKeyStore {}

impl<T: SessionStore + RevocationStore + ApiKeyStore + ?Sized> Store for T {}
