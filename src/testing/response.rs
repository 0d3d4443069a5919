//! Knows a response as a test reads it, and what a refusal must look like (RFC 6750 §3).
//! Must not know which framework made it.

use std::fmt::{self, Debug};

use serde_json::Value;

/// A response as plain data, to say in one line what it must be.
///
/// `TestResponse::from_http` (feature `tower`) and `from_actix` (feature `actix`) read those
/// frameworks' responses; [`TestResponse::new`] takes what any HTTP client has read.
///
/// ```
/// use hallpass::testing::TestResponse;
///
/// let challenge = r#"Bearer error="invalid_token", error_description="the token has expired""#;
/// let body = r#"{"error":"invalid_token","error_description":"the token has expired"}"#;
/// let headers = [("WWW-Authenticate", challenge), ("Cache-Control", "no-store")];
/// let response = TestResponse::new(401, headers, body);
/// response.assert_refused(401, "invalid_token").description("the token has expired");
/// ```
#[derive(Clone)]
pub struct TestResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl TestResponse {
    /// A response with this status, these headers and this body.
    pub fn new(
        status: u16,
        headers: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<[u8]>)>,
        body: impl AsRef<[u8]>,
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.as_ref().to_ascii_lowercase(), text(value.as_ref())));
        Self { status, headers: headers.collect(), body: text(body.as_ref()) }
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header that is there exactly once, its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Its body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "an assertion")]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// The response lets the caller in: a status from 200 to 299.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn assert_passed(&self) -> &Self {
        assert!((200..300).contains(&self.status), "expected to pass: {self:?}");
        self
    }

    /// The response refuses with this status and this error, completely: one challenge on every
    /// 401, bare for `missing_token` and naming the error for every other; the error in the JSON
    /// body, unless refusals are restyled; `no-store`; `Retry-After` on 503.
    ///
    /// # Panics
    /// When one of these is not so, and says which.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, error: &str) -> Refused<'_> {
        assert_eq!(self.status, status, "the status of {self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "`cache-control` of {self:?}");
        let challenges = self.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let challenges: Vec<_> = challenges.map(|(_, value)| value.as_str()).collect();
        let refused = match challenges.as_slice() {
            [] => Refused { response: self, parameters: Vec::new() },
            [one] => Refused { response: self, parameters: parameters(one) },
            _ => failed("two challenges", self),
        };
        if status == 401 && challenges.is_empty() {
            failed("no `www-authenticate` on a 401", self);
        }
        if status == 503 && self.header("retry-after").is_none() {
            failed("no `retry-after` on a 503", self);
        }
        let told = refused.parameter("error");
        match told {
            // RFC 6750 §3.1: nothing was presented, so there is no error to tell.
            None if error == "missing_token" => {}
            None if challenges.is_empty() => {}
            _ => assert_eq!(told, Some(error), "the challenge's `error` of {self:?}"),
        }
        match serde_json::from_str::<Value>(&self.body)
            .ok()
            .and_then(|body| body.get("error").cloned())
        {
            Some(told) => assert_eq!(told, error, "the body's `error` of {self:?}"),
            // Restyled, so the challenge must have told.
            None if told.is_none() && error != "missing_token" => {
                failed("neither challenge nor body name the error", self)
            }
            None => {}
        }
        refused
    }
}

impl Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{}", self.body)
    }
}

/// A response that [`TestResponse::assert_refused`] has found to be a refusal, to look closer.
///
/// ```
/// use hallpass::testing::{TestAuthority, TestResponse};
/// use hallpass::web::{RequestHead, RequireScope};
/// # use hallpass::testing::conformance::block_on;
///
/// let auth = TestAuthority::new();
/// let (guard, bearer) = (auth.guard(), auth.token("ada").scope("invoice:7:read").bearer());
/// # let head = RequestHead::new("GET", "/invoices/8").header("authorization", &bearer);
/// # let caller = block_on(guard.check(&head)).unwrap();
/// let read = RequireScope::new("invoice:{id}:read").unwrap();
/// let refusal = read.decide(&guard, &caller, |_| Some("8")).unwrap_err();
/// let (status, headers, body) = guard.answer(&refusal, None).into_parts();
///
/// let response = TestResponse::new(status, headers, body);
/// let refused = response.assert_refused(403, "insufficient_scope");
/// refused.scope("invoice:8:read").hides(&bearer);
/// ```
#[derive(Debug)]
pub struct Refused<'r> {
    response: &'r TestResponse,
    parameters: Vec<(String, String)>,
}

