//! Knows which scope a subject has given to a client.
//! Must not know how it was asked.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{EndedCounts, StoreError};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
};

/// What a subject has consented to for one client.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .server_store(store.clone())
/// #     .build()?;
/// use hallpass::id::{ClientId, Subject};
///
/// let (ada, app) = (Subject::parse("ada")?, ClientId::parse("app")?);
/// authority.give_consent(&ada, &app, &"invoice:*:read".parse()?).await?;
/// authority.give_consent(&ada, &app, &"report:*:read".parse()?).await?;
/// let consent = authority.find_consent(&ada, &app).await?.unwrap();
/// assert_eq!(consent.scope.as_str(), "invoice:*:read report:*:read"); // all that was given
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct ConsentRecord {
    /// Who consented.
    pub subject: Subject,
    /// For which application.
    pub client: ClientId,
    /// To what.
    pub scope: Scope,
    /// When it was last given.
    pub given_at: Timestamp,
}

/// Remembers consents.
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
/// use hallpass::id::{ClientId, Subject};
/// use hallpass::store::{ConsentRecord, ConsentStore};
///
/// let now = issued.session_id().born();
/// let (subject, client) = (Subject::parse("ada")?, ClientId::parse("web")?);
/// let wide = ConsentRecord { subject, client, scope: "invoice:*:read".parse()?, given_at: now };
/// assert_eq!(store.put_consent(&wide, now).await?.sessions, 0);
/// // Less than before: what the client holds was given under the wider one.
/// let narrow = ConsentRecord { scope: "invoice:7:read".parse()?, ..wide };
/// assert_eq!(store.put_consent(&narrow, now).await?.sessions, 1);
/// assert!(authority.refresh(issued.refresh_token()).await.is_err());
/// # Ok(()) }
/// ```
#[async_trait]
pub trait ConsentStore: Debug + Send + Sync + 'static {
    /// Remembers a consent. Where the one before covered something that this one does not, all
    /// that the client holds for the subject ends in the same step, as
    /// [`revoke_owner`](super::RevocationStore::revoke_owner) with
    /// [`EndReason::ConsentWithdrawn`](super::EndReason::ConsentWithdrawn) does it.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened, and repeating it is safe.
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;

    /// The consent as it is now.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError>;

    /// A subject's consents by client, at most `limit` of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot answer.
    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError>;

    /// Takes a consent back, and ends all that the client holds for the subject, in one step. A
    /// consent that is not known is not an error; what the client holds ends all the same.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened, and repeating it is safe.
    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError>;
}
