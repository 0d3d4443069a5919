//! Knows how an answer travels to a client through the browser (RFC 6749 §4.1.2, RFC 9207).
//! Must not know whether the address is the client's; who makes a reply has asked.

use serde::{Deserialize, Serialize};

use super::{OAuthError, pages::guarded};
use crate::{token::Issuer, web::Answer};

/// Where an answer goes: an address that the client has registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyTo {
    pub(super) address: String,
    /// Whether the request named it: then the token request must, too (RFC 6749 §4.1.3).
    pub(super) named: bool,
    /// Returned as it came (RFC 6749 §4.1.2).
    pub(super) state: Option<String>,
}

impl ReplyTo {
    /// A code.
    pub(super) fn code(&self, issuer: &Issuer, code: &str) -> Answer {
        self.send(issuer, &[("code", code)])
    }

    /// An error (RFC 6749 §4.1.2.1).
    pub(super) fn error(&self, issuer: &Issuer, error: OAuthError) -> Answer {
        let told = [("error", error.error()), ("error_description", error.description())];
        self.send(issuer, &told)
    }

    /// RFC 9700 §4.12: 303, so that no browser sends a form on. RFC 9207 §2: with `iss`, so that
    /// a client of many servers knows whose answer it is.
    fn send(&self, issuer: &Issuer, parameters: &[(&str, &str)]) -> Answer {
        let state = self.state.as_deref().map(|state| ("state", state));
        let all = parameters.iter().copied().chain(state).chain([("iss", issuer.as_str())]);
        guarded(Answer::see_other(&with_query(&self.address, all)))
    }
}

/// An address with more parameters in its query. It has no fragment.
pub(super) fn with_query<'a>(
    address: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut out = address.to_owned();
    let mut before = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in parameters {
        out.push_str(before);
        encode(&mut out, name);
        out.push('=');
        encode(&mut out, value);
        before = "&";
    }
    out
}

/// Everything but unreserved characters (RFC 3986 §2.3) is percent-encoded: form decoders and
/// URL decoders read the same.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_join_a_query_and_are_escaped() {
        for (address, expected) in [
            ("https://a/cb", "https://a/cb?state=a%20b%26c%3Dd%2B%C3%A9"),
            ("https://a/cb?x=1", "https://a/cb?x=1&state=a%20b%26c%3Dd%2B%C3%A9"),
            ("https://a/cb?", "https://a/cb?state=a%20b%26c%3Dd%2B%C3%A9"),
            ("app:/cb", "app:/cb?state=a%20b%26c%3Dd%2B%C3%A9"),
        ] {
            assert_eq!(with_query(address, [("state", "a b&c=d+é")]), expected);
        }
    }
}