impl Refused<'_> {
    /// The challenge asks for this scope.
    ///
    /// # Panics
    /// When it asks for another or none.
    #[track_caller]
    pub fn scope(&self, scope: &str) -> &Self {
        self.tells("scope", scope)
    }

    /// The challenge describes the error like this.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn description(&self, description: &str) -> &Self {
        self.tells("error_description", description)
    }

    /// The challenge has this parameter with this value, such as `realm` or `max_age`.
    ///
    /// # Panics
    /// When it has not.
    #[track_caller]
    pub fn tells(&self, parameter: &str, value: &str) -> &Self {
        let told = self.parameter(parameter);
        assert_eq!(told, Some(value), "the challenge's `{parameter}` of {:?}", self.response);
        self
    }

    /// Nowhere in the response is this text, such as the token that was sent.
    ///
    /// # Panics
    /// When it is.
    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        let TestResponse { headers, body, .. } = self.response;
        let is_shown = body.contains(text) || headers.iter().any(|(_, value)| value.contains(text));
        assert!(!is_shown, "`{text}` is in {:?}", self.response);
        self
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut named = self.parameters.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// The parameters of one challenge (RFC 9110 §11.2), whose values are quoted strings.
fn parameters(challenge: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = challenge.split_once(' ').map_or("", |(_, rest)| rest);
    while let Some((name, quoted)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => value.extend(chars.next()),
                plain => value.push(plain),
            }
        }
        found.push((name.trim_matches([',', ' ']).to_owned(), value));
        rest = chars.as_str();
    }
    found
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion")]
fn failed(what: &str, response: &TestResponse) -> ! {
    panic!("{what}: {response:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"Bearer realm="a \"b\"", error="invalid_token", scope="x:1:read""#;

    fn refused(headers: &[(&str, &str)], body: &str) -> TestResponse {
        TestResponse::new(401, headers.iter().copied(), body)
    }

    #[test]
    fn a_complete_refusal_is_one() {
        let complete = refused(&[("www-authenticate", TOLD), ("cache-control", "no-store")], "");
        let refused = complete.assert_refused(401, "invalid_token");
        refused.scope("x:1:read").tells("realm", "a \"b\"").hides("secret");
    }

    #[track_caller]
    fn is_seen(wrong: &TestResponse) {
        let asserted = std::panic::catch_unwind(|| {
            let _ = wrong.assert_refused(401, "invalid_token");
        });
        assert!(asserted.is_err(), "{wrong:?}");
    }

    #[test]
    fn whatever_is_missing_of_a_refusal_is_seen() {
        let store = ("cache-control", "no-store");
        is_seen(&refused(&[store], ""));
        is_seen(&refused(&[("www-authenticate", TOLD)], ""));
        is_seen(&refused(&[("www-authenticate", "Bearer"), store], ""));
        is_seen(&refused(&[("www-authenticate", TOLD), ("www-authenticate", TOLD), store], ""));
        is_seen(&refused(&[("www-authenticate", TOLD), store], r#"{"error":"other"}"#));
        is_seen(&TestResponse::new(403, [("www-authenticate", TOLD), store], ""));
        let forbidden = TestResponse::new(403, [store], "");
        let asserted = std::panic::catch_unwind(|| {
            let _ = forbidden.assert_refused(403, "access_denied");
        });
        assert!(asserted.is_err(), "an error that nobody named");
    }
}
