//! Knows the ID token: which user signed in at which client, and how (OpenID Connect Core §2).
//! Must not know who asked for it; and no door of this crate takes it as an access token.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{Authority, Inner, error::SigningError};
use crate::{
    clock::Timestamp,
    crypto,
    id::{ClientId, SessionId, Subject},
    key::{Algorithm, SigningKey, encode_header},
    secret::{AccessToken, IdToken},
    store::SessionRecord,
    token::jwt::{self, Header, Parts},
};

/// The `typ` of an ID token. An access token has another (RFC 9068 §2.1), so that neither is
/// taken for the other.
const ID_TOKEN_TYPE: &str = "JWT";

/// A client reads it once, when it comes.
const ID_TOKEN_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What an ID token says.
pub(super) struct IdTokenClaims<'a> {
    pub(super) session: &'a SessionRecord,
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: &'a AccessToken,
    pub(super) now: Timestamp,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    azp: &'a str,
    exp: u64,
    iat: u64,
    sid: SessionId,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "slice_is_empty")]
    amr: &'a [String],
}

fn slice_is_empty(slice: &&[String]) -> bool {
    slice.is_empty()
}

/// What an ID token of ours, shown again as a hint, tells of whom it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdTokenHint {
    pub(crate) subject: Subject,
    pub(crate) client: ClientId,
    pub(crate) session: SessionId,
}

impl Inner {
    /// Signs an ID token beside an access token.
    pub(super) fn id_token(&self, claims: &IdTokenClaims<'_>) -> Result<IdToken, SigningError> {
        let IdTokenClaims { session, nonce, access_token, now } = *claims;
        let ring = self.keys.current_at(self.verifier.revocations(), now);
        let key = ring.signing_key(now).ok_or(SigningError::NoKey)?;
        let carried = &session.claims;
        let payload = Payload {
            iss: self.issuer.as_str(),
            sub: session.subject.as_str(),
            aud: session.client.as_str(),
            azp: session.client.as_str(),
            exp: (now + ID_TOKEN_LIFETIME).as_unix_seconds(),
            iat: now.as_unix_seconds(),
            sid: session.id,
            at_hash: at_hash(key, access_token),
            auth_time: carried.auth_time.map(Timestamp::as_unix_seconds),
            nonce,
            acr: carried.acr.as_deref(),
            amr: &carried.amr,
        };
        // INVARIANT (plain body): texts and numbers always serialize.
        let json = serde_json::to_vec(&payload).unwrap_or_default();
        let header = encode_header(ID_TOKEN_TYPE, key.algorithm(), key.kid());
        let token = jwt::encode_payload(&header, &json, |input| key.sign(input))?;
        Ok(IdToken::new(token))
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the hash that the signature's algorithm uses.
fn at_hash(key: &SigningKey, access_token: &AccessToken) -> String {
    let hash = match key.algorithm() {
        Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256 | Algorithm::HS256 => {
            crypto::Hash::Sha256
        }
        Algorithm::ES384 | Algorithm::RS384 | Algorithm::PS384 | Algorithm::HS384 => {
            crypto::Hash::Sha384
        }
        // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::HS512 | Algorithm::EdDSA => {
            crypto::Hash::Sha512
        }
    };
    let digest = crypto::digest(hash, access_token.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..digest.len() / 2).unwrap_or_default())
}

impl Authority {
    /// Reads an ID token that we have signed, for who comes back with it (`id_token_hint`). It
    /// may have expired (OpenID Connect RP-Initiated Logout §2), so it proves nothing but that
    /// its client once got it.
    pub(crate) fn read_id_token_hint(&self, text: &str) -> Option<IdTokenHint> {
        #[derive(Deserialize)]
        struct Hint {
            iss: String,
            sub: Subject,
            aud: ClientId,
            sid: SessionId,
        }
        let inner = &*self.0;
        let parts = Parts::split(text, jwt::DEFAULT_MAX_LENGTH).ok()?;
        let header = Header::parse(parts.header).ok()?;
        if !header.is_type(ID_TOKEN_TYPE) {
            return None;
        }
        let now = inner.clock.now();
        let ring = inner.keys.current_at(inner.verifier.revocations(), now);
        let key = ring.verifying_keys().find(header.kid.as_deref()?, now)?;
        if key.algorithm().name() != header.algorithm {
            return None;
        }
        let mut signature = vec![0; jwt::decoded_length(parts.signature.len())];
        let signature = jwt::decode_part(parts.signature, &mut signature).ok()?;
        if !key.verify(parts.signing_input, signature) {
            return None;
        }
        let mut payload = vec![0; jwt::decoded_length(parts.payload.len())];
        let payload = jwt::decode_part(parts.payload, &mut payload).ok()?;
        let hint: Hint = serde_json::from_slice(payload).ok()?;
        let ours = hint.iss == inner.issuer.as_str();
        ours.then_some(IdTokenHint { subject: hint.sub, client: hint.aud, session: hint.sid })
    }
}
