//! Knows how an authorization code is made, and what redeeming it gives (RFC 6749 §4.1, RFC 7636).
//! Must not know how the user was asked; nor what a presented code means, which the store decides
//! in one step.

use std::{
    fmt::{self, Debug},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Authority, Grant, Inner,
    error::{CodeError, IssueError, SigningError},
    id_token::IdTokenClaims,
    issue::INSERT_ATTEMPTS,
    issued::{Issued, TokenResponse},
    mint::whole_seconds,
};
use crate::{
    clock::Timestamp,
    crypto, event,
    id::{Audience, ClientId},
    secret::{AuthorizationCode, IdToken, RefreshToken, TokenText},
    store::{
        Attempt, CodeRecord, EndReason, RedeemOutcome, Redemption, ServerStore, SessionRecord,
        StoreError, StoreErrorKind,
    },
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// How long a code lives (RFC 6749 §4.1.2 allows ten minutes): the time in which a browser is
/// redirected.
pub(crate) const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// What a code is bound to, beside the grant.
#[derive(Debug, Clone)]
#[must_use]
pub struct CodeBinding {
    redirect_uri: String,
    challenge: String,
    extra: Extra,
}

/// What the answer to a redemption needs besides the session: kept in the code's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    refresh: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl CodeBinding {
    /// Bound to the S256 challenge of a verifier that the client keeps (RFC 7636 §4.2).
    pub fn new(challenge: impl Into<String>) -> Self {
        let (challenge, redirect_uri) = (challenge.into(), String::new());
        Self { redirect_uri, challenge, extra: Extra::default() }
    }

    /// The redirect address that the request named. The token request must then name the same
    /// (RFC 6749 §4.1.3); without it, none.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// What the ID token repeats (OpenID Connect Core §3.1.2.1).
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.extra.nonce = Some(nonce.into());
        self
    }

    /// Whether the client gets a refresh token: `offline_access` was granted, or the client gets
    /// one always. Without it, the session ends with its first access token.
    pub fn refreshable(mut self, refreshable: bool) -> Self {
        self.extra.refresh = refreshable;
        self
    }
}

/// A code as a client presents it, and what comes with it.
#[derive(Debug, Clone)]
#[must_use]
pub struct CodeRedemption<'a> {
    client: &'a ClientId,
    verifier: &'a str,
    redirect_uri: &'a str,
    audience: &'a [Audience],
}

impl<'a> CodeRedemption<'a> {
    /// By this client, authenticated where it must be, with this PKCE verifier.
    pub fn new(client: &'a ClientId, verifier: &'a str) -> Self {
        Self { client, verifier, redirect_uri: "", audience: &[] }
    }

    /// The redirect address that the token request names.
    pub fn redirect_uri(mut self, uri: &'a str) -> Self {
        self.redirect_uri = uri;
        self
    }

    /// The resource servers that the access token is asked for, of those that were granted
    /// (RFC 8707 §2.2). Without it, all of them.
    pub fn audience(mut self, audience: &'a [Audience]) -> Self {
        self.audience = audience;
        self
    }
}

/// What a code gave.
#[must_use]
pub struct RedeemedCode {
    issued: Issued,
    refreshable: bool,
    id_token: Option<IdToken>,
}

impl RedeemedCode {
    /// The session's first tokens. Its refresh token is the client's only where
    /// [`is_refreshable`](Self::is_refreshable); [`into_response`](Self::into_response) keeps to
    /// that.
    pub fn issued(&self) -> &Issued {
        &self.issued
    }

    /// Whether the client gets the refresh token.
    #[must_use]
    pub fn is_refreshable(&self) -> bool {
        self.refreshable
    }

    /// The ID token, where `openid` was granted.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// The token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
    #[must_use]
    pub fn into_response(self) -> TokenResponse {
        self.issued.into_response_with(self.refreshable, self.id_token.as_ref())
    }
}

