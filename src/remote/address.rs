//! Knows which addresses may be asked: `https`, or plain `http` on a loopback host.
//! Must not ask them.

use std::fmt::{self, Debug};

use crate::{
    token::{Issuer, IssuerError},
    verifier::ConfigError,
};

/// An address that may be asked. What follows a `?` may be confidential, and is not printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address(Box<str>);

impl Address {
    /// Reads an address. It is held to what an issuer is, but may have a query.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let error = |problem| {
            // The text may be anything, so no more is shown of it than a URL would have.
            let address = base.chars().filter(|c| !c.is_control()).take(200).collect();
            Err(ConfigError::Address { address, problem })
        };
        match Issuer::parse(base) {
            Ok(_) => {}
            Err(IssuerError::Scheme) => {
                return error("only `https://` is asked, or `http://` on a loopback host");
            }
            Err(IssuerError::Host) => return error("it has no host, or a user name before it"),
            Err(IssuerError::Suffix) => return error("it has a fragment"),
            Err(_) => return error("it is not at most 512 visible ASCII characters"),
        }
        let visible = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>');
        if query.len() > 512 || !query.bytes().all(visible) || query.contains('#') {
            return error("its query is not at most 512 visible ASCII characters without `#`");
        }
        Ok(Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what comes from here is protected on its way.
    pub(super) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The same with another parameter, whose value needs no escape.
    pub(super) fn with_parameter(&self, name: &str, value: &str) -> String {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{separator}{name}={value}", self.0)
    }
}

impl Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.0.split('?').next().unwrap_or_default();
        write!(f, "Address({base:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback_and_nothing_else() {
        for good in [
            "https://auth.example.com/.well-known/jwks.json",
            "https://auth.example.com/keys?p=policy&v=2",
            "http://127.0.0.1:8080/jwks",
            "http://localhost/jwks",
            "http://[::1]/jwks?x",
        ] {
            assert_eq!(Address::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "http://auth.example.com/jwks",
            "http://localhost.example.com/jwks",
            "http://127.0.0.1.example.com/jwks",
            "http://10.0.0.1/jwks",
            "http://[fd00::1]/jwks",
            "http://0.0.0.0/jwks",
            "HTTP://localhost/jwks",
            "file:///etc/passwd",
            "ftp://localhost/jwks",
            "//localhost/jwks",
            "localhost/jwks",
            "https:///jwks",
            "https://user:password@auth.example.com/jwks",
            "http://localhost@auth.example.com/jwks",
            "https://auth.example.com/jwks#x",
            "https://auth.example.com/jwks?x#y",
            "https://auth.example.com/jwks?x y",
            "https://auth.example.com/a b",
            "https://auth.example.com/\r\nHost: evil.example",
            "https://auth.example.com/?x\r\nHost: evil.example",
            "",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        let long = format!("https://auth.example.com/?{}", "a".repeat(600));
        assert!(Address::parse(&long).is_err());
    }

    #[test]
    fn what_may_be_confidential_is_not_shown() {
        let address = Address::parse("https://a.example/keys?key=s3cret").unwrap();
        assert_eq!(format!("{address:?}"), r#"Address("https://a.example/keys")"#);
        let error = Address::parse("http://a.example/keys?key=s3cret").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the address \"http://a.example/keys\" cannot be used: only `https://` is asked, or \
             `http://` on a loopback host"
        );
    }
}
