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

/// What became of a consent that was to be remembered.
///
/// ```
/// # use hallpass::{MemoryStore, Timestamp};
/// use hallpass::store::{ConsentOutcome, ConsentRecord, ConsentStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Timestamp::from_unix_seconds(1_800_000_000));
/// # let (subject, client) = ("ada".parse()?, "app".parse()?);
/// let invoices = ConsentRecord { subject, client, scope: "invoice:*:read".parse()?, given_at: now };
/// store.put_consent(&invoices, None, now).await?;
/// // The user takes it back while another request, which has read it, adds to it.
/// store.withdraw_consent(&invoices.subject, &invoices.client, now).await?;
/// let both = "invoice:*:read page:*:read".parse()?;
/// let both = ConsentRecord { scope: both, ..invoices.clone() };
/// let outcome = store.put_consent(&both, Some(&invoices.scope), now).await?;
/// assert_eq!(outcome, ConsentOutcome::Conflict);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum ConsentOutcome {
    /// It is as given now, and so much has ended.
    Put(EndedCounts),
    /// Somebody else changed it in between, or took it back; nothing changed.
    Conflict,
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
/// use hallpass::store::{ConsentOutcome, ConsentRecord, ConsentStore};
///
/// let now = issued.session_id().born();
/// let (subject, client) = (Subject::parse("ada")?, ClientId::parse("web")?);
/// let scope = "invoice:*:read".parse()?;
/// let wide = ConsentRecord { subject, client, scope, given_at: now };
/// let put = store.put_consent(&wide, None, now).await?;
/// assert!(matches!(put, ConsentOutcome::Put(ended) if ended.sessions == 0));
/// // Less than before: what the client holds was given under the wider one.
/// let narrow = ConsentRecord { scope: "invoice:7:read".parse()?, ..wide.clone() };
/// let put = store.put_consent(&narrow, Some(&wide.scope), now).await?;
/// assert!(matches!(put, ConsentOutcome::Put(ended) if ended.sessions == 1));
/// assert!(authority.refresh(issued.refresh_token()).await.is_err());
/// # Ok(()) }
/// ```
#[async_trait]
pub trait ConsentStore: Debug + Send + Sync + 'static {
    /// Remembers a consent in place of one to the scope `before`, or as the first where that is
    /// nothing. Where another is there, or none any more, nothing changes: a caller adds to what
    /// it has read, and must not bring back what was taken back since.
    ///
    /// Where the scope before covered something that the new one does not, all that the client
    /// holds for the subject ends in the same step, as
    /// [`revoke_owner`](super::RevocationStore::revoke_owner) with
    /// [`EndReason::ConsentWithdrawn`](super::EndReason::ConsentWithdrawn) does it.
    ///
    /// # Errors
    /// [`StoreError`]; it may or may not have happened: read it again.
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        before: Option<&Scope>,
        now: Timestamp,
    ) -> Result<ConsentOutcome, StoreError>;

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