impl Debug for RedeemedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedeemedCode")
            .field("issued", &self.issued)
            .field("refreshable", &self.refreshable)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authorization code for a grant that its subject has consented to. What is
    /// granted is settled now; the session comes to be when the code is redeemed, within 60
    /// seconds.
    ///
    /// # Errors
    /// [`IssueError`]; nothing was given out then.
    pub async fn issue_code(
        &self,
        grant: Grant,
        binding: CodeBinding,
    ) -> Result<AuthorizationCode, IssueError> {
        self.ensure_retention().await?;
        self.0.keys.ensure().await?;
        let inner = &*self.0;
        let store = inner.server_store()?;
        let mut grant = grant.read(&inner.own_client)?;
        let _ = inner.negotiate(&mut grant).await?;
        let now = inner.clock.now();
        let mut session = inner.new_session(grant, now)?;
        let expires_at = whole_seconds(now + CODE_LIFETIME);
        if !binding.extra.refresh {
            // Nothing of it outlives its one access token, so neither does its row.
            let ends = whole_seconds(expires_at + session.policy.access_lifetime);
            session.absolute_expires_at = session.absolute_expires_at.min(ends);
            session.state.idle_expires_at =
                session.state.idle_expires_at.min(session.absolute_expires_at);
        }
        // INVARIANT (plain body): a flag and a text always serialize.
        let extra = serde_json::to_string(&binding.extra).unwrap_or_default();

        let born = inner.birth(&session.subject, &session.client, now);
        for _ in 0..INSERT_ATTEMPTS {
            let parts =
                OpaqueParts::generate(OpaqueKind::AuthorizationCode, born, Some(expires_at))
                    .map_err(SigningError::from)?;
            session.id = first_refresh(&parts, session.absolute_expires_at)?.session_id();
            // Signed once for nothing: a token that is too long is found here, where it burns
            // no code.
            inner.mint(&session, session.scope.clone(), &session.audience, now)?;
            let code = AuthorizationCode::from_sealed(inner.seal(&parts, inner.sealing_key)?);
            let record = CodeRecord {
                id: parts.id(),
                redirect_uri: binding.redirect_uri.clone(),
                challenge: binding.challenge.clone(),
                expires_at,
                session: session.clone(),
                extra: extra.clone(),
                used: None,
            };
            if store.insert_code(&record).await? {
                return Ok(code);
            }
        }
        Err(IssueError::Contended)
    }

    /// Gives a code's tokens to the client it was made for. It works once: presented again, with
    /// the right verifier, it ends the session it had opened (RFC 6749 §4.1.2). A wrong verifier
    /// or redirect burns it; another client changes nothing.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn redeem_code(
        &self,
        code: impl TokenText,
        redemption: CodeRedemption<'_>,
    ) -> Result<RedeemedCode, CodeError> {
        let result = self.try_redeem(code.token_text(), &redemption).await;
        match &result {
            // Told when it was found, with more than the error says.
            Ok(_) | Err(CodeError::Replayed(_)) => {}
            Err(error) => event::code_refused(error),
        }
        result
    }

    async fn try_redeem(
        &self,
        code: &str,
        redemption: &CodeRedemption<'_>,
    ) -> Result<RedeemedCode, CodeError> {
        let inner = &*self.0;
        // Forged, mistyped and expired codes end here, before any I/O.
        let parts = inner.open(OpaqueKind::AuthorizationCode, code, inner.clock.now())?;
        let challenge = challenge_of(redemption.verifier).ok_or(CodeError::Verifier)?;
        self.ensure_retention().await?;
        inner.keys.ensure().await?;
        let store = inner.server_store()?;
        let now = inner.clock.now();
        inner.can_sign(now)?;
        let presented = Redemption {
            id: parts.id(),
            client: redemption.client.clone(),
            redirect_uri: redemption.redirect_uri.to_owned(),
            challenge,
            attempt: Attempt::from_bytes(crypto::random_array().map_err(SigningError::from)?),
        };
        match redeem(&**store, &presented, now).await? {
            RedeemOutcome::Redeemed(row) => {
                self.answer_code(&parts, *row, redemption.audience, now).await
            }
            RedeemOutcome::Replayed { session } => {
                event::ended("session", &session, EndReason::CodeReplayed.as_str(), true);
                Err(CodeError::Replayed(session))
            }
            RedeemOutcome::Refused(refusal) => Err(CodeError::Refused(refusal)),
        }
    }

    /// The answer to a redeemed code. The session exists; only signing can fail any more, and
    /// a request for an audience that was not granted, which nobody could know before.
    async fn answer_code(
        &self,
        parts: &OpaqueParts,
        row: CodeRecord,
        audience: &[Audience],
        now: Timestamp,
    ) -> Result<RedeemedCode, CodeError> {
        let inner = &*self.0;
        let session = row.session;
        if audience.iter().any(|asked| !session.audience.contains(asked)) {
            self.end_refused(&session, now).await?;
            return Err(CodeError::AudienceExceeded);
        }
        let audience = if audience.is_empty() { &session.audience } else { audience };
        let extra: Extra = serde_json::from_str(&row.extra)
            .map_err(|error| StoreError::new(StoreErrorKind::Corrupt, "code").with_source(error))?;
        let access = inner.mint(&session, session.scope.clone(), audience, now)?;
        let refresh = first_refresh(parts, session.absolute_expires_at)?;
        let refresh = inner.seal(&refresh, session.state.sealing_key)?;
        let id_token = match session.scope.view().has_word("openid") {
            true => Some(inner.id_token(&IdTokenClaims {
                session: &session,
                nonce: extra.nonce.as_deref(),
                access_token: &access.token,
                now,
            })?),
            false => None,
        };
        if let Some(cap) = inner.policy_of(&session.client).sessions_cap() {
            inner.end_over_cap(&session, cap, now).await;
        }
        event::issued(Some(&session.id), session.subject.as_str(), session.client.as_str());
        let issued = Issued::redeemed(&session, access, RefreshToken::from_sealed(refresh));
        Ok(RedeemedCode { issued, refreshable: extra.refresh, id_token })
    }

    async fn end_refused(&self, session: &SessionRecord, now: Timestamp) -> Result<(), StoreError> {
        let reason = EndReason::Administrative;
        let was_live = self.0.store.end_session(&session.id, reason, now).await?;
        event::ended("session", &session.id, reason.as_str(), was_live);
        Ok(())
    }
}

