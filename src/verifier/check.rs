//! Knows the steps by which one JWT is checked, in the order in which they must happen (RFC 9068
//! §4, RFC 8725).
//! Must not know stores or revocation: everything here is computed from the token and the keys.

use std::sync::Arc;

use crate::{
    clock::Timestamp,
    id::{KeyId, SessionId, TokenId},
    key::{VerifyingKey, VerifyingKeys},
    scope::Vocabulary,
    token::{
        claims::{Claim, Claims},
        jwt::{self, ACCESS_TOKEN_TYPE, Header, Parts},
        rules::Rules,
    },
};

use super::{
    RelaxedProfile, TokenKind, VerifyError,
    carried::{self, Carried, CarriedScope, Facts},
    source::Keys,
};

/// Everything that one token is judged by.
#[derive(Debug)]
pub(super) struct Checker {
    pub(super) rules: Rules,
    pub(super) max_length: usize,
    pub(super) keys: Keys,
    pub(super) relaxed: Option<RelaxedProfile>,
    /// Reads scopes that are not in canonical form; what it cannot read is dropped.
    pub(super) vocabulary: Option<Vocabulary>,
}

/// A token that is genuine and in force, as far as can be told without revocation.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) carried: Arc<Carried>,
    /// Until when its key is accepted, if nothing but the time and the keys can change the
    /// verdict. A foreign profile has other rules of its own.
    pub(super) until: Option<Timestamp>,
}

/// Which rules a token is read by.
#[derive(Clone, Copy)]
enum Profile<'p> {
    /// Ours; its key is accepted until then.
    AccessToken {
        until: Timestamp,
    },
    Relaxed(&'p RelaxedProfile),
}

