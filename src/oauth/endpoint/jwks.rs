//! Knows how the public keys are published (RFC 7517 §5, RFC 8414 §2 `jwks_uri`).
//! Must not know a private key; the ring gives public ones.

use super::{
    super::{AuthorizationServer, OAuthError, Request},
    document,
};
use crate::web::Answer;

impl AuthorizationServer {
    /// The JWK set endpoint: GET.
    ///
    /// The answer may be kept as [`KeyRing::jwks_max_age`](crate::key::KeyRing::jwks_max_age)
    /// says: no longer than any key of it lives, and a new key is known well before it signs.
    pub async fn jwks(&self, request: &Request<'_>) -> Answer {
        if !matches!(request.head.method(), "GET" | "HEAD") {
            return OAuthError::READ_ONLY.answer();
        }
        match self.authority().published_keys().await {
            Ok((ring, now)) => {
                let body = ring.jwks(now).to_json();
                document::answer(request, "application/jwk-set+json", body, (&ring, now))
            }
            Err(_) => OAuthError::NOT_NOW.answer(),
        }
    }
}
