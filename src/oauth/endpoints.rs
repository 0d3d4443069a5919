//! Knows the endpoints by name, and the path of each below the issuer.
//! Must not know what an endpoint does.

use crate::token::Issuer;

/// One of the endpoints of an authorization server.
///
/// ```
/// use hallpass::oauth::{Endpoint, Endpoints};
///
/// // What a proxy lets through from outside; the rest is for the services behind it.
/// let endpoints = Endpoints::new();
/// let inside = [Endpoint::Introspect, Endpoint::Revocations];
/// let outside = Endpoint::ALL.into_iter().filter(|endpoint| !inside.contains(endpoint));
/// let paths: Vec<_> = outside.map(|endpoint| endpoints.path(endpoint)).collect();
/// assert!(paths.contains(&"/token") && !paths.contains(&"/introspect"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Endpoint {
    /// Where the user's browser comes for consent (RFC 6749 §3.1).
    Authorize,
    /// Where the consent page sends its form.
    Decision,
    /// Where grants become tokens (RFC 6749 §3.2).
    Token,
    /// Where tokens are taken back (RFC 7009).
    Revoke,
    /// Where resource servers ask what a token is (RFC 7662).
    Introspect,
    /// Where the public keys are (RFC 7517).
    Jwks,
    /// Where the user's browser comes to sign out (OpenID Connect RP-Initiated Logout).
    Logout,
    /// Where resource servers read what was revoked.
    Revocations,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Authorize,
        Self::Decision,
        Self::Token,
        Self::Revoke,
        Self::Introspect,
        Self::Jwks,
        Self::Logout,
        Self::Revocations,
    ];

    const fn index(self) -> usize {
        self as usize
    }
}

/// Where each endpoint is, below the issuer's path.
///
/// ```
/// use hallpass::oauth::{Endpoint, Endpoints};
///
/// let endpoints = Endpoints::new().at(Endpoint::Token, "/oauth2/token");
/// assert_eq!(endpoints.path(Endpoint::Token), "/oauth2/token");
/// assert_eq!(endpoints.path(Endpoint::Revoke), "/revoke");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Endpoints {
    paths: [String; 8],
}

impl Default for Endpoints {
    fn default() -> Self {
        Self::new()
    }
}

impl Endpoints {
    /// The paths unless the host says otherwise: `/authorize`, `/authorize/decision`, `/token`,
    /// `/revoke`, `/introspect`, `/jwks`, `/logout`, `/revocations`.
    pub fn new() -> Self {
        let paths = [
            "/authorize",
            "/authorize/decision",
            "/token",
            "/revoke",
            "/introspect",
            "/jwks",
            "/logout",
            "/revocations",
        ];
        Self { paths: paths.map(str::to_owned) }
    }

    /// The same with one endpoint elsewhere. A path begins with `/`; what does not fit is
    /// reported when the server is built.
    pub fn at(mut self, endpoint: Endpoint, path: impl Into<String>) -> Self {
        if let Some(slot) = self.paths.get_mut(endpoint.index()) {
            *slot = path.into();
        }
        self
    }

    /// The path of an endpoint, below the issuer's.
    #[must_use]
    pub fn path(&self, endpoint: Endpoint) -> &str {
        self.paths.get(endpoint.index()).map_or("", String::as_str)
    }

    /// The whole address of an endpoint.
    pub(crate) fn url(&self, issuer: &Issuer, endpoint: Endpoint) -> String {
        format!("{}{}", issuer.as_str().trim_end_matches('/'), self.path(endpoint))
    }

    /// The first path that cannot be one.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let fits = |path: &String| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
            path.starts_with('/') && path.len() > 1 && path.bytes().all(plain)
        };
        if !self.paths.iter().all(fits) {
            return Some(
                "each path to begin with `/` and to have letters, digits and `/-._~` only",
            );
        }
        let mut sorted: Vec<_> = self.paths.iter().collect();
        sorted.sort_unstable();
        let twice = sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        twice.then_some("no two endpoints at one path")
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Endpoints};
    use crate::token::Issuer;

    #[test]
    fn an_endpoint_is_below_the_issuer() {
        let endpoints = Endpoints::new();
        for (issuer, expected) in [
            ("https://auth.test", "https://auth.test/token"),
            ("https://auth.test/", "https://auth.test/token"),
            ("https://auth.test/tenant", "https://auth.test/tenant/token"),
        ] {
            let issuer = Issuer::parse(issuer).unwrap();
            assert_eq!(endpoints.url(&issuer, Endpoint::Token), expected);
        }
    }

    #[test]
    fn each_endpoint_has_a_path_of_its_own() {
        assert_eq!(Endpoints::new().unfit(), None);
        let at = |path: &str| Endpoints::new().at(Endpoint::Revoke, path);
        assert_eq!(at("/a/b.c").path(Endpoint::Revoke), "/a/b.c");
        for unfit in
            ["", "/", "token", "/token", "/a?b", "/a#b", "/a b", "/{id}", "/é", "https://x"]
        {
            assert!(at(unfit).unfit().is_some(), "{unfit}");
        }
    }
}
