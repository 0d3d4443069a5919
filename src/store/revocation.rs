//! Knows what can be taken back, and how a store takes it back.
//! Must not know how the news of it travels: `feed` does.

use std::time::Duration;

use async_trait::async_trait;

use super::{StoreError, ended::EndReason, feed::RevocationFeed};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
};

/// Whose sessions, tokens and keys a revocation reaches.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::{id::{ClientId, Subject}, store::{Owner, SessionStore as _}};
///
/// let now = issued.session_id().born();
/// let (ada, web) = (Subject::parse("ada")?, ClientId::parse("web")?);
/// for owner in [Owner::Subject(ada.clone()), Owner::SubjectAtClient(ada, web)] {
///     assert_eq!(store.list_sessions(&owner, None, 10, now).await?.len(), 1);
/// }
/// let other = Owner::Client(ClientId::parse("phone")?);
/// assert!(store.list_sessions(&other, None, 10, now).await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Owner {
    /// Everything that speaks for this subject.
    Subject(Subject),
    /// Everything this client holds.
    Client(ClientId),
    /// What this client holds for this subject.
    SubjectAtClient(Subject, ClientId),
}

/// What a revocation record takes back.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::{RevocationStore as _, Target};
///
/// let target = Target::Token(issued.token_id());
/// store.revoke(&target, issued.session_id().born()).await?;
/// assert!(authority.verify(issued.access_token()).await.is_err());
/// // The session goes on, with other access tokens.
/// let next = authority.refresh(issued.refresh_token()).await?;
/// assert!(authority.verify(next.access_token()).await.is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// One access token, by its `jti`.
    Token(TokenId),
    /// One session: every access token with its `sid`.
    Session(SessionId),
    /// Every token of the owner that was born at or before the record's `not_before`.
    Owner(Owner),
    /// An API key changed or ended: caches must ask the store again.
    ApiKey(ApiKeyId),
    /// A client's registration changed: whoever holds it must load it again.
    Client(ClientId),
    /// A signing key was withdrawn: nothing it signed is believed any more.
    SigningKey(KeyId),
}

/// One entry of the revocation feed.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::store::{RevocationFeed as _, Target};
///
/// authority.end_session(&issued.session_id()).await?;
/// let page = store.read_revocations(None, 100).await?;
/// let [record] = page.records.as_slice() else { panic!("one end, one record") };
/// assert_eq!(record.target, Target::Session(issued.session_id()));
/// assert!(record.expires_at > issued.expires_at()); // by then its tokens are dead anyway
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines and feed readers build it")]
pub struct RevocationRecord {
    /// What is taken back.
    pub target: Target,
    /// For an [`Owner`], the last birth that it kills, in milliseconds; for every other target,
    /// when the record was written.
    pub not_before: Timestamp,
    /// From here on no token that it covers can still be alive, and the record may go.
    pub expires_at: Timestamp,
}

/// How far the end of an owner's access reaches.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::{id::Subject, store::{EndReason, Owner, Reach, RevocationStore as _}};
///
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// let script = authority.issue_api_key(grant, "nightly report", None).await?;
/// let ada = Owner::Subject(Subject::parse("ada")?);
/// let now = script.id().born();
/// store.revoke_owner(&ada, Reach::Sessions, EndReason::SignedOut, now).await?;
/// assert!(authority.verify(issued.access_token()).await.is_err());
/// assert!(authority.verify(script.api_key()).await.is_ok()); // with `Everything` it ends, too
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Sessions and access tokens; API keys stay.
    Sessions,
    /// API keys as well.
    Everything,
}

/// What ending an owner's access did.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::{id::Subject, store::EndedCounts};
///
/// let ada = Subject::parse("ada")?;
/// let ended = authority.revoke_subject(&ada).await?;
/// assert_eq!(ended, EndedCounts { sessions: 1, api_keys: 0 });
/// assert_eq!(authority.revoke_subject(&ada).await?, EndedCounts::default()); // nothing was left
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "engines build it")]
pub struct EndedCounts {
    /// Sessions that were live and have ended.
    pub sessions: u64,
    /// API keys that were live and have ended.
    pub api_keys: u64,
}

/// The write side of revocation.
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, id::TokenId, store::{RevocationStore, Target}};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
/// assert_eq!(store.raise_retention(days(3)).await?, days(3));
/// assert_eq!(store.raise_retention(days(2)).await?, days(3), "the highest stays");
///
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// store.revoke(&Target::Token(TokenId::from_parts(now, [1; 12])), now).await?;
/// assert_eq!(store.prune_revocations(now + days(2), 100).await?, 0);
/// assert_eq!(store.prune_revocations(now + days(3), 100).await?, 1);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait RevocationStore: RevocationFeed {
    /// Tells the store how long records must be kept: the longest life an access token may have,
    /// with leeway and clock skew. The store keeps the highest value it was ever told, also
    /// across restarts, and gives every record it writes that life. Returns the value in force.
    /// Before the first call it is [`DEFAULT_RETENTION`].
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer; nothing may be issued before it could.
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError>;

    /// Writes one record for a single token or signing key. Writing it twice is not an error.
    ///
    /// # Errors
    /// [`StoreError`]; the revocation may or may not have happened, and repeating it is safe.
    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError>;

    /// Ends everything an owner has, in one step: sessions (and API keys, as `reach` says) that
    /// have not ended end, those that idle or have expired too, and one record is written whose `not_before` is `now` or the latest birth among
    /// what ended, whichever is later, so that a fast clock elsewhere saves nothing.
    ///
    /// # Errors
    /// [`StoreError`]; the revocation may or may not have happened, and repeating it is safe.
    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;

    /// Removes up to `limit` records whose `expires_at` is at or before `now`, and says how many.
    ///
    /// # Errors
    /// [`StoreError`]; what was removed stays removed.
    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
}

/// The retention in force before [`RevocationStore::raise_retention`] was ever called: the
/// default cap of an access token's life with room for leeway and skew.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60 + 60);
