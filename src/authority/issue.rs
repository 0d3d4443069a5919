//! Knows how a grant becomes tokens: what of the scope is granted, when the session was born.
//! Must not know how a session goes on; `refresh` does.

use std::time::Duration;

use super::{
    Authority, Client, Inner,
    error::{IssueError, SigningError},
    grant::{Asked, Grant, ReadGrant},
    issued::{Issued, Minted},
    mint::{Lone, whole_seconds},
};
use crate::{
    clock::Timestamp,
    event,
    id::{ClientId, SessionId, Subject},
    scope::Negotiated,
    secret::RefreshToken,
    store::{EndReason, InsertOutcome, Owner, SessionRecord, SessionState},
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// How often a new record is tried. One more than the first is needed only when the owner was
/// revoked in between, which another attempt sees.
pub(super) const INSERT_ATTEMPTS: usize = 4;

impl Authority {
    /// Opens a session and gives out its first access token and refresh token.
    ///
    /// What is granted is the requested scope, narrowed to the client's ceiling and to what the
    /// subject may do now; [`Issued::scope`] tells it, and [`Issued::negotiated`] what fell away.
    ///
    /// ```
    #[doc = a_builder!()]
    /// use hallpass::authority::Client;
    ///
    /// let reader = Client::public("reader").scope("invoice:*:read".parse()?);
    /// let authority = builder.client(reader).build()?;
    ///
    /// let grant = Grant::new("ada", "invoice:*:* report:*:read".parse()?).client("reader");
    /// let issued = authority.issue(grant).await?;
    /// assert_eq!(issued.scope().as_str(), "invoice:*:read", "no more than its client may have");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`IssueError`]; nothing was given out then.
    pub async fn issue(&self, grant: Grant) -> Result<Issued, IssueError> {
        if !self.may_issue_at_once() {
            self.ensure_retention().await?;
            self.0.keys.ensure().await?;
        }
        let inner = &*self.0;
        let mut grant = grant.read(&inner.own_client)?;
        let mut born = inner.birth(&grant.subject, &grant.client);
        let client = inner.client_of_grant_now(&grant.client).await?;
        let negotiated = inner.negotiate(&mut grant, client.as_deref()).await?;
        let now = inner.clock.now();
        let cap = inner.policy_of(client.as_deref()).sessions_cap();
        let mut session = inner.new_session(grant, client.as_deref(), now)?;

        for _ in 0..INSERT_ATTEMPTS {
            let secret = OpaqueParts::generate(
                OpaqueKind::RefreshToken,
                born,
                Some(session.absolute_expires_at),
            )
            .map_err(SigningError::from)?;
            session.id = secret.session_id();
            // Signed before anything is remembered: what can fail leaves nothing half done.
            let access = inner.mint(&session, &session.scope, &session.audience, now)?;
            let refresh = RefreshToken::from_sealed(inner.seal(&secret, inner.sealing_key)?);
            match inner.store.insert_session(&session).await? {
                InsertOutcome::Inserted => {
                    if let Some(cap) = cap {
                        inner.end_over_cap(&session, cap, now).await;
                    }
                    event::issued(
                        Some(&session.id),
                        session.subject.as_str(),
                        session.client.as_str(),
                    );
                    return Ok(Issued::new(&session, access, refresh, negotiated));
                }
                InsertOutcome::Conflict => {}
                InsertOutcome::BornRevoked { not_before } => {
                    born = after(not_before).max(now);
                    inner.client_of_grant_now(&session.client).await?;
                }
            }
        }
        Err(IssueError::Contended)
    }

    /// Gives out an access token that belongs to no session: it has no refresh token, and ends
    /// by its own expiry, or when it, its subject or its client is revoked. The store is asked
    /// for a client that was registered in it, and for no other.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use std::time::Duration;
    ///
    /// let grant = Grant::new("nightly", "report:*:run".parse()?);
    /// let minute = Duration::from_secs(60);
    /// let minted = authority.issue_access(grant.access_lifetime(minute)).await?;
    /// let who = authority.verify(minted.access_token()).await?;
    /// who.require(("report", "7", "run"))?;
    /// assert_eq!(who.session_id(), None, "it cannot be refreshed");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`IssueError`]; nothing was given out then.
    pub async fn issue_access(&self, mut grant: Grant) -> Result<Minted, IssueError> {
        if !self.may_issue_at_once() {
            self.ensure_retention().await?;
            self.0.keys.ensure().await?;
        }
        let inner = &*self.0;
        let asked = grant.asked(&inner.own_client)?;
        let Asked { subject, client: client_id, scope, given, .. } = asked;
        let now = inner.clock.now();
        let born = inner.birth_at(now, subject, client_id);
        // No row in the store stops a token without a session.
        let client = if inner.is_host_alone(client_id) {
            None
        } else {
            inner.client_of_grant_now(client_id).await?
        };
        let client = client.as_deref();
        // Nothing where the host's own word stands.
        let weighed = if inner.is_limited(client) || !inner.negotiation.takes_in_full(scope) {
            Some(inner.weigh(subject, client_id, client, scope.clone()).await?)
        } else {
            None
        };
        let lone = Lone {
            subject,
            client: client_id,
            scope: weighed.as_ref().map_or(scope, Negotiated::granted),
            audience: inner.audience_for(client, &asked.audience)?,
            given,
            born,
            now,
            expires_at: inner.access_expiry(
                (asked.access_lifetime, asked.access_until),
                client,
                now,
            )?,
        };
        let access = inner.mint_alone(&lone)?;
        event::issued(None, subject.as_str(), client_id.as_str());
        Ok(Minted::new(
            access,
            match weighed {
                Some(negotiated) => negotiated,
                None => Negotiated::all_in_full(grant.scope),
            },
        ))
    }
}

impl Inner {
    /// The row of a new session, but for its id.
    pub(super) fn new_session(
        &self,
        grant: ReadGrant,
        client: Option<&Client>,
        now: Timestamp,
    ) -> Result<SessionRecord, IssueError> {
        let policy = self.policy_of(client);
        let is_confidential = client.is_some_and(Client::is_confidential);
        let mut frozen = policy.freeze(is_confidential, self.max_skew);
        if let Some(lifetime) = grant.access_lifetime {
            frozen.access_lifetime = frozen.access_lifetime.min(lifetime);
        }
        // Whole seconds, as the refresh token carries it: row and token never disagree.
        let mut absolute_expires_at = whole_seconds(now + policy.absolute_lifetime());
        if let Some(until) = grant.access_until {
            absolute_expires_at = absolute_expires_at.min(whole_seconds(until));
        }
        let access_ends = whole_seconds(now + frozen.access_lifetime);
        if access_ends.min(absolute_expires_at) <= now {
            return Err(IssueError::Expired);
        }
        let given = grant.given.map(|given| *given).unwrap_or_default();
        Ok(SessionRecord {
            id: SessionId::from_parts(now, [0; 12]),
            subject: grant.subject,
            client: grant.client,
            scope: grant.scope,
            audience: grant.audience,
            claims: given.claims,
            cnf: given.cnf,
            label: given.label,
            policy: frozen,
            absolute_expires_at,
            state: SessionState {
                generation: 0,
                sealing_key: self.sealing_key,
                attempt: None,
                rotated_at: None,
                confirmed_at: None,
                idle_expires_at: (now + frozen.idle).min(absolute_expires_at),
                ended: None,
            },
        })
    }

    fn access_expiry(
        &self,
        (lifetime, until): (Option<Duration>, Option<Timestamp>),
        client: Option<&Client>,
        now: Timestamp,
    ) -> Result<Timestamp, IssueError> {
        let mut expires_at = now + self.policy_of(client).access();
        if let Some(lifetime) = lifetime {
            expires_at = expires_at.min(now + lifetime);
        }
        if let Some(until) = until {
            expires_at = expires_at.min(until);
        }
        let expires_at = whole_seconds(expires_at);
        if expires_at <= now { Err(IssueError::Expired) } else { Ok(expires_at) }
    }

    /// A birth that no revocation known here reaches, so that a login in the very millisecond of
    /// a logout works.
    ///
    /// To be asked before anything is read that allows what is to be born: its client, a consent.
    /// Whoever takes that back later finds it born before.
    pub(super) fn birth(&self, subject: &Subject, client: &ClientId) -> Timestamp {
        self.birth_at(self.clock.now(), subject, client)
    }

    fn birth_at(&self, now: Timestamp, subject: &Subject, client: &ClientId) -> Timestamp {
        let revoked = self.verifier.revocations().not_before(subject, client);
        revoked.map_or(now, |mark| after(mark).max(now))
    }

    /// Ends the oldest sessions of a subject that has more than `cap`. The cap is soft: what
    /// fails here is told to the operator, and the login goes on.
    pub(super) async fn end_over_cap(&self, newest: &SessionRecord, cap: u32, now: Timestamp) {
        let limit = cap.saturating_add(64);
        let owner = Owner::Subject(newest.subject.clone());
        let live = match self.store.list_sessions(&owner, None, limit, now).await {
            Ok(live) => live,
            Err(error) => return event::store_failed("list_sessions", &error),
        };
        let over = live.len().saturating_sub(usize::try_from(cap).unwrap_or(usize::MAX));
        for session in live.iter().filter(|session| session.id != newest.id).take(over) {
            match self.store.end_session(&session.id, EndReason::OverCap, now).await {
                Ok(was_live) => {
                    event::ended("session", &session.id, EndReason::OverCap.as_str(), was_live);
                }
                Err(error) => event::store_failed("end_session", &error),
            }
        }
    }
}

pub(super) fn after(instant: Timestamp) -> Timestamp {
    instant + Duration::from_millis(1)
}
