//! Knows the one form in which tokens leave: the token response (RFC 6749 §5.1).
//! Must not know HTTP beyond its headers and its body.

use std::fmt::{self, Debug};

use serde::Serialize;

use crate::{
    authority::mint::MintedAccess,
    scope::{Negotiated, Scope},
    secret::{IdToken, RefreshToken},
};

/// A successful token response (RFC 6749 §5.1) as plain data: status 200, these headers, this
/// body. It holds secrets; send it and let go of it.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::authority::TokenResponse;
///
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let response = issued.into_response();
/// assert!(TokenResponse::HEADERS.contains(&("cache-control", "no-store")));
///
/// let body: serde_json::Value = serde_json::from_str(response.body())?;
/// assert_eq!(body["scope"], "invoice:*:read");
/// assert!(body["refresh_token"].is_string());
/// # Ok(()) }
/// ```
pub struct TokenResponse {
    body: zeroize::Zeroizing<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_scope: Option<String>,
}

impl TokenResponse {
    /// The headers every token response must have.
    pub const HEADERS: [(&'static str, &'static str); 3] = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    ];

    pub(super) fn of(
        access: &MintedAccess,
        scope: &Scope,
        negotiated: Option<&Negotiated>,
        refresh: Option<&RefreshToken>,
        id_token: Option<&IdToken>,
    ) -> Self {
        let rejected = negotiated.map(Negotiated::rejected_scope);
        let body = Body {
            access_token: access.token.expose_secret(),
            token_type: "Bearer",
            expires_in: access.expires_at.saturating_since(access.issued_at).as_secs(),
            refresh_token: refresh.map(RefreshToken::expose_secret),
            id_token: id_token.map(IdToken::expose_secret),
            scope: negotiated.map_or_else(|| scope.as_str().to_owned(), Negotiated::response_scope),
            rejected_scope: rejected.filter(|rejected| !rejected.is_empty()),
        };
        // INVARIANT (plain body): strings and a number always serialize.
        Self { body: serde_json::to_string(&body).unwrap_or_default().into() }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenResponse([redacted])")
    }
}
