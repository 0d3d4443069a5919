//! Knows how to accept, for a while, the access tokens that a service had before this crate.
//! Must not know our own keys: a token of ours never passes here.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    id::Audience,
    key::{Backend, VerifyingKey, VerifyingKeys},
    token::{
        claims::{Claim, Claims},
        jwt::Header,
        rules::{RuleError, check_audience, check_time},
    },
};

use super::{ConfigError, VerifyError, build::unprepared};

/// Accepts tokens that are not RFC 9068 access tokens: `typ` is `JWT` or absent, there may be no
/// `kid`, `client_id`, `jti` or `iat`, and `scope` may be an array.
///
/// It is bound to named foreign keys and one issuer, and it ends on a day that is written down.
/// It refuses what looks like an ID token or a security event: `nonce`, `at_hash`, `events`.
///
/// ```
#[doc = a_foreign_token!()]
/// use hallpass::key::{VerifyingKey, VerifyingKeys};
/// use hallpass::verifier::{RelaxedProfile, Verifier};
/// # use hallpass::{Timestamp, clock::{Clock, SystemClock}};
/// # let exp = SystemClock::new().now().as_unix_seconds() + 600;
///
/// let old = VerifyingKeys::new([VerifyingKey::hmac(Algorithm::HS256, secret)?])?;
/// let last_day = Timestamp::from_unix_seconds(4_102_444_800);
/// let hour = std::time::Duration::from_secs(3600);
/// let verifier = Verifier::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .relaxed(RelaxedProfile::new("old-service", old, last_day, hour))
///     .stateless()
///     .build()?;
///
/// let aud = "https://api.example.com";
/// let claims = format!(r#"{{"iss":"old-service","sub":"ada","aud":"{aud}","exp":{exp}}}"#);
/// let who = verifier.verify_jwt(&sign(r#"{"alg":"HS256","typ":"JWT"}"#, &claims))?;
/// assert_eq!((who.subject(), who.client_id()), ("ada", None));
/// # Ok(()) }
/// ```
///
/// # Security
/// A relaxed token cannot be told from other tokens that the same key signs. Give it keys that
/// sign access tokens only. Its `max_lifetime` must count into how long revocations are kept.
#[derive(Debug, Clone)]
pub struct RelaxedProfile {
    issuer: Box<str>,
    keys: VerifyingKeys,
    audiences: Vec<Audience>,
    ends_at: Timestamp,
    max_lifetime: Duration,
}

impl RelaxedProfile {
    /// A profile for tokens of `issuer` (compared byte by byte), signed with one of `keys`, until
    /// `ends_at`. No token may live longer than `max_lifetime`.
    #[must_use]
    pub fn new(
        issuer: &str,
        keys: VerifyingKeys,
        ends_at: Timestamp,
        max_lifetime: Duration,
    ) -> Self {
        Self { issuer: issuer.into(), keys, audiences: Vec::new(), ends_at, max_lifetime }
    }

    /// Another audience that these tokens may have. Without any it is the verifier's.
    #[must_use]
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audiences.push(audience);
        self
    }

    pub(super) fn max_lifetime(&self) -> Duration {
        self.max_lifetime
    }

    pub(super) fn with_backend(self, backend: Backend) -> Result<Self, ConfigError> {
        Ok(Self { keys: self.keys.with_backend(backend).map_err(unprepared)?, ..self })
    }

    #[cfg(all(test, feature = "aws-lc-rs"))]
    pub(super) fn keys(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.iter()
    }

    /// Checks the profile against the verifier's own keys and fills in what it shares.
    pub(super) fn complete(
        mut self,
        own: Option<&VerifyingKeys>,
        audiences: &[Audience],
    ) -> Result<Self, ConfigError> {
        if self.issuer.is_empty() {
            return Err(ConfigError::Relaxed { what: "an issuer" });
        }
        if self.keys.iter().next().is_none() {
            return Err(ConfigError::Relaxed { what: "at least one key" });
        }
        if self.max_lifetime.is_zero() {
            return Err(ConfigError::Relaxed { what: "a longest lifetime above zero" });
        }
        let same = |ours: &VerifyingKey, theirs: &VerifyingKey| {
            ours.kid() == theirs.kid() || is_same_key(ours, theirs)
        };
        if own
            .into_iter()
            .flat_map(VerifyingKeys::iter)
            .any(|ours| self.keys.iter().any(|theirs| same(ours, theirs)))
        {
            return Err(ConfigError::RelaxedOwnKey);
        }
        if self.audiences.is_empty() {
            self.audiences = audiences.to_vec();
        }
        Ok(self)
    }

    /// The key for a header that is none of ours.
    pub(super) fn find_key(
        &self,
        header: &Header,
        own: &VerifyingKeys,
        now: Timestamp,
    ) -> Result<&VerifyingKey, VerifyError> {
        if now >= self.ends_at {
            return Err(VerifyError::ProfileEnded);
        }
        let key = match &header.kid {
            Some(kid) => self.keys.find(kid, now).ok_or(VerifyError::UnknownKey)?,
            None => {
                let named = |key: &&VerifyingKey| key.algorithm().name() == header.algorithm;
                let mut candidates = self.keys.iter().filter(named);
                match (candidates.next(), candidates.next()) {
                    (Some(only), None) => only,
                    _ => return Err(VerifyError::UnknownKey),
                }
            }
        };
        // A key source may hand out, later than `build`, a key that is also named here.
        if own.iter().any(|ours| ours.kid() == key.kid()) {
            return Err(VerifyError::UnexpectedType);
        }
        if key.algorithm().name() != header.algorithm {
            return Err(VerifyError::AlgorithmMismatch);
        }
        Ok(key)
    }

    pub(super) fn check(
        &self,
        claims: &Claims,
        buffer: &[u8],
        now: Timestamp,
        leeway: Duration,
    ) -> Result<(), RuleError> {
        for claim in [Claim::Nonce, Claim::AccessTokenHash, Claim::Events] {
            if claims.has(claim) {
                return Err(RuleError::UnacceptableClaim { claim: claim.name() });
            }
        }
        match claims.text(Claim::Issuer, buffer) {
            None => return Err(RuleError::MissingClaim { claim: Claim::Issuer.name() }),
            Some(issuer) if issuer != &*self.issuer => return Err(RuleError::Issuer),
            Some(_) => {}
        }
        check_audience(&self.audiences, claims, buffer)?;
        check_time(claims, now, leeway)?;
        // Without `iat` the token has at least from now on to live.
        let from = claims.date(Claim::IssuedAt).unwrap_or(now);
        let to = claims.date(Claim::Expires).unwrap_or(Timestamp::MAX);
        if to.saturating_since(from) > self.max_lifetime {
            return Err(RuleError::LivesTooLong);
        }
        match claims.text(Claim::Subject, buffer) {
            None => Err(RuleError::MissingClaim { claim: Claim::Subject.name() }),
            Some("") => Err(RuleError::UnacceptableClaim { claim: Claim::Subject.name() }),
            Some(_) => Ok(()),
        }
    }
}

/// Whether two keys are one under two names. Of shared secrets this cannot be seen.
fn is_same_key(one: &VerifyingKey, other: &VerifyingKey) -> bool {
    let public = |key: &VerifyingKey| key.jwk().map(|_| key.with_kid(one.kid().clone()));
    match (public(one), public(other)) {
        (Some(one), Some(other)) => {
            one.algorithm() == other.algorithm()
                && one.jwk().map(|jwk| jwk.to_json()) == other.jwk().map(|jwk| jwk.to_json())
        }
        _ => false,
    }
}
