//! Knows what redeeming an authorization code gives (RFC 6749 §4.1.3, RFC 7636 §4.6).
//! Must not know what a presented code means; the store decides, in one step.

use std::fmt::{self, Debug};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Authority, Inner,
    code::{Extra, first_refresh},
    error::{CodeError, SigningError},
    id_token::IdTokenClaims,
    issued::{Issued, TokenResponse},
};
use crate::{
    clock::Timestamp,
    crypto, event,
    id::{Audience, ClientId},
    secret::{IdToken, RefreshToken, TokenText},
    store::{
        Attempt, CodeRecord, EndReason, RedeemOutcome, Redemption, ServerStore, SessionRecord,
        StoreError, StoreErrorKind,
    },
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// A code as a client presents it, and what comes with it.
///
/// ```
#[doc = a_code!()]
/// use hallpass::{authority::CodeRedemption, id::ClientId};
///
/// let other = ClientId::parse("other")?;
/// let stolen = CodeRedemption::new(&other, verifier);
/// assert!(authority.redeem_code(&code, stolen).await.is_err());
///
/// let own = CodeRedemption::new(&app, verifier);
/// let redeemed = authority.redeem_code(&code, own).await?; // the thief changed nothing
/// assert_eq!(redeemed.issued().scope().as_str(), "openid invoice:*:read");
/// # Ok(()) }
/// ```
#[derive(Clone)]
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

impl Debug for CodeRedemption<'_> {
    /// Without the verifier, which is a secret until the code is redeemed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRedemption")
            .field("client", &self.client)
            .field("redirect_uri", &self.redirect_uri)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// What a code gave.
///
/// ```
#[doc = a_code!()]
/// use hallpass::authority::CodeRedemption;
///
/// let redeemed = authority.redeem_code(&code, CodeRedemption::new(&app, verifier)).await?;
/// assert!(redeemed.is_refreshable());
/// assert!(redeemed.id_token().is_some(), "`openid` was granted");
/// assert!(redeemed.into_response().body().contains(r#""id_token":"ey"#));
/// # Ok(()) }
/// ```
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
        let store = inner.server()?;
        let client = self.find_client(redemption.client).await?;
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
                let cap = inner.policy_of(client.as_deref()).sessions_cap();
                if let Some(cap) = cap {
                    inner.end_over_cap(&row.session, cap, now).await;
                }
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
        let access = inner.mint(&session, &session.scope, audience, now)?;
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
}