impl Checker {
    /// Checks length and form, header, signature, then claims. Nothing in the payload is looked
    /// at before the signature holds.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<Checked, VerifyError> {
        let parts = Parts::split_at_ends(token, self.max_length)?;
        self.check_parts(&parts, now).map_err(|error| match parts.refuse_more_dots() {
            Ok(()) => error,
            // Whatever else is wrong with it, it is no signed token.
            Err(malformed) => malformed.into(),
        })
    }

    /// No payload with a dot in it passes: decoding it would fail.
    fn check_parts(&self, parts: &Parts<'_>, now: Timestamp) -> Result<Checked, VerifyError> {
        let held;
        let keys = match &self.keys {
            Keys::Fixed(keys) => keys,
            Keys::Source(source) => match source.snapshot() {
                Ok(keys) => {
                    held = keys;
                    &held
                }
                // Junk is junk, whether there are keys or not.
                Err(error) => {
                    Header::parse(parts.header)?;
                    return Err(VerifyError::Keys(error));
                }
            },
        };
        let (key, profile) = match keys.find_by_encoded_header(parts.header, now) {
            // The header is byte for byte the one we write for this key: `typ`, `alg` and `kid`
            // are right, and nothing else is there.
            Some((key, until)) => (key, Profile::AccessToken { until }),
            None => self.find_key(&Header::parse(parts.header)?, keys, now)?,
        };
        check_signature(key, parts)?;
        let carried = carried::decode(parts.payload, TokenKind::Jwt, |claims, buffer| {
            self.judge(profile, key, claims, buffer, now)
        })?;
        let until = match profile {
            Profile::AccessToken { until } => Some(until),
            Profile::Relaxed(_) => None,
        };
        Ok(Checked { carried, until })
    }

    /// The key that a header names, by its `typ`, `kid` and `alg`, in this order (RFC 8725 §3.1,
    /// §3.11). Whatever else the header says never chooses a key.
    fn find_key<'k>(
        &'k self,
        header: &Header,
        keys: &'k VerifyingKeys,
        now: Timestamp,
    ) -> Result<(&'k VerifyingKey, Profile<'k>), VerifyError> {
        let is_access_token = header.is_type(ACCESS_TOKEN_TYPE);
        let own = header.kid.as_deref().and_then(|kid| keys.find_until(kid, now));
        if let (true, Some((key, until))) = (is_access_token, own) {
            if key.algorithm().name() != header.algorithm {
                return Err(VerifyError::AlgorithmMismatch);
            }
            return Ok((key, Profile::AccessToken { until }));
        }
        match &self.relaxed {
            // A token under one of our own keys that is no access token is an ID token or the
            // like, and the relaxed profile is not for it.
            Some(relaxed)
                if own.is_none()
                    && (is_access_token || header.typ.is_none() || header.is_type("JWT")) =>
            {
                let key = relaxed.find_key(header, keys, now)?;
                Ok((key, Profile::Relaxed(relaxed)))
            }
            _ if is_access_token => Err(VerifyError::UnknownKey),
            _ => Err(VerifyError::UnexpectedType),
        }
    }

    /// The name of the key that a token asks for and that we do not have. For a key source to
    /// look for; nothing of the token has been checked.
    pub(super) fn missing_kid(&self, token: &str) -> Option<String> {
        let parts = Parts::split(token, self.max_length).ok()?;
        let kid = Header::parse(parts.header).ok()?.kid?;
        KeyId::parse(&kid).is_ok().then_some(kid)
    }

    fn judge(
        &self,
        profile: Profile<'_>,
        key: &VerifyingKey,
        claims: &Claims,
        buffer: &[u8],
        now: Timestamp,
    ) -> Result<Facts, VerifyError> {
        let issued_at = claims.date(Claim::IssuedAt);
        let scope = CarriedScope::unread(self.vocabulary.as_ref());
        let key = Some(key.clone());
        match profile {
            Profile::AccessToken { .. } => {
                self.rules.check(claims, buffer, now)?;
                // An identifier that says it was born after its token was issued does not date
                // itself: it is some other issuer's.
                let latest = issued_at.unwrap_or(Timestamp::EPOCH)
                    + self.rules.leeway
                    + std::time::Duration::from_secs(1);
                let text = |claim| claims.bytes(claim, buffer);
                let session = text(Claim::SessionId).and_then(SessionId::from_text);
                let token = text(Claim::TokenId).and_then(TokenId::from_text);
                // The identifiers themselves stay: a clock set back after a login makes its
                // session look younger than its tokens, and ending it must reach them.
                let dated = |at: Option<Timestamp>| at.filter(|born| *born <= latest);
                let born = dated(session.map(|id| id.born()))
                    .or_else(|| dated(token.map(|id| id.born())))
                    .or(issued_at)
                    .unwrap_or(Timestamp::EPOCH);
                Ok(Facts { scope, key, token, session, born })
            }
            Profile::Relaxed(relaxed) => {
                relaxed.check(claims, buffer, now, self.rules.leeway)?;
                // Without `iat` it counts as born before every revocation.
                let born = issued_at.unwrap_or(Timestamp::EPOCH);
                Ok(Facts { scope, key, token: None, session: None, born })
            }
        }
    }
}

/// The longest signature: RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
/// Long enough for everything but RSA.
const SHORT_SIGNATURE: usize = 96;

fn check_signature(key: &VerifyingKey, parts: &Parts<'_>) -> Result<(), VerifyError> {
    if parts.signature.len() <= SHORT_SIGNATURE / 3 * 4 {
        check_signature_within::<SHORT_SIGNATURE>(key, parts)
    } else {
        check_signature_within::<LONGEST_SIGNATURE>(key, parts)
    }
}

fn check_signature_within<const N: usize>(
    key: &VerifyingKey,
    parts: &Parts<'_>,
) -> Result<(), VerifyError> {
    if parts.signature.len() > N.div_ceil(3) * 4 {
        return Err(VerifyError::BadSignature);
    }
    let mut buffer = [0; N];
    let signature = jwt::decode_part(parts.signature, &mut buffer)?;
    if key.verify(parts.signing_input, signature) { Ok(()) } else { Err(VerifyError::BadSignature) }
}
