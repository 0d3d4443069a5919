//! Knows every way in which an endpoint refuses: one status, `error` and text for each.
//! Must not know the request: texts are fixed, nothing of a request, a token or the store is in
//! them.

use serde::Serialize;

use crate::{
    authority::{CodeError, IssueError, RefreshError, RevokeError},
    store::StoreError,
    web::{Answer, Reason, Refusal},
};

/// How long a client should wait when we cannot answer, in seconds.
const RETRY_AFTER: u64 = 1;

/// One refusal: an error of RFC 6749 §5.2 or of what extends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) struct OAuthError {
    status: u16,
    error: &'static str,
    description: &'static str,
    /// The client tried the `Authorization` header.
    challenged: bool,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
}

pub(super) const fn row(status: u16, error: &'static str, description: &'static str) -> OAuthError {
    OAuthError { status, error, description, challenged: false, retry_after: None, allow: None }
}

pub(super) const fn request(description: &'static str) -> OAuthError {
    row(400, "invalid_request", description)
}

const fn later(status: u16, description: &'static str, seconds: u64) -> OAuthError {
    let row = row(status, "temporarily_unavailable", description);
    OAuthError { retry_after: Some(seconds), ..row }
}

/// The table.
impl OAuthError {
    // The form of a request (RFC 6749 §3.1, §3.2, appendix B).
    pub(crate) const POST_ONLY: Self =
        Self { status: 405, allow: Some("POST"), ..request("this endpoint takes POST") };
    pub(crate) const METHOD: Self = Self {
        status: 405,
        allow: Some("GET, POST"),
        ..request("this endpoint takes GET and POST")
    };
    pub(crate) const READ_ONLY: Self = Self {
        status: 405,
        allow: Some("GET, HEAD"),
        ..request("this endpoint takes GET and HEAD")
    };
    pub(crate) const NOTHING_HERE: Self =
        row(404, "invalid_request", "there is no endpoint at this path");
    pub(crate) const CURSOR: Self = request("the parameter after is no place in the feed");
    pub(crate) const LIMIT: Self = request("the parameter limit is no number from 1");
    pub(crate) const CURSOR_GONE: Self =
        row(410, "invalid_request", "the feed does not know this place: begin anew");
    pub(crate) const CONTENT_TYPE: Self =
        request("the body must be application/x-www-form-urlencoded in UTF-8");
    pub(crate) const TOO_LONG: Self = request("the request has more than 64 KiB of parameters");
    pub(crate) const TOO_MANY: Self = request("the request has more than 100 parameters");
    pub(crate) const MALFORMED: Self = request("the parameters are not encoded correctly");
    pub(crate) const REPEATED: Self = request("a parameter comes more than once");
    pub(crate) const NO_GRANT_TYPE: Self = request("the parameter grant_type is missing");
    pub(crate) const NO_CODE: Self = request("the parameter code is missing");
    pub(crate) const NO_CODE_VERIFIER: Self = request("the parameter code_verifier is missing");
    pub(crate) const NO_REFRESH_TOKEN: Self = request("the parameter refresh_token is missing");
    pub(crate) const NO_TOKEN: Self = request("the parameter token is missing");

    // Who the client is (RFC 6749 §2.3, §5.2). One text for all that can be wrong with a proof:
    // the unknown client is not told from the wrong secret (INVARIANTS 44).
    pub(crate) const NO_CLIENT: Self =
        row(401, "invalid_client", "the client must identify itself");
    pub(crate) const CLIENT: Self = row(401, "invalid_client", "the client is not authenticated");
    pub(crate) const TWO_METHODS: Self = request("the client authenticates in more than one way");
    pub(crate) const TWO_CLIENTS: Self = request("the client names itself in more than one way");
    pub(crate) const NO_ASSERTION: Self = request("the parameter client_assertion is missing");
    pub(crate) const NO_ASSERTION_TYPE: Self =
        request("the parameter client_assertion_type is missing");
    pub(crate) const AUTHORIZATION: Self = request("the authorization header comes more than once");

