//! Knows how a session goes on: a refresh token in, new tokens out.
//! Must not know what a presented token means; the store decides, in one step.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{
    Authority, Inner,
    error::{RefreshError, SigningError},
    issued::Issued,
    permissions::Narrowed,
};
use crate::{
    clock::Timestamp,
    crypto, event,
    id::{Audience, ClientId, SessionId},
    scope::Scope,
    secret::{RefreshToken, TokenText},
    store::{Attempt, Granted, ProofKey, Refusal, Reuse, RotateOutcome, Rotation, SessionRecord},
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// A refresh and what comes with it.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::Refresh;
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:*".parse()?)).await?;
/// let less = Refresh::new(issued.refresh_token()).scope("invoice:7:read".parse()?);
/// let next = authority.refresh_with(less).await?;
/// assert_eq!(next.scope().as_str(), "invoice:7:read");
///
/// let full = authority.refresh(next.refresh_token()).await?;
/// assert_eq!(full.scope().as_str(), "invoice:*:*", "the session keeps its scope");
/// # Ok(()) }
/// ```
#[must_use]
pub struct Refresh<'a> {
    token: Zeroizing<String>,
    pub(super) client: Option<&'a ClientId>,
    pub(super) proof: Option<ProofKey>,
    pub(super) scope: Option<Scope>,
    pub(super) audience: Option<Vec<Audience>>,
}

impl std::fmt::Debug for Refresh<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refresh")
            .field("client", &self.client)
            .field("scope", &self.scope)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl<'a> Refresh<'a> {
    /// A refresh with this token.
    pub fn new(token: impl TokenText) -> Self {
        Self {
            token: Zeroizing::new(token.token_text().to_owned()),
            client: None,
            proof: None,
            scope: None,
            audience: None,
        }
    }

    /// The client that has proved itself with this request, or, for a public client, that names
    /// itself. A token of another client is refused.
    pub fn client(mut self, client: &'a ClientId) -> Self {
        self.client = Some(client);
        self
    }

    /// The key that the request has proved possession of.
    pub fn proof(mut self, key: ProofKey) -> Self {
        self.proof = Some(key);
        self
    }

    /// Less scope for the access token of this answer (RFC 6749 §6). The session keeps its own.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Fewer audiences for the access token of this answer (RFC 8707 §2.2).
    pub fn audience(mut self, audience: Vec<Audience>) -> Self {
        self.audience = Some(audience);
        self
    }
}

impl Authority {
    /// Goes on with a session: a new access token, and the refresh token to present next. The
    /// one presented is spent, or, sent again within the retry window, answered with the very
    /// same successor.
    ///
    /// For public clients and the host's own sessions; a confidential client's session needs
    /// [`refresh_with`](Self::refresh_with) and the client.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let next = authority.refresh(issued.refresh_token()).await?;
    /// assert_eq!(next.session_id(), issued.session_id());
    ///
    /// // The answer got lost on its way. The client asks again, and gets the very same token.
    /// let again = authority.refresh(issued.refresh_token()).await?;
    /// assert_eq!(again.refresh_token().expose_secret(), next.refresh_token().expose_secret());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RefreshError`]. After [`RefreshError::Reused`] the session has ended; after every other
    /// error it is as it was, and the token may be presented again.
    pub async fn refresh(&self, token: impl TokenText) -> Result<Issued, RefreshError> {
        self.refresh_with(Refresh::new(token)).await
    }

    /// Goes on with a session, with the client, a proof, or less scope.
    ///
    /// ```
    #[doc = a_builder!()]
    /// use hallpass::{authority::{Client, Refresh, RefreshError}, id::ClientId};
    ///
    /// let authority = builder.client(Client::confidential("partner")).build()?;
    /// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("partner");
    /// let issued = authority.issue(grant).await?;
    /// let alone = authority.refresh(issued.refresh_token()).await;
    /// assert!(matches!(alone, Err(RefreshError::ClientRequired)));
    ///
    /// let partner = ClientId::parse("partner")?; // which has just proved itself to you
    /// let refresh = Refresh::new(issued.refresh_token()).client(&partner);
    /// assert!(authority.refresh_with(refresh).await.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`RefreshError`], as [`refresh`](Self::refresh).
    pub async fn refresh_with(&self, refresh: Refresh<'_>) -> Result<Issued, RefreshError> {
        let result = self.try_refresh(refresh).await;
        match &result {
            // These were told when they were found, with more than the error says.
            Ok(_)
            | Err(
                RefreshError::Reused(_) | RefreshError::StateRollback | RefreshError::ClockSkew,
            ) => {}
            Err(error) => event::refresh_refused(error),
        }
        result
    }

