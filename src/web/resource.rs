//! Knows how a resource server describes itself to clients (RFC 9728).
//! Must not know how a token is checked.

use serde::Serialize;

use super::Answer;
use crate::{id::Audience, scope::Scope, token::Issuer};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata of a protected resource (RFC 9728 §2): where a client that knows only the
/// address of an API learns who gives tokens for it.
///
/// ```
/// use hallpass::web::ProtectedResource;
///
/// let api = ProtectedResource::new("https://api.example.com/v1")?
///     .authorization_server(&"https://auth.example.com".parse()?)
///     .scopes(&"invoice:*:read invoice:*:write".parse()?);
/// assert_eq!(api.path(), "/.well-known/oauth-protected-resource/v1");
/// assert_eq!(api.address(), "https://api.example.com/.well-known/oauth-protected-resource/v1");
/// let answer = api.answer(); // for a GET of that path
/// assert!(answer.body().starts_with(r#"{"resource":"https://api.example.com/v1","authorization_servers""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Give [`address`](Self::address) to
/// [`Guard::resource_metadata`](super::Guard::resource_metadata), so that challenges name it.
#[derive(Debug, Clone, Serialize)]
#[must_use]
pub struct ProtectedResource {
    resource: Box<str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<String>,
}

/// Why a text names no protected resource.
///
/// ```
/// use hallpass::web::ProtectedResource;
///
/// for text in ["api.example.com", "http://api.example.com", "https://api.example.com/#v1"] {
///     assert!(ProtectedResource::new(text).is_err(), "{text}");
/// }
/// assert!(ProtectedResource::new("http://127.0.0.1:8080").is_ok()); // to try things out
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a resource is an https address without a fragment; http is for loopback hosts")]
#[non_exhaustive]
pub struct ResourceError;