impl Inner {
    /// The store, where it remembers all that an authorization server needs.
    pub(super) fn server_store(&self) -> Result<&std::sync::Arc<dyn ServerStore>, StoreError> {
        let missing = || StoreError::new(StoreErrorKind::Misconfigured, "server");
        self.server.as_ref().ok_or_else(missing)
    }

    fn can_sign(&self, now: Timestamp) -> Result<(), SigningError> {
        let ring = self.keys.current_at(self.verifier.revocations(), now);
        ring.signing_key(now).map(|_| ()).ok_or(SigningError::NoKey)
    }
}

/// Sends a redemption, and once more, as the same attempt, where the answer was lost: a client
/// that presented its code again would be taken for a thief.
async fn redeem(
    store: &dyn ServerStore,
    presented: &Redemption,
    now: Timestamp,
) -> Result<RedeemOutcome, StoreError> {
    match store.redeem_code(presented, now).await {
        Err(error) if error.kind() == StoreErrorKind::Unavailable => {
            store.redeem_code(presented, now).await
        }
        answer => answer,
    }
}

/// The first refresh token of the session that a code opens. Its secret is derived from the
/// code's (RFC 5869), so that the session's id is known before it exists.
fn first_refresh(
    code: &OpaqueParts,
    absolute_expires_at: Timestamp,
) -> Result<OpaqueParts, SigningError> {
    let secret: Zeroizing<[u8; 16]> =
        crypto::hkdf_sha256(&[], &code.secret[..], &[b"hallpass/v1/session-of-code"])?;
    Ok(OpaqueParts {
        kind: OpaqueKind::RefreshToken,
        born: code.born,
        secret,
        generation: 0,
        expires_at: Some(absolute_expires_at),
    })
}

/// The S256 challenge of a verifier (RFC 7636 §4.2), if it is one: §4.1 gives it 43 to 128
/// unreserved characters, which is looked at before anything is hashed.
fn challenge_of(verifier: &str) -> Option<String> {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let fits = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    fits.then(|| URL_SAFE_NO_PAD.encode(crypto::sha256(&[verifier.as_bytes()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(challenge_of(verifier).as_deref(), Some(challenge));
    }

    /// INVARIANTS 73.
    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for (length, fits) in [(0, false), (42, false), (43, true), (128, true), (129, false)] {
            assert_eq!(challenge_of(&"a".repeat(length)).is_some(), fits, "{length}");
        }
        for odd in ["+", "/", "=", " ", "%", "\n", "é"] {
            let verifier = format!("{}{odd}", "a".repeat(50));
            assert_eq!(challenge_of(&verifier), None, "{odd:?}");
        }
    }

    /// The session's secret is neither the code's, nor to be had without it.
    #[test]
    fn the_session_of_a_code_is_derived_and_apart() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let code = OpaqueParts::generate(OpaqueKind::AuthorizationCode, now, Some(now)).unwrap();
        let one = first_refresh(&code, now).unwrap();
        let again = first_refresh(&code, now).unwrap();
        assert_eq!(one.session_id(), again.session_id());
        assert_ne!(*one.secret, *code.secret);
        assert_ne!(one.id(), code.id());
        assert_eq!(one.session_id().born(), now);
    }
}