    // What it asks for (RFC 6749 §5.2, RFC 8707 §2, RFC 7009 §2.2.1).
    pub(crate) const GRANT: Self = row(400, "invalid_grant", "the grant is not valid");
    /// RFC 7636 §4.6.
    pub(crate) const CODE_VERIFIER: Self =
        row(400, "invalid_grant", "a code verifier has 43 to 128 unreserved characters");
    pub(crate) const UNAUTHORIZED_CLIENT: Self =
        row(400, "unauthorized_client", "the client may not use this grant type");
    pub(crate) const UNSUPPORTED_GRANT_TYPE: Self =
        row(400, "unsupported_grant_type", "this grant type is not offered");
    pub(crate) const SCOPE: Self = row(400, "invalid_scope", "the scope is not acceptable");
    pub(crate) const NO_SCOPE: Self = row(400, "invalid_scope", "the parameter scope is missing");
    pub(crate) const TARGET: Self =
        row(400, "invalid_target", "the requested resource is not acceptable");
    pub(crate) const TOKEN_TYPE: Self =
        row(400, "unsupported_token_type", "this kind of token cannot be revoked alone");
    /// RFC 7662 §2.3, as RFC 6750 §3.1 answers a caller that is known and may not.
    pub(crate) const MAY_NOT_INTROSPECT: Self =
        row(403, "access_denied", "the client may not introspect tokens");

    // Trouble of our own, and too much of theirs.
    pub(crate) const NOT_NOW: Self =
        later(503, "the service cannot answer at the moment", RETRY_AFTER);
    pub(crate) const MISCONFIGURED: Self =
        row(500, "server_error", "the server is not set up for this request");

    /// RFC 6585 §4: 429, and when to try again.
    pub(crate) const fn too_many_requests(seconds: u64) -> Self {
        later(429, "there were too many requests", seconds)
    }
}

impl OAuthError {
    /// The same for a client that tried the `Authorization` header. RFC 6749 §5.2: then "the
    /// authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include
    /// the "WWW-Authenticate" response header field".
    pub(crate) fn challenged(self) -> Self {
        Self { challenged: self.status == 401, ..self }
    }

    /// Whether the client is not known or not proved.
    pub(crate) fn is_of_the_client(&self) -> bool {
        self.error == "invalid_client"
    }

    /// The error code, where it is told by another way than an answer of its own.
    pub(crate) const fn error(&self) -> &'static str {
        self.error
    }

    /// What goes with it: a fixed sentence.
    pub(crate) const fn description(&self) -> &'static str {
        self.description
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// The answer of RFC 6749 §5.2.
    pub(crate) fn answer(&self) -> Answer {
        #[derive(Serialize)]
        struct Body {
            error: &'static str,
            error_description: &'static str,
        }
        let body = Body { error: self.error, error_description: self.description };
        let mut answer = Answer::json(self.status, &body).no_store();
        if self.challenged {
            answer = answer.with_header("www-authenticate", "Basic realm=\"oauth\"");
        }
        if let Some(seconds) = self.retry_after {
            answer = answer.with_header("retry-after", seconds.to_string());
        }
        if let Some(methods) = self.allow {
            answer = answer.with_header("allow", methods);
        }
        answer
    }
}

impl From<Refusal> for OAuthError {
    /// Where a verb's error has its row in the web edge's table, that row stands here too.
    fn from(refusal: Refusal) -> Self {
        match *refusal.reason() {
            Reason::Grant { error, description } => {
                let status = if error == "invalid_client" { 401 } else { 400 };
                row(status, error, description)
            }
            Reason::Misconfigured => Self::MISCONFIGURED,
            _ => Self::NOT_NOW,
        }
    }
}

impl From<IssueError> for OAuthError {
    fn from(error: IssueError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<RefreshError> for OAuthError {
    /// A client deletes its token on `invalid_grant`, so what may pass is 503.
    fn from(error: RefreshError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<CodeError> for OAuthError {
    /// One text for all that can be wrong with a code, so that a stranger learns nothing of it.
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Verifier => Self::CODE_VERIFIER,
            CodeError::Token(_) | CodeError::Replayed(_) | CodeError::Refused(_) => Self::GRANT,
            CodeError::AudienceExceeded => Self::TARGET,
            CodeError::Signing(_) | CodeError::Unavailable(_) => Self::NOT_NOW,
        }
    }
}

impl From<RevokeError> for OAuthError {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::UnsupportedTokenType => Self::TOKEN_TYPE,
            RevokeError::Unavailable(error) => error.into(),
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(_: StoreError) -> Self {
        Self::NOT_NOW
    }
}
