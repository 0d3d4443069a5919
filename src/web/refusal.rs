//! Knows every way in which a request is refused: one status, `error` and text for each.
//! Must not know the request, nor how the answer is styled.

use std::fmt::{self, Display};

/// Why a request gets no answer but this one. `?` makes one of what the verbs return.
///
/// As a response its realm, metadata and look are those of the [`Guard`](super::Guard) around the
/// handler.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// use hallpass::{Verified, web::Refusal};
///
/// fn pay(who: &Verified, invoice: &str, is_frozen: bool) -> Result<(), Refusal> {
///     who.require(("invoice", invoice, "read"))?; // 403 `insufficient_scope`
///     if is_frozen {
///         return Err(Refusal::forbidden("the account is frozen")); // 403 `access_denied`
///     }
///     Ok(())
/// }
///
/// let who = authority.verify(issued.access_token()).await?;
/// assert!(pay(&who, "7", false).is_ok());
/// let refusal = pay(&who, "7", true).unwrap_err();
/// assert_eq!((refusal.status(), refusal.error()), (403, "access_denied"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a refusal that is not answered lets the request through"]
pub struct Refusal(Reason);

/// What kind of refusal it is. Texts are fixed: nothing of the request, the token or the store is
/// in them.
///
/// ```
/// use hallpass::web::{Reason, Refusal};
///
/// // A rule of your own: whoever pays has signed in within five minutes (RFC 9470).
/// let refusal = Refusal::new(Reason::StepUp { max_age: Some(300), acr_values: Vec::new() });
/// let answer = refusal.answer();
/// assert_eq!(answer.status(), 401);
/// let challenge = answer.header("www-authenticate").unwrap();
/// assert!(challenge.contains(r#"max_age="300""#));
///
/// // For a counter: whose fault was it?
/// let ours = matches!(refusal.reason(), Reason::Unavailable { .. } | Reason::Misconfigured);
/// assert!(!ours);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No credential, where one is needed: 401 with a bare challenge (RFC 6750 §3.1).
    Missing,
    /// The request is malformed: 400 `invalid_request` (RFC 6750 §3.1).
    Request {
        /// What is wrong with it.
        description: &'static str,
    },
    /// The token is not good: 401 `invalid_token` (RFC 6750 §3.1).
    Token {
        /// Why.
        description: &'static str,
    },
    /// The token is good and allows too little: 403 `insufficient_scope` (RFC 6750 §3.1).
    InsufficientScope {
        /// What would have been enough.
        required: String,
    },
    /// The user must sign in again, or more strongly: 401 `insufficient_user_authentication`
    /// (RFC 9470 §3).
    StepUp {
        /// How long ago the login may have been, in seconds.
        max_age: Option<u64>,
        /// Which `acr` values would be enough.
        acr_values: Vec<String>,
    },
    /// Nothing the token could carry would help: 403 `access_denied`.
    Forbidden {
        /// Why.
        description: &'static str,
    },
    /// A grant, such as a refresh token, got nothing: 400 with an error of RFC 6749 §5.2.
    Grant {
        /// The error code.
        error: &'static str,
        /// Why.
        description: &'static str,
    },
    /// We cannot decide at the moment: 503, and the client should try again.
    Unavailable {
        /// Why.
        description: &'static str,
    },
    /// The host has made a mistake, which its log names: 500 without a body.
    Misconfigured,
}

impl Refusal {
    pub(super) const MISSING: Self = Self(Reason::Missing);
    pub(super) const MISCONFIGURED: Self = Self(Reason::Misconfigured);
    pub(super) const TWO_CREDENTIALS: Self =
        Self::request("the request carries more than one credential");
    pub(super) const MALFORMED_AUTHORIZATION: Self =
        Self::request("the authorization header is malformed");
    pub(super) const MALFORMED: Self = Self::request("the credential is malformed");
    pub(super) const BAD_PARAMETER: Self = Self::request("a part of the path is not an id");
    pub(super) const CROSS_SITE: Self =
        Self(Reason::Forbidden { description: "the request comes from another site" });

    /// A refusal for this reason, such as one of a rule of your own.
    pub const fn new(reason: Reason) -> Self {
        Self(reason)
    }

    /// 403 `access_denied`, for a rule of your own that no scope could meet.
    pub const fn forbidden(description: &'static str) -> Self {
        Self(Reason::Forbidden { description })
    }

    pub(super) const fn request(description: &'static str) -> Self {
        Self(Reason::Request { description })
    }

    pub(super) const fn unavailable(description: &'static str) -> Self {
        Self(Reason::Unavailable { description })
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.0
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.0 {
            Reason::Missing | Reason::Token { .. } | Reason::StepUp { .. } => 401,
            Reason::Request { .. } | Reason::Grant { .. } => 400,
            Reason::InsufficientScope { .. } | Reason::Forbidden { .. } => 403,
            Reason::Unavailable { .. } => 503,
            Reason::Misconfigured => 500,
        }
    }

    /// The error code of the body. It is also in the challenge, but for a request without a
    /// credential, whose challenge is bare.
    #[must_use]
    pub const fn error(&self) -> &'static str {
        match self.0 {
            Reason::Missing => "missing_token",
            Reason::Request { .. } => "invalid_request",
            Reason::Token { .. } => "invalid_token",
            Reason::InsufficientScope { .. } => "insufficient_scope",
            Reason::StepUp { .. } => "insufficient_user_authentication",
            Reason::Forbidden { .. } => "access_denied",
            Reason::Grant { error, .. } => error,
            Reason::Unavailable { .. } => "temporarily_unavailable",
            Reason::Misconfigured => "server_error",
        }
    }

    /// What a client may read: a fixed sentence.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        match self.0 {
            Reason::Missing => "a token is required",
            Reason::Request { description }
            | Reason::Token { description }
            | Reason::Forbidden { description }
            | Reason::Grant { description, .. }
            | Reason::Unavailable { description } => description,
            Reason::InsufficientScope { .. } => "the token's scope is not enough",
            Reason::StepUp { .. } => "the user must sign in again or more strongly",
            Reason::Misconfigured => "the server is not set up for this request",
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for Refusal {}
