//! Knows what a token that was checked says, and answers what it allows.
//! Must not know how to check one: this value is the proof that it was done.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use serde::Deserialize;

use crate::{
    clock::Timestamp,
    id::{SessionId, TokenId},
    scope::{Limits, Requirement, Scope, ScopeView},
    token::{Texts, claims::Claim},
};

use super::{Denied, carried::Carried};

/// What kind of token was checked.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::verifier::{TokenKind, Verified};
///
/// /// A script's key must not change its owner's password.
/// fn may_change_password(who: &Verified) -> bool {
///     who.kind() == TokenKind::Jwt
/// }
/// let grant = Grant::new("ada", "account:self:write".parse()?);
/// let made = authority.issue_api_key(grant, "backup", None).await?;
/// assert!(!may_change_password(&authority.verify(made.api_key()).await?));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// A signed access token (RFC 9068), or an older one through the relaxed profile.
    Jwt,
    /// An API key, whose record the store has.
    ApiKey,
}

/// How large a narrowed scope may be.
const ROOMY: Limits =
    Limits::DEFAULT.bytes(1 << 20).items(1 << 16).item_bytes(1 << 12).id_bytes(1 << 10);

/// The witness that a token was checked: signature, issuer, audience, time and revocation.
///
/// Only a verifier makes one, so a handler that asks for it by type cannot be reached without a
/// good token. Cloning is cheap. `Debug` shows who and what, never claims.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::verifier::{Denied, Verified};
///
/// /// Cannot be called before a token was checked: only a verifier makes a `Verified`.
/// fn read_invoice(who: &Verified, id: &str) -> Result<String, Denied> {
///     who.require(("invoice", id, "read"))?;
///     Ok(format!("invoice {id}, as {} may see it", who.subject()))
/// }
/// let issued = authority.issue(Grant::new("ada", "invoice:7:read".parse()?)).await?;
/// let who = authority.verify(issued.access_token()).await?;
/// assert_eq!(read_invoice(&who, "7")?, "invoice 7, as ada may see it");
/// assert!(read_invoice(&who, "8").is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Verified {
    carried: Arc<Carried>,
    /// The scope after [`Verified::restrict_to`].
    narrowed: Option<Arc<Scope>>,
}

impl Verified {
    pub(super) fn new(carried: Arc<Carried>) -> Self {
        Self { carried, narrowed: None }
    }

    fn text(&self, claim: Claim) -> Option<&str> {
        self.carried.text(claim)
    }

