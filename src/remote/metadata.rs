//! Knows where an issuer says its keys are (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
//! Must not know the keys.

use serde::Deserialize;

use super::address::Address;
use crate::{token::Issuer, verifier::ConfigError};

/// The longest metadata that is read, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The members that we need of it.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// Where metadata may be, the more common place first.
pub(super) fn addresses(issuer: &Issuer) -> Result<[Address; 2], ConfigError> {
    let text = issuer.as_str();
    let text = text.strip_suffix('/').unwrap_or(text);
    let host = text.find("://").map_or(0, |at| at + "://".len());
    let path = text.get(host..).and_then(|rest| rest.find('/')).map_or(text.len(), |at| host + at);
    let (origin, path) = text.split_at_checked(path).unwrap_or((text, ""));
    Ok([
        Address::parse(&format!("{text}/.well-known/openid-configuration"))?,
        Address::parse(&format!("{origin}/.well-known/oauth-authorization-server{path}"))?,
    ])
}

/// The address of the keys. The metadata must say that it is this issuer's (RFC 8414 §3.3), and
/// from an issuer on `https` it can send us nowhere but to `https`.
pub(super) fn jwks_address(body: &[u8], issuer: &Issuer) -> Result<Address, &'static str> {
    let metadata: Metadata = serde_json::from_slice(body)
        .map_err(|_| "the issuer's metadata is not JSON with `issuer` and `jwks_uri`")?;
    if metadata.issuer != issuer.as_str() {
        return Err("the issuer's metadata names another issuer");
    }
    let address = Address::parse(&metadata.jwks_uri)
        .map_err(|_| "the `jwks_uri` of the issuer's metadata cannot be used")?;
    if issuer.as_str().starts_with("https://") && !address.is_https() {
        return Err("the `jwks_uri` of the issuer's metadata is not `https`");
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(text: &str) -> Issuer {
        Issuer::parse(text).unwrap()
    }

    #[test]
    fn the_path_comes_before_one_and_after_the_other() {
        let places =
            |text: &str| addresses(&issuer(text)).unwrap().map(|at| at.as_str().to_owned());
        for slash in ["", "/"] {
            assert_eq!(
                places(&format!("https://a.example{slash}")),
                [
                    "https://a.example/.well-known/openid-configuration",
                    "https://a.example/.well-known/oauth-authorization-server",
                ]
            );
            assert_eq!(
                places(&format!("https://a.example:8443/t/1{slash}")),
                [
                    "https://a.example:8443/t/1/.well-known/openid-configuration",
                    "https://a.example:8443/.well-known/oauth-authorization-server/t/1",
                ]
            );
        }
    }

    #[test]
    fn metadata_of_another_issuer_or_of_another_place_is_refused() {
        let read = |issuer_text: &str, body: &str| {
            jwks_address(body.as_bytes(), &issuer(issuer_text)).map(|at| at.as_str().to_owned())
        };
        let body = |issuer: &str, keys: &str| {
            format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}","response_types_supported":[]}}"#)
        };
        let (https, http) = ("https://a.example", "http://127.0.0.1:1");
        let good = "https://keys.example/jwks";
        assert_eq!(read(https, &body(https, good)), Ok(good.to_owned()));
        assert!(read(http, &body(http, "http://127.0.0.1:2/jwks")).is_ok());
        for bad in [
            body("https://a.example/", good),
            body("https://b.example", good),
            body(https, "http://127.0.0.1/jwks"),
            body(https, "http://keys.example/jwks"),
            body(https, "file:///etc/passwd"),
            format!(r#"{{"issuer":"{https}"}}"#),
            format!(r#"{{"issuer":"{https}","jwks_uri":"{good}","jwks_uri":"{good}"}}"#),
            "[]".to_owned(),
        ] {
            assert!(read(https, &bad).is_err(), "{bad}");
        }
    }
}
