//! Knows what was given out, and the one way its secrets leave as a response.
//! Must not know how it came to be.

mod response;

use std::{
    fmt::{self, Debug},
    time::Duration,
};

pub use self::response::TokenResponse;
use super::mint::MintedAccess;
#[cfg(feature = "oauth")]
use crate::secret::IdToken;
use crate::{
    clock::Timestamp,
    id::{SessionId, TokenId},
    scope::{Negotiated, Scope},
    secret::{AccessToken, RefreshToken},
    store::{Granted, SessionRecord},
};

/// Tokens of a session, just given out. Only an [`Authority`](super::Authority) makes one.
///
/// It does not serialize: [`into_response`](Self::into_response) is the one way out.
///
/// ```
#[doc = an_authority!()]
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// println!("session {} until {}", issued.session_id(), issued.session_expires_at());
/// assert!(!format!("{issued:?}").contains(issued.access_token().expose_secret()));
///
/// let response = issued.into_response();
/// assert!(response.body().contains(r#""token_type":"Bearer""#));
/// assert!(response.body().contains(r#""scope":"invoice:*:read""#));
/// # Ok(()) }
/// ```
#[must_use]
pub struct Issued {
    access: MintedAccess,
    scope: Scope,
    refresh: RefreshToken,
    session: SessionId,
    session_expires_at: Timestamp,
    negotiated: Option<Negotiated>,
    how: Option<Granted>,
}

impl Issued {
    pub(super) fn new(
        session: &SessionRecord,
        access: MintedAccess,
        refresh: RefreshToken,
        negotiated: Negotiated,
    ) -> Self {
        Self {
            access,
            scope: session.scope.clone(),
            refresh,
            session: session.id,
            session_expires_at: session.absolute_expires_at,
            negotiated: Some(negotiated),
            how: None,
        }
    }

    pub(super) fn refreshed(
        session: &SessionRecord,
        scope: Scope,
        access: MintedAccess,
        refresh: RefreshToken,
        how: Granted,
    ) -> Self {
        Self {
            access,
            scope,
            refresh,
            session: session.id,
            session_expires_at: session.absolute_expires_at,
            negotiated: None,
            how: Some(how),
        }
    }

    /// The first tokens of a session that a code has opened.
    #[cfg(feature = "oauth")]
    pub(super) fn redeemed(
        session: &SessionRecord,
        access: MintedAccess,
        refresh: RefreshToken,
    ) -> Self {
        Self {
            access,
            scope: session.scope.clone(),
            refresh,
            session: session.id,
            session_expires_at: session.absolute_expires_at,
            negotiated: None,
            how: None,
        }
    }

    /// The token response of a redeemed code: without the refresh token where none is due, with
    /// an ID token where one is (OpenID Connect Core §3.1.3.3).
    #[cfg(feature = "oauth")]
    pub(super) fn into_response_with(
        self,
        refreshable: bool,
        id_token: Option<&IdToken>,
    ) -> TokenResponse {
        let refresh = refreshable.then_some(&self.refresh);
        TokenResponse::of(&self.access, &self.scope, self.negotiated.as_ref(), refresh, id_token)
    }

    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access.token
    }

    /// The refresh token: the next use of the session.
    #[must_use]
    pub fn refresh_token(&self) -> &RefreshToken {
        &self.refresh
    }

    /// What the access token may do.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How the request was negotiated: what was rejected, what was narrowed. Nothing for a
    /// refresh.
    ///
    /// ```
    #[doc = a_builder!()]
    /// use hallpass::authority::Client;
    ///
    /// let app = Client::public("app").scope("invoice:*:read".parse()?);
    /// let authority = builder.client(app).build()?;
    /// let grant = Grant::new("ada", "invoice:*:read report:*:read".parse()?).client("app");
    /// let issued = authority.issue(grant).await?;
    /// let negotiated = issued.negotiated().expect("a new session's scope is negotiated");
    /// assert!(negotiated.rejected().eq(["report:*:read"]));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_ref()
    }

    /// The session, for lists and for ending it in the host's code. No credential.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.session
    }

    /// The access token's `jti`.
    #[must_use]
    pub fn token_id(&self) -> TokenId {
        self.access.id
    }

    /// When the access token expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.access.expires_at
    }

    /// How long the access token lives from its issue: the `expires_in` of the response.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.access.expires_at.saturating_since(self.access.issued_at)
    }

    /// How long the session can last from this issue, whatever happens.
    #[must_use]
    pub fn session_expires_in(&self) -> Duration {
        self.session_expires_at.saturating_since(self.access.issued_at)
    }

    /// When the session ends whatever happens.
    #[must_use]
    pub fn session_expires_at(&self) -> Timestamp {
        self.session_expires_at
    }

    /// How a refresh was granted; nothing for a new session.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::store::Granted;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let next = authority.refresh(issued.refresh_token()).await?;
    /// assert!(matches!(next.how(), Some(Granted::Rotated { .. })));
    /// let again = authority.refresh(issued.refresh_token()).await?; // the answer had got lost
    /// assert_eq!(again.how(), Some(Granted::Replayed));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn how(&self) -> Option<Granted> {
        self.how
    }

    /// The token response of RFC 6749 §5.1: the one place where the secrets leave.
    #[must_use]
    pub fn into_response(self) -> TokenResponse {
        let refresh = Some(&self.refresh);
        TokenResponse::of(&self.access, &self.scope, self.negotiated.as_ref(), refresh, None)
    }
}

impl Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("session", &self.session)
            .field("token", &self.access.id)
            .field("scope", &self.scope)
            .field("expires_at", &self.access.expires_at)
            .field("how", &self.how)
            .finish_non_exhaustive()
    }
}

/// An access token without a session, just given out.
///
/// ```
#[doc = an_authority!()]
/// let minted = authority.issue_access(Grant::new("nightly", "report:*:run".parse()?)).await?;
/// assert_eq!(minted.scope().as_str(), "report:*:run");
/// assert!(authority.verify(minted.access_token()).await.is_ok());
/// assert!(!minted.into_response().body().contains("refresh_token"));
/// # Ok(()) }
/// ```
#[must_use]
pub struct Minted {
    access: MintedAccess,
    negotiated: Negotiated,
}

impl Minted {
    pub(super) fn new(access: MintedAccess, negotiated: Negotiated) -> Self {
        Self { access, negotiated }
    }

    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access.token
    }

    /// What it may do.
    pub fn scope(&self) -> &Scope {
        self.negotiated.granted()
    }

    /// How the request was negotiated.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// Its `jti`.
    #[must_use]
    pub fn token_id(&self) -> TokenId {
        self.access.id
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.access.expires_at
    }

    /// The token response of RFC 6749 §5.1, without a refresh token.
    #[must_use]
    pub fn into_response(self) -> TokenResponse {
        let scope = self.negotiated.granted();
        TokenResponse::of(&self.access, scope, Some(&self.negotiated), None, None)
    }
}

impl Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted")
            .field("token", &self.access.id)
            .field("scope", self.scope())
            .field("expires_at", &self.access.expires_at)
            .finish_non_exhaustive()
    }
}