    fn list(&self, claim: Claim) -> Texts<'_> {
        self.carried.claims.list(claim, self.carried.buffer())
    }

    /// Which kind of token it was.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.carried.kind
    }

    /// For whom the token speaks: `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text(Claim::Subject).unwrap_or_default()
    }

    /// The application that holds it: `client_id`.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text(Claim::ClientId)
    }

    /// Who issued it: `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.text(Claim::Issuer).unwrap_or_default()
    }

    /// For whom it is: `aud`. One of them is this resource server.
    #[must_use]
    pub fn audiences(&self) -> Texts<'_> {
        self.list(Claim::Audience)
    }

    /// The session it belongs to: `sid`. Absent from API keys and foreign tokens.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        self.carried.facts.session
    }

    /// Its own id: `jti`. Absent from API keys and foreign tokens.
    #[must_use]
    pub fn token_id(&self) -> Option<TokenId> {
        self.carried.facts.token
    }

    /// The session's generation it was minted with: `gen`.
    #[must_use]
    pub fn generation(&self) -> Option<u32> {
        self.carried.claims.generation()
    }

    /// When it was issued: `iat`.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.carried.claims.date(Claim::IssuedAt)
    }

    /// When it stops working: `exp`. Only an API key may have none.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.carried.claims.date(Claim::Expires)
    }

    /// When the user signed in: `auth_time`.
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.carried.claims.date(Claim::AuthTime)
    }

    /// How strongly the user signed in: `acr`.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.text(Claim::Acr)
    }

    /// By which means the user signed in: `amr` (RFC 8176).
    #[must_use]
    pub fn amr(&self) -> Texts<'_> {
        self.list(Claim::Amr)
    }

    /// The user's roles at issue: `roles`.
    #[must_use]
    pub fn roles(&self) -> Texts<'_> {
        self.list(Claim::Roles)
    }

    /// The user's groups at issue: `groups`.
    #[must_use]
    pub fn groups(&self) -> Texts<'_> {
        self.list(Claim::Groups)
    }

    /// When the login began: the birth of the session, else of the token. Revocations of a
    /// subject or client are compared to it.
    #[must_use]
    pub fn born(&self) -> Timestamp {
        self.carried.facts.born
    }

    /// What the token allows, after any [`Verified::restrict_to`].
    #[must_use]
    pub fn scope(&self) -> ScopeView<'_> {
        match &self.narrowed {
            Some(scope) => scope.view(),
            None => self.carried.scope(),
        }
    }

    /// Whether the scope gives what is required. Allocates nothing.
    ///
    /// A refusal that is forgotten is a hole, hence `#[must_use]`; [`Verified::require`] with `?`
    /// is harder to forget.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::permission;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let who = authority.verify(issued.access_token()).await?;
    /// let show_button = who.allows(&("invoice", "7", "write")); // an id from the request
    /// assert!(!show_button);
    /// assert!(who.allows(&permission!("invoice:*:read"))); // a literal, checked when compiled
    /// # Ok(()) }
    /// ```
    #[must_use = "a refusal that is not acted on lets the request through"]
    pub fn allows<R: Requirement + ?Sized>(&self, requirement: &R) -> bool {
        self.scope().meets(requirement)
    }

    /// Refuses unless the scope gives what is required.
    ///
    /// ```
    #[doc = an_authority!()]
    /// use hallpass::scope::Require;
    ///
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
    /// let who = authority.verify(issued.access_token()).await?;
    /// who.require(("invoice", "7", "read"))?;
    /// who.require(Require::parse("invoice:*:read")?)?; // all of them
    /// let denied = who.require(("invoice", "7", "pay")).unwrap_err();
    /// assert_eq!(denied.required_scope(), "invoice:7:pay");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Denied`], which says what would have been enough.
    pub fn require<R: Requirement>(&self, requirement: R) -> Result<(), Denied> {
        if self.allows(&requirement) {
            Ok(())
        } else {
            Err(Denied::InsufficientScope { required: requirement.required_scope() })
        }
    }

    /// The same witness with less: what the token allows **and** `permissions` allows. For what
    /// the user may do at this moment, which may be less than when the token was issued.
    ///
    /// ```
    #[doc = an_authority!()]
    /// let issued = authority.issue(Grant::new("ada", "invoice:*:*".parse()?)).await?;
    /// let who = authority.verify(issued.access_token()).await?;
    /// let now: Scope = "invoice:7:* report:*:read".parse()?; // what she may do at this moment
    /// let who = who.restrict_to(&now);
    /// assert_eq!(who.scope().as_str(), "invoice:7:*", "the token gives no reports");
    /// # Ok(()) }
    /// ```
    pub fn restrict_to(&self, permissions: &Scope) -> Self {
        // Two scopes within their limits can have a meet beyond them. It is no text that anyone
        // has to read back, so it may be longer; beyond all measure it allows nothing.
        let narrowed = self.scope().to_scope().meet_within(permissions, &ROOMY);
        let narrowed = narrowed.unwrap_or_else(|_| Scope::empty());
        Self { carried: Arc::clone(&self.carried), narrowed: Some(Arc::new(narrowed)) }
    }

    /// Reads claims of the caller's own out of the payload.
    ///
    /// ```
    #[doc = an_authority!()]
    /// #[derive(serde::Deserialize)]
    /// struct Tenant<'a> {
    ///     tenant: &'a str,
    /// }
    /// let grant = Grant::new("ada", "invoice:*:read".parse()?).claim("tenant", "acme");
    /// let issued = authority.issue(grant).await?;
    /// let who = authority.verify(issued.access_token()).await?;
    /// assert_eq!(who.claims::<Tenant>()?.tenant, "acme");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the payload does not have what `T` asks for.
    pub fn claims<'v, T: Deserialize<'v>>(&'v self) -> Result<T, ClaimsReadError> {
        serde_json::from_slice(self.carried.payload()).map_err(ClaimsReadError)
    }
}

impl Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("kind", &self.kind())
            .field("subject", &self.subject())
            .field("client_id", &self.client_id())
            .field("scope", &self.scope().as_str())
            .field("session_id", &self.session_id())
            .finish_non_exhaustive()
    }
}

/// The payload does not have the claims that were asked for.
///
/// ```
#[doc = an_authority!()]
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     tenant: String,
/// }
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let who = authority.verify(issued.access_token()).await?;
/// let error = who.claims::<Tenant>().err().expect("no such claim was granted");
/// assert_eq!(error.to_string(), "the claims do not have the form that was asked for");
/// let cause = std::error::Error::source(&error).expect("what serde says");
/// assert!(cause.to_string().starts_with("missing field `tenant`"));
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the claims do not have the form that was asked for")]
pub struct ClaimsReadError(#[source] serde_json::Error);
