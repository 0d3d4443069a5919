//! Knows how the parameters of a request are read (RFC 6749 appendix B), and how many may come.
//! Must not know what a parameter means.

use std::fmt::{self, Debug};

use zeroize::Zeroizing;

use super::{OAuthError, Request};
use crate::web::urlencoded;

/// The longest body or query that is read.
pub(super) const LONGEST: usize = 64 * 1024;
/// The most parameters that are read.
const MOST: usize = 100;
/// What may come more than once (RFC 8707 §2, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of a request, decoded. Values are wiped when this is dropped.
pub(crate) struct Form {
    parameters: Vec<(Zeroizing<String>, Zeroizing<String>)>,
}

impl Form {
    /// The parameters of a request to an endpoint that takes POST alone (RFC 6749 §3.2, RFC 7009
    /// §2.1, RFC 7662 §2.1), each at most once. A query is not looked at: credentials "MUST NOT be
    /// included in the request URI" (RFC 6749 §2.3.1).
    pub(crate) fn parse_post(request: &Request<'_>) -> Result<Self, OAuthError> {
        if request.head.method() != "POST" {
            return Err(OAuthError::POST_ONLY);
        }
        Self::read(request)?.without_repeats()
    }

    /// The parameters of a request by GET (in the query) or POST (in the body), each at most
    /// once.
    pub(crate) fn parse(request: &Request<'_>) -> Result<Self, OAuthError> {
        Self::read(request)?.without_repeats()
    }

    /// As [`parse`](Self::parse), but what comes twice is found only by
    /// [`only`](Self::only): for who must first learn whom to tell.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, OAuthError> {
        let text = match request.head.method() {
            "GET" | "HEAD" => request.head.query().unwrap_or_default(),
            "POST" => {
                if request.body.len() > LONGEST {
                    return Err(OAuthError::TOO_LONG);
                }
                check_content_type(request)?;
                str::from_utf8(request.body).map_err(|_| OAuthError::MALFORMED)?
            }
            _ => return Err(OAuthError::METHOD),
        };
        Self::decode(text)
    }

    /// Decodes `application/x-www-form-urlencoded`.
    pub(crate) fn decode(text: &str) -> Result<Self, OAuthError> {
        if text.len() > LONGEST {
            return Err(OAuthError::TOO_LONG);
        }
        let mut parameters = Vec::new();
        for (position, (name, value)) in urlencoded::pairs(text).enumerate() {
            if position >= MOST {
                return Err(OAuthError::TOO_MANY);
            }
            let name = urlencoded::decode_text(name).ok_or(OAuthError::MALFORMED)?;
            let value = urlencoded::decode_text(value).ok_or(OAuthError::MALFORMED)?;
            // RFC 6749 §3.1, §3.2: "Parameters sent without a value MUST be treated as if they
            // were omitted from the request."
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        Ok(Self { parameters })
    }

    /// RFC 6749 §3.1, §3.2: "Request and response parameters MUST NOT be included more than
    /// once."
    fn without_repeats(self) -> Result<Self, OAuthError> {
        if self.has_repeats() { Err(OAuthError::REPEATED) } else { Ok(self) }
    }

    /// Whether anything came twice that must not.
    pub(crate) fn has_repeats(&self) -> bool {
        let mut names: Vec<&str> = self.parameters.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| !REPEATABLE.contains(name));
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// The value of a parameter, the first if there are more.
    pub(crate) fn get(&self, name: &'static str) -> Option<&str> {
        self.all(name).next()
    }

    /// The value of a parameter that must not come twice.
    pub(crate) fn only(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(OAuthError::REPEATED) } else { Ok(value) }
    }

    /// The value of a parameter that must be there.
    pub(crate) fn required(
        &self,
        name: &'static str,
        otherwise: OAuthError,
    ) -> Result<&str, OAuthError> {
        self.get(name).ok_or(otherwise)
    }

    /// All values of a parameter, in order.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let named = self.parameters.iter().filter(move |(known, _)| known.as_str() == name);
        named.map(|(_, value)| value.as_str())
    }
}

impl Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("parameters", &self.parameters.len()).finish_non_exhaustive()
    }
}

/// RFC 6749 appendix B: the media type, and no other character set than UTF-8.
fn check_content_type(request: &Request<'_>) -> Result<(), OAuthError> {
    let value = request.head.single("content-type").and_then(|value| str::from_utf8(value).ok());
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let is_utf8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.eq_ignore_ascii_case("charset")
            || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    let fits = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if fits && parts.all(is_utf8) { Ok(()) } else { Err(OAuthError::CONTENT_TYPE) }
}

#[cfg(test)]
mod tests {
    use super::{Form, OAuthError};

    fn read(text: &str) -> Result<Form, OAuthError> {
        Form::decode(text)?.without_repeats()
    }

    #[test]
    fn a_parameter_without_a_value_was_not_sent() {
        let form = read("scope=&scope&a=1&=2&&scope=note%3Aread").unwrap();
        assert_eq!(form.get("scope"), Some("note:read"));
        assert_eq!(form.get("b"), None);
    }

    #[test]
    fn what_comes_twice_is_refused_but_for_what_may() {
        for twice in ["a=1&a=1", "a=1&b=2&%61=3", "code=x&code=y", "resource=a&x=1&resource=b&x=2"]
        {
            assert_eq!(read(twice).unwrap_err(), OAuthError::REPEATED, "{twice}");
        }
        let form = read("resource=a&resource=b&audience=c&audience=c&A=1&a=2").unwrap();
        assert!(form.all("resource").eq(["a", "b"]));
        // For who must know whom to tell.
        let form = Form::decode("state=1&state=2&client_id=web").unwrap();
        assert_eq!(form.only("client_id"), Ok(Some("web")));
        assert_eq!(form.only("state"), Err(OAuthError::REPEATED));
        assert_eq!(form.only("nonce"), Ok(None));
    }

    #[test]
    fn limits_are_on_length_and_count() {
        let many =
            |count: usize| (0..count).map(|n| format!("p{n}=v")).collect::<Vec<_>>().join("&");
        assert!(read(&many(100)).is_ok());
        assert_eq!(read(&many(101)).unwrap_err(), OAuthError::TOO_MANY);
        let long = |length: usize| format!("a={}", "x".repeat(length - 2));
        assert!(read(&long(64 * 1024)).is_ok());
        assert_eq!(read(&long(64 * 1024 + 1)).unwrap_err(), OAuthError::TOO_LONG);
    }

    #[test]
    fn values_do_not_show() {
        let form = read("client_secret=canary").unwrap();
        assert_eq!(format!("{form:?}"), "Form { parameters: 1, .. }");
    }
}