    async fn try_refresh(&self, refresh: Refresh<'_>) -> Result<Issued, RefreshError> {
        let inner = &*self.0;
        // Forged, mistyped and expired tokens end here, before any I/O.
        let now = inner.clock.now();
        let parts = inner.open(OpaqueKind::RefreshToken, &refresh.token, now)?;
        self.ensure_retention().await?;
        self.0.keys.ensure().await?;
        let narrowed = inner.narrow(&refresh, &parts).await?;
        let now = inner.clock.now();
        let rotation = Rotation {
            id: parts.session_id(),
            presented: parts.generation,
            client: refresh.client.cloned(),
            proof: refresh.proof,
            sealing_key: inner.sealing_key,
            attempt: Attempt::from_bytes(crypto::random_array().map_err(SigningError::from)?),
            fast_forward: inner.fast_forward,
        };
        match inner.store.rotate_session(&rotation, now).await? {
            RotateOutcome::Granted { how, session } => {
                inner.answer(&parts, how, &session, &narrowed, now)
            }
            RotateOutcome::Refused(refusal) => Err(RefreshError::of(refusal, &rotation.id)),
            RotateOutcome::Reused(reuse) => {
                report_reuse(&reuse);
                Err(RefreshError::Reused(reuse))
            }
            RotateOutcome::StateRollback { row } => {
                event::state_rollback(&rotation.id, rotation.presented, row);
                Err(RefreshError::StateRollback)
            }
        }
    }
}

impl Inner {
    /// The answer to a granted refresh. Nothing here can refuse any more, but for signing; a
    /// client that gets no answer presents the same token again.
    fn answer(
        &self,
        presented: &OpaqueParts,
        how: Granted,
        session: &SessionRecord,
        narrowed: &Narrowed,
        now: Timestamp,
    ) -> Result<Issued, RefreshError> {
        report(how, session);
        let client = match &narrowed.client {
            Some(client) => Some(client),
            None => self.clients.configured(&session.client).map(|known| &known.client),
        };
        let client = client.map(|client| &**client);
        let scope = self.effective(session, client, narrowed)?;
        let audience = narrowed.audience.as_deref().unwrap_or(&session.audience);
        let audience = self.still_allowed(client, audience)?;
        let access = self.mint(session, &scope, &audience, now)?;
        // The secret is the presented token's, the generation and the key are the row's: whoever
        // asks again gets the very same text. A session that does not rotate has no later moment
        // to come under a newer key.
        let successor = presented.at_generation(session.state.generation);
        let key = match how {
            Granted::Kept => self.sealing_key,
            _ => session.state.sealing_key,
        };
        let refresh = self.seal(&successor, key)?;
        Ok(Issued::refreshed(session, scope, access, RefreshToken::from_sealed(refresh), how))
    }
}

fn report(how: Granted, session: &SessionRecord) {
    let name = match how {
        Granted::Rotated { .. } => "rotated",
        Granted::Coalesced => "coalesced",
        Granted::Replayed => "replayed",
        Granted::Kept => "kept",
    };
    event::refreshed(name, &session.id, session.state.generation);
    if let Granted::Rotated { skew: Some(ahead) } = how {
        event::clock_skew(&session.id, millis(ahead));
    }
}

impl RefreshError {
    fn of(refusal: Refusal, session: &SessionId) -> Self {
        match refusal {
            Refusal::Ended(reason) => Self::Ended(reason),
            Refusal::Expired | Refusal::Idle => Self::Expired,
            Refusal::OtherClient => Self::OtherClient,
            Refusal::ClientRequired => Self::ClientRequired,
            Refusal::ProofRequired => Self::ProofRequired,
            Refusal::ClockSkew { ahead } => {
                event::clock_skew(session, millis(ahead));
                Self::ClockSkew
            }
        }
    }
}

fn report_reuse(reuse: &Reuse) {
    let kind = if reuse.distance <= 1 { "recent parent" } else { "stale" };
    event::reused(&reuse.session, kind, reuse.distance, millis(reuse.age));
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
