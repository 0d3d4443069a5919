//! Knows which refusal each error of the verbs becomes, so that `?` works in handlers.
//! Must not know a text of its own beyond the fixed ones that a client may read.

use super::{Reason, Refusal};
use crate::{
    authority::{ApiKeyError, IssueError, RefreshError, RevokeError},
    event,
    scope::BindError,
    verifier::{Denied, FailureKind, VerifyError},
};

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::InsufficientScope { required } => {
                Self::new(Reason::InsufficientScope { required })
            }
        }
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        let description = error.public_description();
        Self::new(match error.kind() {
            FailureKind::BadCredential => Reason::Token { description },
            FailureKind::Unavailable => Reason::Unavailable { description },
        })
    }
}

impl From<RefreshError> for Refusal {
    /// The errors of RFC 6749 §5.2. A client deletes its token on `invalid_grant`, so what may
    /// pass is 503.
    fn from(error: RefreshError) -> Self {
        let (error, description) = match error {
            RefreshError::Token(_) => ("invalid_grant", "the refresh token is not valid"),
            RefreshError::Ended(_) => ("invalid_grant", "the session has ended"),
            RefreshError::UnknownClient => {
                ("invalid_grant", "the client of the refresh token is unknown or disabled")
            }
            RefreshError::Expired => ("invalid_grant", "the session has expired"),
            RefreshError::Reused(_) => ("invalid_grant", "the refresh token was used before"),
            RefreshError::OtherClient => {
                ("invalid_grant", "the refresh token belongs to another client")
            }
            RefreshError::ProofRequired => {
                ("invalid_grant", "the session is bound to a key that was not proved")
            }
            RefreshError::ClientRequired => ("invalid_client", "the client must prove itself"),
            RefreshError::ScopeExceeded => {
                ("invalid_scope", "the requested scope is more than the session has")
            }
            RefreshError::NothingGranted => {
                ("invalid_scope", "nothing of the scope may be granted")
            }
            RefreshError::Scope(_) => ("invalid_scope", "the scope is not acceptable"),
            RefreshError::AudienceExceeded => {
                ("invalid_target", "the requested audience is more than the session has")
            }
            RefreshError::StateRollback
            | RefreshError::ClockSkew
            | RefreshError::Signing(_)
            | RefreshError::Permissions(_)
            | RefreshError::Unavailable(_) => return Self::NOT_NOW,
        };
        Self::new(Reason::Grant { error, description })
    }
}

impl From<IssueError> for Refusal {
    /// For a login or a token endpoint of the host's own.
    fn from(error: IssueError) -> Self {
        let (error, description) = match error {
            IssueError::NotGranted(_) | IssueError::Scope(_) => {
                ("invalid_scope", "the requested scope is not granted")
            }
            IssueError::Audience { .. } => {
                ("invalid_target", "the requested audience is not granted")
            }
            IssueError::Client { .. } => {
                ("unauthorized_client", "the client is unknown or disabled")
            }
            IssueError::Id(_) => ("invalid_request", "an identifier is not acceptable"),
            IssueError::Claims(_) | IssueError::UnwritableClaim { .. } | IssueError::Expired => {
                event::misconfigured(&error);
                return Self::MISCONFIGURED;
            }
            IssueError::Contended
            | IssueError::Signing(_)
            | IssueError::Permissions(_)
            | IssueError::Unavailable(_) => return Self::NOT_NOW,
        };
        Self::new(Reason::Grant { error, description })
    }
}

impl From<ApiKeyError> for Refusal {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Issue(error) => error.into(),
            ApiKeyError::Unavailable(_) => Self::NOT_NOW,
            ApiKeyError::Token(_)
            | ApiKeyError::Bound
            | ApiKeyError::NotLive
            | ApiKeyError::AlreadyReplaced
            | ApiKeyError::Extended
            | ApiKeyError::Name => Self::new(Reason::Grant {
                error: "invalid_request",
                description: "the API key cannot be made or changed like this",
            }),
        }
    }
}

impl From<RevokeError> for Refusal {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::UnsupportedTokenType => Self::new(Reason::Grant {
                error: "unsupported_token_type",
                description: "this kind of token cannot be revoked alone",
            }),
            RevokeError::Unavailable(_) => Self::NOT_NOW,
        }
    }
}

impl From<BindError> for Refusal {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Value { .. } => Self::BAD_PARAMETER,
            BindError::Missing { .. } => {
                event::misconfigured(&error);
                Self::MISCONFIGURED
            }
        }
    }
}

impl Refusal {
    const NOT_NOW: Self = Self::unavailable("the service cannot answer at the moment");
}
