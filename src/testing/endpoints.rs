//! Knows what a [`TestAuthority`] answers over HTTP, as plain data: keys, tokens, who somebody is.
//! Must not know a server, nor stand before anybody but a test: it signs everybody in.

use super::{TestAuthority, server::Reply};
use crate::{
    Grant, Scope,
    authority::TokenResponse,
    store::Store,
    web::{
        Answer, Reason, Refusal, RequestHead, RequireScope,
        urlencoded::{decode, pairs},
    },
};

/// The paths that are answered.
pub(super) const PATHS: [&str; 4] = ["/.well-known/jwks.json", "/token", "/revoke", "/whoami"];

impl<S: Store> TestAuthority<S> {
    /// The answer to a request. `form` is its body.
    pub(super) async fn answer(&self, head: &RequestHead<'_>, form: &str) -> Reply {
        let answered = match (head.method(), head.path()) {
            ("GET", "/.well-known/jwks.json") => {
                Ok(Reply::new(200, "application/jwk-set+json", self.jwks().to_json()))
            }
            ("POST", "/token") => self.give_token(form).await,
            ("POST", "/revoke") => self.end_token(form).await,
            ("GET" | "HEAD", "/whoami") => self.tell_caller(head).await,
            (_, path) if PATHS.contains(&path) => {
                Ok(Reply::new(405, "text/plain", "another method"))
            }
            _ => Ok(Reply::new(404, "text/plain", "not found")),
        };
        answered.unwrap_or_else(|refusal| self.guard().answer(&refusal, None).into())
    }

    /// RFC 6749 §5.1, for whoever asks.
    async fn give_token(&self, form: &str) -> Result<Reply, Refusal> {
        let issued = match field(form, "refresh_token") {
            Some(token) => self.refresh(&token).await?,
            None => {
                let subject = field(form, "subject").ok_or(NO_SUBJECT)?;
                let scope = field(form, "scope").unwrap_or_default();
                let scope = scope.parse::<Scope>().map_err(|_| NO_SCOPE)?;
                let client = field(form, "client_id").unwrap_or_else(|| "test-client".to_owned());
                self.issue(Grant::new(subject, scope).client(client)).await?
            }
        };
        let response = issued.into_response();
        let headers =
            TokenResponse::HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Reply { status: 200, headers: headers.into(), body: response.body().to_owned() })
    }

    /// RFC 7009 §2.2: 200, whether or not there was something to end.
    async fn end_token(&self, form: &str) -> Result<Reply, Refusal> {
        let token = field(form, "token").unwrap_or_default();
        let _ = self.revoke(&token).await?;
        Ok(Reply::new(200, "application/json", "{}"))
    }

    async fn tell_caller(&self, head: &RequestHead<'_>) -> Result<Reply, Refusal> {
        let guard = self.guard();
        let caller = guard.check(head).await?;
        if let Some(text) = head.query().and_then(|query| field(query, "require")) {
            let required = RequireScope::new(&text).map_err(|_| NO_SCOPE)?;
            required.decide(&guard, &caller, |_| None)?;
        }
        let who = caller.require()?;
        let told = serde_json::json!({
            "sub": who.subject(),
            "client_id": who.client_id(),
            "scope": who.scope().as_str(),
        });
        Ok(Reply::new(200, "application/json", told.to_string()))
    }
}

const NO_SUBJECT: Refusal = wrong("a `subject` is required");
const NO_SCOPE: Refusal = wrong("the scope is not acceptable");

const fn wrong(description: &'static str) -> Refusal {
    Refusal::new(Reason::Grant { error: "invalid_request", description })
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let (status, headers, body) = answer.into_parts();
        Self { status, headers, body }
    }
}

/// The value of the first field of that name.
fn field(form: &str, name: &str) -> Option<String> {
    let is_it =
        |(known, _): &(&str, &str)| decode(known).is_some_and(|known| *known == name.as_bytes());
    let (_, value) = pairs(form).find(is_it)?;
    String::from_utf8(decode(value)?.to_vec()).ok()
}