impl ProtectedResource {
    /// The resource with this identifier (RFC 9728 §1.2): its address, which is also the
    /// audience of its tokens. Tokens are taken from the `Authorization` header.
    ///
    /// # Errors
    /// When it is no `https` address, or has a fragment. Plain `http` is for loopback hosts.
    pub fn new(resource: &str) -> Result<Self, ResourceError> {
        // The same rules as for an issuer, but that a query is allowed.
        let before_query = resource.split_once('?').map_or(resource, |(before, _)| before);
        Issuer::parse(before_query).map_err(|_| ResourceError)?;
        Audience::parse(resource).map_err(|_| ResourceError)?;
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'#');
        if !resource.bytes().all(plain) {
            return Err(ResourceError);
        }
        Ok(Self {
            resource: resource.into(),
            authorization_servers: Vec::new(),
            jwks_uri: None,
            scopes_supported: Vec::new(),
            bearer_methods_supported: vec!["header"],
            resource_name: None,
            resource_documentation: None,
        })
    }

    /// One who gives tokens for it. Call it again for more.
    pub fn authorization_server(mut self, issuer: &Issuer) -> Self {
        self.authorization_servers.push(issuer.as_str().to_owned());
        self
    }

    /// What a client may ask for to use it. Name only what everybody may know.
    pub fn scopes(mut self, scope: &Scope) -> Self {
        self.scopes_supported = scope.to_string().split(' ').map(str::to_owned).collect();
        self.scopes_supported.retain(|item| !item.is_empty());
        self
    }

    /// Says that tokens are also taken from the query, as with
    /// [`Source::query`](super::Source::query) (RFC 6750 §2.3).
    pub fn query_source(mut self) -> Self {
        self.bearer_methods_supported = vec!["header", "query"];
        self
    }

    /// Where the resource's own keys are, for what it signs itself. It is not the address of the
    /// keys that tokens are checked with: those belong to the authorization server.
    pub fn jwks_uri(mut self, address: impl Into<String>) -> Self {
        self.jwks_uri = Some(address.into());
        self
    }

    /// What people read.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.resource_name = Some(name.into());
        self
    }

    /// Where developers read on.
    pub fn documentation(mut self, address: impl Into<String>) -> Self {
        self.resource_documentation = Some(address.into());
        self
    }

    /// Origin, path and query of the resource.
    fn parts(&self) -> (&str, &str, &str) {
        let (before, query) = match self.resource.find('?') {
            Some(at) => self.resource.split_at(at),
            None => (&*self.resource, ""),
        };
        let host = before.find("://").map_or(0, |at| at + "://".len());
        let slash = before.get(host..).and_then(|rest| rest.find('/')).map(|at| host + at);
        let (origin, path) = before.split_at(slash.unwrap_or(before.len()));
        (origin, path.strip_suffix('/').unwrap_or(path), query)
    }

    /// The path of the metadata on the resource's host: the well-known part stands before the
    /// resource's own path (RFC 9728 §3.1).
    #[must_use]
    pub fn path(&self) -> String {
        let (_, path, _) = self.parts();
        format!("{WELL_KNOWN}{path}")
    }

    /// The address of the metadata.
    #[must_use]
    pub fn address(&self) -> String {
        let (origin, path, query) = self.parts();
        format!("{origin}{WELL_KNOWN}{path}{query}")
    }

    /// The answer to a request for it (RFC 9728 §3.2). Any page may read it.
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
            .with_header("cache-control", "public, max-age=3600")
            .with_header("access-control-allow-origin", "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9728 §3.1, and its examples.
    #[test]
    fn the_well_known_part_stands_before_the_path() {
        for (resource, path, address) in [
            ("https://a", "", "https://a/.well-known/oauth-protected-resource"),
            ("https://a/", "", "https://a/.well-known/oauth-protected-resource"),
            ("https://a:8/b/c", "/b/c", "https://a:8/.well-known/oauth-protected-resource/b/c"),
            ("https://a/b/", "/b", "https://a/.well-known/oauth-protected-resource/b"),
            ("https://a/b?k=v", "/b", "https://a/.well-known/oauth-protected-resource/b?k=v"),
            ("https://a?k=v", "", "https://a/.well-known/oauth-protected-resource?k=v"),
            ("http://[::1]:80/b", "/b", "http://[::1]:80/.well-known/oauth-protected-resource/b"),
        ] {
            let described = ProtectedResource::new(resource).unwrap();
            assert_eq!(described.path(), format!("{WELL_KNOWN}{path}"), "{resource}");
            assert_eq!(described.address(), address, "{resource}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "api", "http://api.example.com", "https://", "https://a#b", "https://a?b#c"]
        {
            assert!(ProtectedResource::new(text).is_err(), "{text}");
        }
        assert!(ProtectedResource::new("https://a?\"").is_err());
    }

    #[test]
    fn the_document_has_the_registered_members() {
        let scope = "invoice:*:read invoice:7:write".parse().unwrap();
        let described = ProtectedResource::new("https://api.example.com")
            .unwrap()
            .authorization_server(&"https://auth.example.com".parse().unwrap())
            .scopes(&scope)
            .query_source()
            .jwks_uri("https://api.example.com/jwks")
            .name("Invoices")
            .documentation("https://docs.example.com");
        assert_eq!(
            described.answer().body(),
            concat!(
                r#"{"resource":"https://api.example.com","authorization_servers":["https://auth.example.com"],"#,
                r#""jwks_uri":"https://api.example.com/jwks","scopes_supported":["invoice:*:read","invoice:7:write"],"#,
                r#""bearer_methods_supported":["header","query"],"resource_name":"Invoices","#,
                r#""resource_documentation":"https://docs.example.com"}"#
            )
        );
        // RFC 9728 §2: members without a value are left out.
        let bare = ProtectedResource::new("https://a").unwrap().scopes(&"".parse().unwrap());
        assert_eq!(
            bare.answer().body(),
            r#"{"resource":"https://a","bearer_methods_supported":["header"]}"#
        );
    }
}
