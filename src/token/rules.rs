//! Knows what the claims of an access token must say: issuer, audience, time (RFC 9068 §4).
//! Must not know signatures, revocation or permissions.

use std::time::Duration;

use super::{
    claims::{Claim, Claims},
    issuer::Issuer,
};
use crate::{clock::Timestamp, id::Audience};

/// What is required of the claims of a token whose signature holds.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// `iss` must be exactly this.
    pub(crate) issuer: Issuer,
    /// `aud` must contain one of these.
    pub(crate) audiences: Vec<Audience>,
    /// How far clocks may disagree. For `exp`, `nbf` and `iat` only.
    pub(crate) leeway: Duration,
    /// The longest time from `iat` to `exp`. Revocation records live as long, so a token that
    /// lives longer could outlive its own revocation.
    pub(crate) max_lifetime: Duration,
    /// Whether `client_id` must be there (RFC 9068 §2.2).
    pub(crate) require_client: bool,
}

/// The leeway unless the host says otherwise.
pub(crate) const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
/// The longest life of an access token unless the host says otherwise.
pub(crate) const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Why claims are not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// A claim is absent (RFC 9068 §2.2).
    #[error("the claim `{claim}` is missing")]
    MissingClaim {
        /// Its name.
        claim: &'static str,
    },
    /// A claim's type or value is not what an access token has.
    #[error("the claim `{claim}` is not acceptable")]
    UnacceptableClaim {
        /// Its name.
        claim: &'static str,
    },
    /// `iss` is another.
    #[error("the token was issued by another issuer")]
    Issuer,
    /// `aud` has none of ours.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The token lives longer than any may.
    #[error("the token's lifetime is too long")]
    LivesTooLong,
}

impl Rules {
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            audiences: Vec::new(),
            leeway: DEFAULT_LEEWAY,
            max_lifetime: DEFAULT_MAX_LIFETIME,
            require_client: true,
        }
    }

    /// Checks claims in the order of RFC 9068 §4: issuer, audience, time, then completeness.
    pub(crate) fn check(
        &self,
        claims: &Claims,
        buffer: &[u8],
        now: Timestamp,
    ) -> Result<(), RuleError> {
        require(claims, Claim::Issuer)?;
        if claims.bytes(Claim::Issuer, buffer) != Some(self.issuer.as_str().as_bytes()) {
            return Err(RuleError::Issuer);
        }
        check_audience(&self.audiences, claims, buffer)?;
        check_time(claims, now, self.leeway)?;
        require(claims, Claim::IssuedAt)?;
        check_lifetime(claims, self.max_lifetime)?;
        for claim in [Claim::Subject, Claim::TokenId] {
            require_text(claims, claim, buffer)?;
        }
        if self.require_client {
            require_text(claims, Claim::ClientId, buffer)?;
        }
        // RFC 8693 §4.2, RFC 9068 §2.2.3: one string with spaces.
        if claims.scope_is_list() {
            return Err(RuleError::UnacceptableClaim { claim: Claim::Scope.name() });
        }
        Ok(())
    }
}

fn require(claims: &Claims, claim: Claim) -> Result<(), RuleError> {
    if claims.has(claim) { Ok(()) } else { Err(RuleError::MissingClaim { claim: claim.name() }) }
}

fn require_text(claims: &Claims, claim: Claim, buffer: &[u8]) -> Result<(), RuleError> {
    require(claims, claim)?;
    match claims.bytes(claim, buffer) {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(RuleError::UnacceptableClaim { claim: claim.name() }),
    }
}

/// RFC 7519 §4.1.3: one of the token's audiences must be ours.
pub(crate) fn check_audience(
    ours: &[Audience],
    claims: &Claims,
    buffer: &[u8],
) -> Result<(), RuleError> {
    require(claims, Claim::Audience)?;
    // A single one stands in its quotes, with nothing escaped.
    if let Some([b'"', only @ .., b'"']) = claims.bytes(Claim::Audience, buffer)
        && ours.iter().any(|audience| audience.as_str().as_bytes() == only)
    {
        return Ok(());
    }
    let is_ours = |text: &str| ours.iter().any(|audience| audience.as_str() == text);
    if claims.list(Claim::Audience, buffer).any(is_ours) {
        Ok(())
    } else {
        Err(RuleError::Audience)
    }
}

/// RFC 7519 §4.1.4 to §4.1.6. The deadline itself counts as expired.
pub(crate) fn check_time(
    claims: &Claims,
    now: Timestamp,
    leeway: Duration,
) -> Result<(), RuleError> {
    require(claims, Claim::Expires)?;
    if claims.date(Claim::Expires).is_none_or(|deadline| now >= deadline + leeway) {
        return Err(RuleError::Expired);
    }
    let ahead = |claim| claims.date(claim).is_some_and(|at| at > now + leeway);
    if ahead(Claim::NotBefore) || ahead(Claim::IssuedAt) {
        return Err(RuleError::NotYetValid);
    }
    Ok(())
}

/// Whether the time from `iat` to `exp` fits. Without `iat` nothing is known of it.
pub(crate) fn check_lifetime(claims: &Claims, max: Duration) -> Result<(), RuleError> {
    let (Some(from), Some(to)) = (claims.date(Claim::IssuedAt), claims.date(Claim::Expires)) else {
        return Ok(());
    };
    if to.saturating_since(from) > max { Err(RuleError::LivesTooLong) } else { Ok(()) }
}
