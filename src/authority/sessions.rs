//! Knows how live sessions are listed: a subject's, a client's.
//! Must not know how one begins or ends.

use super::Authority;
use crate::{
    id::{ClientId, SessionId, Subject},
    store::{Owner, SessionRecord, StoreError},
};

impl Authority {
    /// A subject's live sessions, oldest first: at most `limit` of those after `after`.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::Subject;
    ///
    /// let grant = Grant::new("ada", "invoice:*:read".parse()?).label("Ada's phone");
    /// let issued = authority.issue(grant).await?;
    /// let sessions = authority.list_sessions(&Subject::parse("ada")?, None, 50).await?;
    /// assert_eq!(sessions[0].label.as_deref(), Some("Ada's phone"));
    /// assert_eq!(sessions[0].id, issued.session_id(), "for a button that ends it");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn list_sessions(
        &self,
        subject: &Subject,
        after: Option<&SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let owner = Owner::Subject(subject.clone());
        self.0.store.list_sessions(&owner, after, limit, self.0.clock.now()).await
    }

    /// The live sessions at a client, oldest first: at most `limit` of those after `after`.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::id::ClientId;
    ///
    /// for user in ["ada", "bob", "eve"] {
    ///     let grant = Grant::new(user, "invoice:*:read".parse()?).client("app");
    ///     let _ = authority.issue(grant).await?;
    /// }
    /// let (app, mut after, mut users) = (ClientId::parse("app")?, None, Vec::new());
    /// loop {
    ///     let page = authority.list_client_sessions(&app, after.as_ref(), 2).await?;
    ///     let Some(last) = page.last() else { break };
    ///     after = Some(last.id);
    ///     users.extend(page.into_iter().map(|session| session.subject));
    /// }
    /// assert_eq!(users.len(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn list_client_sessions(
        &self,
        client: &ClientId,
        after: Option<&SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let owner = Owner::Client(client.clone());
        self.0.store.list_sessions(&owner, after, limit, self.0.clock.now()).await
    }
}
