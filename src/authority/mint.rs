//! Knows how an access token is signed and an opaque token is sealed.
//! Must not know why: `issue`, `refresh` and `api_key` do.

use zeroize::Zeroizing;

use super::{Inner, error::SigningError, grant::Given};
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, Subject, TokenId},
    scope::Scope,
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
}

/// What an access token without a session says.
pub(super) struct Lone<'a> {
    pub(super) subject: &'a Subject,
    pub(super) client: &'a ClientId,
    pub(super) scope: &'a Scope,
    pub(super) audience: &'a [Audience],
    pub(super) given: &'a Given,
    /// What a revocation compares: before what allows the token was read.
    pub(super) born: Timestamp,
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// What `exp` can say (RFC 7519 §4.1.4), so that response and token never disagree.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(at.as_unix_seconds())
}

impl Inner {
    /// Signs an access token of a session. It never outlives the session.
    pub(super) fn mint(
        &self,
        session: &SessionRecord,
        scope: &Scope,
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
        Ok(MintedAccess { token, id, issued_at: now, expires_at })
    }

    /// Signs an access token that belongs to no session.
    pub(super) fn mint_alone(&self, lone: &Lone<'_>) -> Result<MintedAccess, SigningError> {
        let &Lone { subject, client, scope, audience, given, born, now, expires_at } = lone;
        let id = TokenId::from_parts(born, self.ids.take(now.as_unix_millis())?);
        let cnf = given.cnf.as_ref().map(|key| key.to_json());
        let claims = &given.claims;
        let token = self.sign(&AccessClaims {
            issuer: self.issuer.as_str(),
            subject: subject.as_str(),
            audience,
            expires_at: Some(expires_at),
            issued_at: now,
            not_before: None,
            token_id: Some(id),
            client_id: Some(client),
            scope: scope.as_str(),
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
        Ok(MintedAccess { token, id, issued_at: now, expires_at })
    }

    fn sign(&self, claims: &AccessClaims<'_>) -> Result<AccessToken, SigningError> {
        let (revoked, now) = (self.verifier.revocations(), claims.issued_at);
        let token = self.keys.with_current_at(revoked, now, |ring| {
            let key = ring.signing_key(now).ok_or(SigningError::NoKey)?;
            Ok::<_, SigningError>(jwt::encode(key, claims)?)
        })?;
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
