//! Knows what a subject has consented to for each client, and what ends when that becomes less.
//! Must not know how anybody is asked.

use super::Authority;
use crate::{
    event,
    id::{ClientId, Subject},
    scope::{Scope, ScopeError},
    store::{
        ConsentOutcome, ConsentRecord, EndReason, EndedCounts, Owner, Reach, StoreError,
        StoreErrorKind,
    },
};

/// How often a change is tried that others overtake.
const ATTEMPTS: usize = 32;

/// A consent could not be changed. Repeating it is safe.
///
/// ```
#[doc = a_server!()]
/// use hallpass::{authority::ConsentError, id::{ClientId, Subject}};
///
/// let (ada, app) = (Subject::parse("ada")?, ClientId::parse("app")?);
/// let books = (0..100).map(|id| format!("book:{id}:read")).collect::<Vec<_>>().join(" ");
/// let pages = books.replace("book", "page");
/// let _ = authority.give_consent(&ada, &app, &books.parse()?).await?;
/// match authority.give_consent(&ada, &app, &pages.parse()?).await {
///     // What was consented to before stays. Ask for `page:*:read` instead.
///     Err(ConsentError::Scope(error)) => {
///         assert_eq!(error.to_string(), "scope has 200 items, the limit is 128");
///     }
///     Err(ConsentError::Unavailable(error)) => eprintln!("try again: {error}"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// The scope is beyond the limits.
    #[error("the scope to consent to does not fit: {0}")]
    Scope(#[from] ScopeError),
    /// The store did not answer: the change may or may not have happened.
    #[error("{0}")]
    Unavailable(#[from] StoreError),
}

impl Authority {
    /// What a subject has consented to for a client.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        self.0.server()?.find_consent(subject, client).await
    }

    /// A subject's consents by client, for a page on which they are taken back: at most `limit`
    /// of those after `after`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        self.0.server()?.list_consents(subject, after, limit).await
    }

    /// Adds to what a subject has consented to, and gives what that is now.
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::id::{ClientId, Subject};
    ///
    /// let (ada, app) = (Subject::parse("ada")?, ClientId::parse("app")?);
    /// let _ = authority.give_consent(&ada, &app, &"invoice:7:read".parse()?).await?;
    /// let all = authority.give_consent(&ada, &app, &"report:*:read".parse()?).await?;
    /// assert_eq!(all.as_str(), "invoice:7:read report:*:read");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ConsentError`]; repeating it is safe.
    pub async fn give_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        scope: &Scope,
    ) -> Result<Scope, ConsentError> {
        for _ in 0..ATTEMPTS {
            let before = self.find_consent(subject, client).await?.map(|record| record.scope);
            let after = match &before {
                Some(before) if before.covers(scope) => return Ok(before.clone()),
                Some(before) => before.join(scope)?,
                None => scope.clone(),
            };
            if self.put_consent(subject, client, before.as_ref(), &after).await? {
                return Ok(after);
            }
        }
        Err(overtaken())
    }

    /// Keeps of a consent what is within `scope` too, and gives what that is. If it is less than
    /// before, all that the client holds for the subject ends in the same step: a session's scope
    /// never changes.
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::id::{ClientId, Subject};
    ///
    /// let (ada, app) = (Subject::parse("ada")?, ClientId::parse("app")?);
    /// let _ = authority.give_consent(&ada, &app, &"invoice:*:*".parse()?).await?;
    /// let left = authority.narrow_consent(&ada, &app, &"invoice:*:read".parse()?).await?;
    /// assert_eq!(left.as_str(), "invoice:*:read"); // the app's sessions have ended
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ConsentError`]; repeating it is safe.
    pub async fn narrow_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        scope: &Scope,
    ) -> Result<Scope, ConsentError> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.find_consent(subject, client).await? else {
                return Ok(Scope::empty());
            };
            let before = before.scope;
            let left = before.meet(scope)?;
            if left == before {
                return Ok(left);
            }
            if left.is_empty() {
                let _ = self.withdraw_consent(subject, client).await?;
                return Ok(left);
            }
            if self.put_consent(subject, client, Some(&before), &left).await? {
                return Ok(left);
            }
        }
        Err(overtaken())
    }

    /// Takes a consent back. All that the client holds for the subject ends in the same step:
    /// the next use of any of it is refused, here at once, elsewhere within the poll interval.
    ///
    /// ```
    #[doc = a_server!()]
    /// use hallpass::{authority::Client, id::Subject};
    ///
    /// let app = authority.register_client(Client::public("app")).await?.id;
    /// let ada = Subject::parse("ada")?;
    /// let _ = authority.give_consent(&ada, &app, &"invoice:*:read".parse()?).await?;
    /// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("app");
    /// let issued = authority.issue(grant).await?;
    ///
    /// assert_eq!(authority.withdraw_consent(&ada, &app).await?.sessions, 1);
    /// assert!(authority.verify(issued.access_token()).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is safe.
    pub async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<EndedCounts, StoreError> {
        self.ensure_retention().await?;
        let now = self.0.clock.now();
        let counts = self.0.server()?.withdraw_consent(subject, client, now).await?;
        self.ended_with(counts, &at(subject, client), EndReason::ConsentWithdrawn).await
    }

    /// Says whether it could: another request may have changed what was there `before`.
    async fn put_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        before: Option<&Scope>,
        scope: &Scope,
    ) -> Result<bool, StoreError> {
        self.ensure_retention().await?;
        let now = self.0.clock.now();
        let consent = ConsentRecord {
            subject: subject.clone(),
            client: client.clone(),
            scope: scope.clone(),
            given_at: now,
        };
        let counts = match self.0.server()?.put_consent(&consent, before, now).await? {
            ConsentOutcome::Put(counts) => counts,
            ConsentOutcome::Conflict => return Ok(false),
        };
        if before.is_some_and(|before| !scope.covers(before)) {
            let (owner, reason) = (at(subject, client), EndReason::ConsentWithdrawn);
            let _ = self.ended_with(counts, &owner, reason).await?;
        }
        Ok(true)
    }

    /// Ends what was born while the step was under way that took `owner`'s grounds away, and says
    /// what has ended in all.
    ///
    /// The mark of that step bears the time before it, and a birth the time before its request
    /// read what allows it. What read between the two, and before the step had its effect, was
    /// born after that mark; it is not born after this one.
    pub(super) async fn ended_with(
        &self,
        first: EndedCounts,
        owner: &Owner,
        reason: EndReason,
    ) -> Result<EndedCounts, StoreError> {
        let now = self.0.clock.now();
        let second = self.0.store.revoke_owner(owner, Reach::Everything, reason, now).await?;
        let sessions = first.sessions.saturating_add(second.sessions);
        let api_keys = first.api_keys.saturating_add(second.api_keys);
        event::revoked(reason.as_str(), sessions, api_keys);
        Ok(EndedCounts { sessions, api_keys })
    }
}

fn overtaken() -> ConsentError {
    StoreError::new(StoreErrorKind::Busy, "consent").into()
}

fn at(subject: &Subject, client: &ClientId) -> Owner {
    Owner::SubjectAtClient(subject.clone(), client.clone())
}
