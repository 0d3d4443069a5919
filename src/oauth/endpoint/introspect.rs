//! Knows the introspection endpoint (RFC 7662): what a resource server may learn of a token.
//! Must not know how a token is checked.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    authority::Client,
    id::Audience,
    oauth::{AuthorizationServer, Endpoint, Form, OAuthError, Request},
    store::SessionRecord,
    verifier::{FailureKind, Verified},
    web::Answer,
};

/// Claims that are of no use to anyone but the authority.
const OWN: [&str; 1] = ["gen"];

impl AuthorizationServer {
    /// Says whether a token works, and what it carries, to a confidential client that
    /// [may introspect](crate::authority::Client::may_introspect).
    ///
    /// Access tokens, JWTs as well as API keys, are shown to a client that is configured for one
    /// of their audiences, or for none in particular. A refresh token is shown to its own client
    /// alone: a resource server that took one for an access token would be deceived. Everything
    /// else is `{"active":false}` (RFC 7662 §2.2).
    pub async fn introspect(&self, request: &Request<'_>) -> Answer {
        match self.look_at(request).await {
            Ok(found) => Answer::json(200, &found).no_store(),
            Err(error) => error.answer(),
        }
    }

    async fn look_at(&self, request: &Request<'_>) -> Result<Value, OAuthError> {
        let form = Form::parse_post(request)?;
        let client = self.authenticate(Endpoint::Introspect, request, &form).await?;
        // RFC 7662 §2.1: "the endpoint MUST also require some form of authorization", and a name
        // is none.
        if !client.is_confidential() {
            return Err(OAuthError::CLIENT);
        }
        if !client.can_introspect() {
            return Err(OAuthError::MAY_NOT_INTROSPECT);
        }
        let token = form.required("token", OAuthError::NO_TOKEN)?;
        let authority = self.authority();
        if authority.is_refresh_token(token) {
            let session = authority.inspect_refresh_token(token, client.id()).await?;
            return Ok(session.map_or_else(inactive, |session| {
                describe_session(authority.issuer().as_str(), &session)
            }));
        }
        match authority.verify(token).await {
            Ok(who) if is_for(&who, &client) => Ok(describe(&who)),
            Ok(_) => Ok(inactive()),
            Err(error) => match error.kind() {
                FailureKind::BadCredential => Ok(inactive()),
                FailureKind::Unavailable => Err(OAuthError::NOT_NOW),
            },
        }
    }
}

/// RFC 7662 §2.2: "the authorization server SHOULD NOT include any additional information about
/// an inactive token, including why".
fn inactive() -> Value {
    Value::from_iter([("active", false)])
}

/// Whether the token is for the resource server that asks (RFC 7662 §4).
fn is_for(who: &Verified, client: &Client) -> bool {
    let own = client.audiences();
    own.is_empty() || who.audiences().any(|one| own.iter().any(|own| own.as_str() == one))
}

/// What the token carries, under the names of RFC 7662 §2.2 and the claims' own.
fn describe(who: &Verified) -> Value {
    let mut members: Map<String, Value> = who.claims().unwrap_or_default();
    members.retain(|name, _| !OWN.contains(&name.as_str()));
    members.insert("scope".to_owned(), who.scope().as_str().into());
    members.insert("token_type".to_owned(), "Bearer".into());
    members.insert("active".to_owned(), true.into());
    Value::Object(members)
}

/// What is known of a refresh token. No `token_type`: it gives no access.
fn describe_session(issuer: &str, session: &SessionRecord) -> Value {
    #[derive(Serialize)]
    struct Description<'a> {
        active: bool,
        scope: &'a str,
        client_id: &'a str,
        sub: &'a str,
        aud: Vec<&'a str>,
        iss: &'a str,
        iat: u64,
        exp: u64,
        sid: String,
    }
    let state = &session.state;
    let description = Description {
        active: true,
        scope: session.scope.as_str(),
        client_id: session.client.as_str(),
        sub: session.subject.as_str(),
        aud: session.audience.iter().map(Audience::as_str).collect(),
        iss: issuer,
        iat: session.id.born().as_unix_seconds(),
        exp: session.absolute_expires_at.min(state.idle_expires_at).as_unix_seconds(),
        sid: session.id.to_string(),
    };
    // INVARIANT (plain body): strings and numbers always serialize.
    serde_json::to_value(description).unwrap_or_else(|_| inactive())
}
