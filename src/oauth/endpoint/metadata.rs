//! Knows what the server says of itself (RFC 8414 §2, OpenID Connect Discovery §3): one document
//! for both.
//! Must not know how an endpoint works; only names that are registered with IANA are written.

use serde::Serialize;

use super::{
    super::{AuthorizationServer, Endpoint, OAuthError, Request},
    document,
};
use crate::{
    Timestamp,
    key::{Algorithm, KeyRing, KeyState},
    scope::Scope,
    web::Answer,
};

/// What of a server the host chooses to tell.
#[derive(Debug, Default)]
pub(in super::super) struct Advertised {
    pub(in super::super) scope: Option<Scope>,
    pub(in super::super) documentation: Option<String>,
}

/// How a client may prove itself where it must say who it is.
const AUTHENTICATION: [&str; 4] =
    ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

#[derive(Serialize)]
struct Document<'a> {
    issuer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    jwks_uri: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    scopes_supported: Vec<String>,
    response_types_supported: &'a [&'a str],
    response_modes_supported: &'a [&'a str],
    grant_types_supported: &'a [&'a str],
    code_challenge_methods_supported: &'a [&'a str],
    authorization_response_iss_parameter_supported: bool,
    prompt_values_supported: &'a [&'a str],
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    claims_parameter_supported: bool,
    token_endpoint_auth_methods_supported: &'a [&'a str],
    token_endpoint_auth_signing_alg_values_supported: &'a [&'static str],
    revocation_endpoint_auth_methods_supported: &'a [&'a str],
    revocation_endpoint_auth_signing_alg_values_supported: &'a [&'a str],
    introspection_endpoint_auth_methods_supported: &'a [&'a str],
    introspection_endpoint_auth_signing_alg_values_supported: &'a [&'a str],
    subject_types_supported: &'a [&'a str],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    claims_supported: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    service_documentation: Option<&'a str>,
}

impl AuthorizationServer {
    /// The metadata document, the same at `/.well-known/oauth-authorization-server` and at
    /// `/.well-known/openid-configuration`: GET.
    pub async fn metadata(&self, request: &Request<'_>) -> Answer {
        if !matches!(request.head.method(), "GET" | "HEAD") {
            return OAuthError::READ_ONLY.answer();
        }
        let assertions = assertion_algorithms();
        match self.authority().published_keys().await {
            Ok((ring, now)) => {
                let document = self.document(&ring, now, &assertions);
                // INVARIANT (Document): texts and bools, which serialize without fail.
                let body = serde_json::to_string(&document).unwrap_or_default();
                document::answer(request, "application/json", body, (&ring, now))
            }
            Err(_) => OAuthError::NOT_NOW.answer(),
        }
    }

    fn document<'a>(
        &'a self,
        ring: &KeyRing,
        now: Timestamp,
        assertions: &'a [&'static str],
    ) -> Document<'a> {
        let issuer = self.authority().issuer();
        let at = |endpoint| self.0.endpoints.url(issuer, endpoint);
        // Without a host nobody can sign in, and there is nothing behind these addresses.
        let interactive = self.0.host.is_some();
        let code: &[&str] = if interactive { &["code"] } else { &[] };
        let proofs: &[&str] = &AUTHENTICATION;
        Document {
            issuer: issuer.as_str(),
            authorization_endpoint: interactive.then(|| at(Endpoint::Authorize)),
            token_endpoint: at(Endpoint::Token),
            jwks_uri: at(Endpoint::Jwks),
            revocation_endpoint: at(Endpoint::Revoke),
            introspection_endpoint: at(Endpoint::Introspect),
            end_session_endpoint: interactive.then(|| at(Endpoint::Logout)),
            scopes_supported: self.scopes_supported(interactive),
            response_types_supported: code,
            response_modes_supported: if interactive { &["query"] } else { &[] },
            grant_types_supported: if interactive {
                &["authorization_code", "refresh_token", "client_credentials"]
            } else {
                &["refresh_token", "client_credentials"]
            },
            code_challenge_methods_supported: if interactive { &["S256"] } else { &[] },
            authorization_response_iss_parameter_supported: interactive,
            prompt_values_supported: if interactive {
                &["none", "login", "consent", "select_account"]
            } else {
                &[]
            },
            request_parameter_supported: false,
            // OpenID Connect Discovery §3: "If omitted, the default value is true."
            request_uri_parameter_supported: false,
            claims_parameter_supported: false,
            token_endpoint_auth_methods_supported: proofs,
            token_endpoint_auth_signing_alg_values_supported: assertions,
            revocation_endpoint_auth_methods_supported: proofs,
            revocation_endpoint_auth_signing_alg_values_supported: assertions,
            // Only a client that can prove itself may ask.
            introspection_endpoint_auth_methods_supported: proofs.get(..3).unwrap_or(proofs),
            introspection_endpoint_auth_signing_alg_values_supported: assertions,
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: id_token_algorithms(ring, now),
            claims_supported: &[
                "iss",
                "sub",
                "aud",
                "azp",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "at_hash",
                "acr",
                "amr",
                "sid",
            ],
            service_documentation: self.0.advertised.documentation.as_deref(),
        }
    }

    fn scopes_supported(&self, interactive: bool) -> Vec<String> {
        let words: &[&str] = if interactive { &["openid", "offline_access"] } else { &[] };
        let mut scopes: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let told = self.0.advertised.scope.as_ref().map(ToString::to_string).unwrap_or_default();
        scopes.extend(told.split(' ').filter(|item| !item.is_empty()).map(str::to_owned));
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

/// What ID tokens are signed with, now and by the next key. A shared secret is nothing that a
/// client could check.
fn id_token_algorithms(ring: &KeyRing, now: Timestamp) -> Vec<&'static str> {
    let signs = |state| matches!(state, KeyState::Active | KeyState::Pending);
    let live = ring.keys().filter(|held| held.signing_key().is_some() && signs(held.state(now)));
    let published = live.filter_map(|held| held.verifying_key().jwk());
    let mut names: Vec<_> = published.map(|jwk| jwk.verifying_key().algorithm().name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a client may sign its assertions with: everything but shared secrets.
fn assertion_algorithms() -> Vec<&'static str> {
    let pairs = Algorithm::ALL.iter().filter(|algorithm| !algorithm.is_symmetric());
    pairs.map(|algorithm| algorithm.name()).collect()
}
