//! Knows how a verifier says who it is to a feed: an `Authorization` header.
//! Must not know where the host has its credentials from.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The value of an `Authorization` header, or who gives it.
#[derive(Clone)]
pub(super) enum Credential {
    Fixed(Arc<Zeroizing<String>>),
    Given(Arc<dyn Fn() -> String + Send + Sync>),
}

impl Credential {
    pub(super) fn fixed(value: String) -> Self {
        Self::Fixed(Arc::new(Zeroizing::new(value)))
    }

    /// HTTP Basic as RFC 6749 §2.3.1 has it: both parts are form-encoded first.
    pub(super) fn basic(client_id: &str, secret: &str) -> Self {
        let mut pair = Zeroizing::new(String::with_capacity(3 * (client_id.len() + secret.len())));
        form_encode(client_id, &mut pair);
        pair.push(':');
        form_encode(secret, &mut pair);
        Self::fixed(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
    }

    pub(super) fn value(&self) -> Zeroizing<String> {
        match self {
            Self::Fixed(value) => Zeroizing::clone(value),
            Self::Given(give) => Zeroizing::new(give()),
        }
    }
}

impl Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([redacted])")
    }
}

/// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
fn form_encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                into.push(char::from(byte));
            }
            b' ' => into.push('+'),
            _ => {
                into.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                    into.push(digit.to_ascii_uppercase());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_form_encoded_before_it_is_base64() {
        let value = Credential::basic("a:b c", "s%é/+").value();
        let pair = STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(pair).unwrap(), "a%3Ab+c:s%25%C3%A9%2F%2B");
    }

    #[test]
    fn it_prints_no_credential() {
        let credential = Credential::basic("web", "s3cret");
        assert_eq!(format!("{credential:?}"), "Credential([redacted])");
    }
}
