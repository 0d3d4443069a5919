//! Knows how an authorization code is made (RFC 6749 §4.1.2).
//! Must not know how the user was asked, nor what a presented code means; `redeem` does.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Authority, Grant,
    error::{IssueError, SigningError},
    issue::INSERT_ATTEMPTS,
    mint::whole_seconds,
};
use crate::{
    clock::Timestamp,
    crypto,
    id::{Audience, ClientId, Subject},
    scope::Scope,
    secret::AuthorizationCode,
    store::CodeRecord,
    token::{OpaqueKind, opaque::OpaqueParts},
};

/// How long a code lives (RFC 6749 §4.1.2 allows ten minutes): the time in which a browser is
/// redirected.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// What a code is bound to, beside the grant.
///
/// ```
#[doc = a_server!()]
/// use hallpass::authority::{Client, CodeBinding, CodeRedemption};
///
/// let app = authority.register_client(Client::public("app")).await?.id;
/// let binding = CodeBinding::new("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
///     .redirect_uri("https://app.example.com/callback");
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).client("app");
/// let code = authority.issue_code(grant, binding).await?;
///
/// // The verifier is right, and the client names no redirect address.
/// let redemption = CodeRedemption::new(&app, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
/// let error = authority.redeem_code(&code, redemption).await.unwrap_err();
/// assert!(error.to_string().ends_with("the redirect address or the verifier is another"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CodeBinding {
    redirect_uri: String,
    challenge: String,
    extra: Extra,
    born: Option<Timestamp>,
}

/// What the answer to a redemption needs besides the session: kept in the code's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extra {
    pub(super) refresh: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nonce: Option<String>,
}

impl CodeBinding {
    /// Bound to the S256 challenge of a verifier that the client keeps (RFC 7636 §4.2).
    pub fn new(challenge: impl Into<String>) -> Self {
        let (challenge, redirect_uri) = (challenge.into(), String::new());
        Self { redirect_uri, challenge, extra: Extra::default(), born: None }
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

    /// Born at [`Authority::birth`], which was asked before a consent was read or given: its
    /// withdrawal since then reaches the code.
    pub(crate) fn born(mut self, born: Timestamp) -> Self {
        self.born = Some(born);
        self
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
        let store = inner.server()?;
        let mut grant = grant.read(&inner.own_client)?;
        let born = binding.born.unwrap_or_else(|| inner.birth(&grant.subject, &grant.client));
        // Anew: one that was disabled elsewhere a moment ago would get a code born after that.
        let client = inner.client_of_grant_now(&grant.client).await?;
        let _ = inner.negotiate(&mut grant, client.as_deref()).await?;
        let now = inner.clock.now();
        let mut session = inner.new_session(grant, client.as_deref(), now)?;
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

        for _ in 0..INSERT_ATTEMPTS {
            let parts =
                OpaqueParts::generate(OpaqueKind::AuthorizationCode, born, Some(expires_at))
                    .map_err(SigningError::from)?;
            session.id = first_refresh(&parts, session.absolute_expires_at)?.session_id();
            // Signed once for nothing: a token that is too long is found here, where it burns
            // no code.
            inner.mint(&session, &session.scope, &session.audience, now)?;
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

    /// When a code is born whose consent is looked at from now on.
    pub(crate) fn birth(&self, subject: &Subject, client: &ClientId) -> Timestamp {
        self.0.birth(subject, client)
    }

    /// What of a grant would be granted now, and for which services: what a user is asked for.
    pub(crate) async fn offer(&self, grant: Grant) -> Result<(Scope, Vec<Audience>), IssueError> {
        let mut grant = grant.read(&self.0.own_client)?;
        let client = self.0.client_of_grant(&grant.client).await?;
        let _ = self.0.negotiate(&mut grant, client.as_deref()).await?;
        Ok((grant.scope, grant.audience))
    }
}

/// The first refresh token of the session that a code opens. Its secret is derived from the
/// code's (RFC 5869), so that the session's id is known before it exists.
pub(super) fn first_refresh(
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

#[cfg(test)]
mod tests {
    use super::*;

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
