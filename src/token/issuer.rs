//! Knows what an issuer identifier looks like (RFC 8414 §2, RFC 9068 §2.2).
//! Must not know how to reach it.

use std::{
    fmt::{self, Debug, Display},
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// The `iss` of tokens: an `https` URL without query or fragment. Plain `http` is for loopback
/// hosts alone, so that tests and local set-ups need no certificate.
///
/// Issuers are compared as text, byte by byte (RFC 7519 §4.1.1): no normalisation.
///
/// ```
/// use hallpass::token::Issuer;
///
/// assert!(Issuer::parse("https://auth.example.com").is_ok());
/// assert!(Issuer::parse("http://127.0.0.1:8080/").is_ok());
/// assert!(Issuer::parse("http://auth.example.com").is_err());
/// assert!(Issuer::parse("https://auth.example.com/?tenant=1").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(Box<str>);

/// Why a text is not an issuer.
///
/// ```
/// use hallpass::token::{Issuer, IssuerError};
///
/// assert_eq!(Issuer::parse("http://auth.example.com"), Err(IssuerError::Scheme));
/// let error = Issuer::parse("https://auth.example.com/?tenant=1").unwrap_err();
/// assert_eq!(error.to_string(), "an issuer has no query and no fragment");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// Neither `https`, nor `http` on a loopback host.
    #[error("an issuer begins with `https://`; `http://` is for localhost, 127.0.0.0/8 and [::1]")]
    Scheme,
    /// The URL has no host, or user information in front of it.
    #[error("an issuer has a host after `https://`, and no user name")]
    Host,
    /// The URL has a query or a fragment.
    #[error("an issuer has no query and no fragment")]
    Suffix,
    /// Something else than visible ASCII, or over 512 bytes.
    #[error("an issuer is at most 512 visible ASCII characters")]
    Text,
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// When the text is not such a URL.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let visible = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>');
        if text.len() > 512 || !text.bytes().all(visible) {
            return Err(IssuerError::Text);
        }
        if text.contains(['?', '#']) {
            return Err(IssuerError::Suffix);
        }
        let (rest, loopback_only) = match text.strip_prefix("https://") {
            Some(rest) => (rest, false),
            None => (text.strip_prefix("http://").ok_or(IssuerError::Scheme)?, true),
        };
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(IssuerError::Host);
        }
        let host = host_of(authority).ok_or(IssuerError::Host)?;
        if loopback_only && !is_loopback(host) {
            return Err(IssuerError::Scheme);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host of `host[:port]`, brackets of an IPv6 address included.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rfind(']') {
        Some(end) => {
            let (host, rest) = authority.split_at_checked(end + 1)?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (!host.is_empty() && port_fits).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host == "localhost"
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || v6.and_then(|v6| v6.parse().ok()).is_some_and(|ip: Ipv6Addr| ip.is_loopback())
}

impl FromStr for Issuer {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Issuer {
    type Error = IssuerError;

    fn try_from(text: &str) -> Result<Self, IssuerError> {
        Self::parse(text)
    }
}

impl AsRef<str> for Issuer {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({:?})", &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for good in [
            "https://a",
            "https://auth.example.com/",
            "https://auth.example.com:8443/tenant/1",
            "https://[2001:db8::1]:443",
            "http://localhost",
            "http://localhost:3000/x",
            "http://127.8.9.1:1",
            "http://[::1]:80",
        ] {
            assert_eq!(Issuer::parse(good).map(|i| i.to_string()), Ok(good.to_owned()));
        }
        for (bad, error) in [
            ("", IssuerError::Scheme),
            ("auth.example.com", IssuerError::Scheme),
            ("HTTPS://auth.example.com", IssuerError::Scheme),
            ("ftp://localhost", IssuerError::Scheme),
            ("http://auth.example.com", IssuerError::Scheme),
            ("http://localhost.example.com", IssuerError::Scheme),
            ("http://127.0.0.1.example.com", IssuerError::Scheme),
            ("http://[::2]", IssuerError::Scheme),
            ("https://", IssuerError::Host),
            ("https:///x", IssuerError::Host),
            ("https://:80", IssuerError::Host),
            ("https://a:", IssuerError::Host),
            ("https://a:99999", IssuerError::Host),
            ("https://a:0", IssuerError::Host),
            ("https://user@a", IssuerError::Host),
            ("http://localhost@evil.example", IssuerError::Host),
            ("https://a?x", IssuerError::Suffix),
            ("https://a#x", IssuerError::Suffix),
            ("https://a b", IssuerError::Text),
            ("https://é", IssuerError::Text),
        ] {
            assert_eq!(Issuer::parse(bad), Err(error), "{bad}");
        }
        let long = |bytes: usize| Issuer::parse(&format!("https://{}", "a".repeat(bytes - 8)));
        assert!(long(512).is_ok());
        assert_eq!(long(513), Err(IssuerError::Text));
    }
}
