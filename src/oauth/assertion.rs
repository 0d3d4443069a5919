//! Knows how a client proves itself by a signed assertion (RFC 7523 §2.2, §3).
//! Must not know any other proof.

use std::time::Duration;

use super::OAuthError;
use crate::{
    authority::{Authority, Client},
    clock::Timestamp,
    id::ClientId,
    key::{VerifyingKey, VerifyingKeys},
    token::{
        claims::{self, Claim, Claims},
        jwt::{self, Header, Parts},
    },
};

/// The `client_assertion_type` (RFC 7523 §2.2).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead `exp` may be: an assertion is made for one request.
const LONGEST_LIFE: Duration = Duration::from_secs(5 * 60);
/// How far the client's clock may be off.
const LEEWAY: Duration = Duration::from_secs(30);
/// The longest assertion that is read.
const LONGEST: usize = jwt::DEFAULT_MAX_LENGTH;

/// The client that an assertion names. Nothing of it is proved: this says which keys to ask.
pub(super) fn subject(text: &str) -> Option<String> {
    let parts = Parts::split(text, LONGEST).ok()?;
    Some(Payload::read(&parts)?.text(Claim::Subject)?.to_owned())
}

/// Checks that the client has made this assertion, for us, just now, and for the first time.
pub(super) async fn check(
    authority: &Authority,
    client: &Client,
    text: &str,
) -> Result<(), OAuthError> {
    let once = judge(authority, client, text).ok_or(OAuthError::CLIENT)?;
    // Last, so that nobody else can use up an id.
    let first = authority.consume_once(&once.key, once.until).await?;
    if first { Ok(()) } else { Err(OAuthError::CLIENT) }
}

/// What must not come again.
struct Once {
    key: Vec<u8>,
    until: Timestamp,
}

/// Everything that can be told without the store; nothing where it is not as it must be.
fn judge(authority: &Authority, client: &Client, text: &str) -> Option<Once> {
    let parts = Parts::split(text, LONGEST).ok()?;
    let header = Header::parse(parts.header).ok()?;
    // RFC 8725 §3.11: a token of another kind is no assertion.
    let is_assertion = header.typ.is_none()
        || header.is_type("JWT")
        || header.is_type("client-authentication+jwt");
    if !is_assertion {
        return None;
    }
    let now = authority.now();
    let key = find_key(client.keys(), &header, now)?;
    let signature = decode(parts.signature)?;
    if !key.verify(parts.signing_input, &signature) {
        return None;
    }
    Payload::read(&parts)?.judge(client.id(), authority.issuer().as_str(), now)
}

/// The key that the header names. Without a name, the only one of its algorithm. Shared secrets
/// are no keys of a client: whoever checks one could sign with it.
fn find_key<'k>(
    keys: &'k VerifyingKeys,
    header: &Header,
    now: Timestamp,
) -> Option<&'k VerifyingKey> {
    let fits =
        |key: &&VerifyingKey| key.jwk().is_some() && key.algorithm().name() == header.algorithm;
    match &header.kid {
        Some(kid) => keys.find(kid, now).filter(fits),
        None => {
            let mut fitting = keys.iter().filter(fits);
            let key = fitting.next()?;
            fitting.next().is_none().then_some(key)
        }
    }
}

/// The claims of an assertion.
struct Payload {
    claims: Claims,
    /// The payload, then texts that had escapes.
    buffer: Vec<u8>,
}

impl Payload {
    fn read(parts: &Parts<'_>) -> Option<Self> {
        let mut buffer = decode(parts.payload)?;
        let parsed = claims::parse(&buffer).ok()?;
        buffer.extend_from_slice(&parsed.unescaped);
        Some(Self { claims: parsed.claims, buffer })
    }

    fn text(&self, claim: Claim) -> Option<&str> {
        self.claims.text(claim, &self.buffer).filter(|text| !text.is_empty())
    }

    /// RFC 7523 §3.
    fn judge(&self, client: &ClientId, issuer: &str, now: Timestamp) -> Option<Once> {
        // "For client authentication, the subject MUST be the "client_id" of the OAuth client",
        // and the issuer, too.
        let is_the_client = |claim| self.text(claim) == Some(client.as_str());
        // The issuer and nobody else: what is also for another server, that one could show us.
        let is_for_us = self.claims.list(Claim::Audience, &self.buffer).eq([issuer]);
        if !is_the_client(Claim::Issuer) || !is_the_client(Claim::Subject) || !is_for_us {
            return None;
        }
        let expires_at = self.claims.date(Claim::Expires)?;
        let until = expires_at + LEEWAY;
        let ahead = |claim| self.claims.date(claim).is_some_and(|at| at > now + LEEWAY);
        let in_time = now < until && expires_at <= now + LONGEST_LIFE + LEEWAY;
        if !in_time || ahead(Claim::NotBefore) || ahead(Claim::IssuedAt) {
            return None;
        }
        // No client id has a zero byte, so that no two pairs have one key.
        let id = self.text(Claim::TokenId)?;
        let key = [b"client assertion\0", client.as_str().as_bytes(), b"\0", id.as_bytes()];
        Some(Once { key: key.concat(), until })
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    let mut buffer = vec![0; jwt::decoded_length(part.len())];
    let length = jwt::decode_part(part, &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
