//! Knows how an access token is signed and an opaque token is sealed.
//! Must not know why: `issue`, `refresh` and `api_key` do.

use zeroize::Zeroizing;

use super::{Inner, error::SigningError, grant::ReadGrant};
use crate::{
    clock::Timestamp,
    id::{Audience, TokenId},
    scope::{Negotiated, Scope},
    secret::AccessToken,
    store::SessionRecord,
    token::{
        OpaqueError, OpaqueKind,
        claims::AccessClaims,
        jwt,
        opaque::{self, OpaqueParts},
    },
};

/// An access token and what its response says of it.
#[derive(Debug)]
pub(super) struct MintedAccess {
    pub(super) token: AccessToken,
    pub(super) id: TokenId,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) scope: Scope,
}

/// What `exp` can say (RFC 7519 §4.1.4), so that response and token never disagree.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(at.as_unix_seconds())
}

/// The times of a token that belongs to no session.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// What a revocation compares: before what allows the token was read.
    pub(super) born: Timestamp,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Inner {
    /// Signs an access token of a session. It never outlives the session.
    pub(super) fn mint(
        &self,
        session: &SessionRecord,
        scope: Scope,
        audience: &[Audience],
        now: Timestamp,
    ) -> Result<MintedAccess, SigningError> {
        let id = TokenId::from_parts(now, self.ids.take(now.as_unix_millis())?);
        // The session's policy may be from before the limit was lowered: no verifier would take
        // the token, nor would its revocation live as long.
        let lifetime = session.policy.access_lifetime.min(self.max_access_lifetime);
        let expires_at = whole_seconds(now + lifetime).min(session.absolute_expires_at);
        let cnf = session.cnf.as_ref().map(|key| key.to_json());
        let claims = &session.claims;
        let token = self.sign(&AccessClaims {
            issuer: self.issuer.as_str(),
            subject: session.subject.as_str(),
            audience,
            expires_at: Some(expires_at),
            issued_at: now,
            not_before: None,
            token_id: Some(id),
            client_id: Some(&session.client),
            scope: scope.as_str(),
            session_id: Some(session.id),
            generation: Some(session.state.generation),
            auth_time: claims.auth_time,
            acr: claims.acr.as_deref(),
            amr: &claims.amr,
            roles: &claims.roles,
            groups: &claims.groups,
            confirmation: cnf.as_deref(),
            custom: claims.custom.as_ref(),
        })?;
        Ok(MintedAccess { token, id, issued_at: now, expires_at, scope })
    }

    /// Signs an access token that belongs to no session.
    pub(super) fn mint_alone(
        &self,
        grant: &ReadGrant,
        negotiated: &Negotiated,
        audience: &[Audience],
        times: Times,
    ) -> Result<MintedAccess, SigningError> {
        let Times { born, issued_at, expires_at } = times;
        let id = TokenId::from_parts(born, self.ids.take(issued_at.as_unix_millis())?);
        let cnf = grant.cnf.as_ref().map(|key| key.to_json());
        let claims = &grant.claims;
        let token = self.sign(&AccessClaims {
            issuer: self.issuer.as_str(),
            subject: grant.subject.as_str(),
            audience,
            expires_at: Some(expires_at),
            issued_at,
            not_before: None,
            token_id: Some(id),
            client_id: Some(&grant.client),
            scope: negotiated.granted().as_str(),
            session_id: None,
            generation: None,
            auth_time: claims.auth_time,
            acr: claims.acr.as_deref(),
            amr: &claims.amr,
            roles: &claims.roles,
            groups: &claims.groups,
            confirmation: cnf.as_deref(),
            custom: claims.custom.as_ref(),
        })?;
        let scope = negotiated.granted().clone();
        Ok(MintedAccess { token, id, issued_at, expires_at, scope })
    }

    fn sign(&self, claims: &AccessClaims<'_>) -> Result<AccessToken, SigningError> {
        let ring = self.keys.current_at(self.verifier.revocations(), claims.issued_at);
        let key = ring.signing_key(claims.issued_at).ok_or(SigningError::NoKey)?;
        let token = jwt::encode(key, claims)?;
        if token.len() > jwt::DEFAULT_MAX_LENGTH {
            let (length, limit) = (token.len(), jwt::DEFAULT_MAX_LENGTH);
            return Err(SigningError::TooLong { length, limit });
        }
        Ok(AccessToken::new(token))
    }

    /// Seals an opaque token. The same parts under the same key always give the same text.
    pub(super) fn seal(
        &self,
        parts: &OpaqueParts,
        key: u8,
    ) -> Result<Zeroizing<String>, SigningError> {
        parts.seal(&self.sealing, key, &self.prefixes).ok_or(SigningError::UnknownSealingKey)
    }

    /// Opens an opaque token, without any I/O.
    pub(super) fn open(
        &self,
        kind: OpaqueKind,
        text: &str,
        now: Timestamp,
    ) -> Result<OpaqueParts, OpaqueError> {
        opaque::open(text, kind, &self.sealing, &self.prefixes, now)
    }
}
