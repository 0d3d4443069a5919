//! Knows which path leads to which endpoint, for every framework.
//! Must not know a framework, nor what an endpoint does.

use super::{AuthorizationServer, Endpoint, OAuthError, Request};
use crate::web::Answer;

/// RFC 8414 §3 and OpenID Connect Discovery §4.
const WELL_KNOWN: [&str; 2] =
    ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Endpoint(Endpoint),
    Metadata,
}

impl Place {
    /// Whether a request's body is read there.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(super) const fn reads_body(self) -> bool {
        !matches!(self, Self::Metadata | Self::Endpoint(Endpoint::Jwks))
    }
}

impl AuthorizationServer {
    /// The answer to any request: finds the endpoint by the path, which begins with the issuer's,
    /// and answers every method. For a framework without a router here; each endpoint is also a
    /// method of its own.
    ///
    /// ```
    /// use hallpass::{oauth::{AuthorizationServer, Request}, web::RequestHead};
    ///
    /// # async fn f(server: AuthorizationServer) {
    /// let head = RequestHead::new("GET", "/.well-known/oauth-authorization-server");
    /// let answer = server.answer(&Request::new(head)).await;
    /// let (status, headers, body) = answer.into_parts();
    /// # let _ = (status, headers, body); }
    /// ```
    pub async fn answer(&self, request: &Request<'_>) -> Answer {
        let path = request.head.path();
        let found = self.places().find(|(known, _)| known == path);
        match found {
            Some((_, place)) => self.answer_at(place, request).await,
            None => OAuthError::NOTHING_HERE.answer(),
        }
    }

    /// The paths that [`answer`](Self::answer) knows, each beginning with the issuer's.
    ///
    /// The metadata has up to four: RFC 8414 §3.1 puts the well-known part before the issuer's
    /// path, OpenID Connect Discovery §4.1 behind it, and clients try both.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        self.places().map(|(path, _)| path)
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (String, Place)> {
        let base = path_of(self.authority().issuer().as_str());
        let before = WELL_KNOWN.iter().map(move |known| format!("{known}{base}"));
        let behind = WELL_KNOWN.iter().map(move |known| format!("{base}{known}"));
        let metadata = before.chain(behind.filter(move |_| !base.is_empty()));
        let metadata = metadata.map(|path| (path, Place::Metadata));
        let endpoints = Endpoint::ALL.into_iter().filter(|endpoint| self.offers(*endpoint));
        let endpoints = endpoints.map(move |endpoint| {
            (format!("{base}{}", self.0.endpoints.path(endpoint)), Place::Endpoint(endpoint))
        });
        endpoints.chain(metadata)
    }

    /// The same below the issuer: for who adds the issuer's path, or takes it away, before.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(super) fn places_below(&self) -> impl Iterator<Item = (String, Place)> {
        let base = path_of(self.authority().issuer().as_str());
        self.places().filter_map(move |(path, place)| {
            let rest = path.strip_prefix(base)?;
            rest.starts_with('/').then(|| (rest.to_owned(), place))
        })
    }

    /// Without a host nobody can sign in, so that there is nothing for a browser to visit.
    fn offers(&self, endpoint: Endpoint) -> bool {
        let interactive =
            matches!(endpoint, Endpoint::Authorize | Endpoint::Decision | Endpoint::Logout);
        self.0.host.is_some() || !interactive
    }

    pub(super) async fn answer_at(&self, place: Place, request: &Request<'_>) -> Answer {
        if let Some(answer) = self.preflight(place, request) {
            return answer;
        }
        let answer = match place {
            Place::Metadata => self.metadata(request).await,
            Place::Endpoint(Endpoint::Jwks) => self.jwks(request).await,
            Place::Endpoint(Endpoint::Revocations) => self.revocations(request).await,
            Place::Endpoint(Endpoint::Token) => self.token(request).await,
            Place::Endpoint(Endpoint::Revoke) => self.revoke(request).await,
            Place::Endpoint(Endpoint::Introspect) => self.introspect(request).await,
            Place::Endpoint(Endpoint::Authorize) => self.authorize(request).await,
            Place::Endpoint(Endpoint::Decision) => self.decide_consent(request).await,
            Place::Endpoint(Endpoint::Logout) => self.end_session(request).await,
        };
        self.shared(place, request, answer)
    }
}

/// The path of an issuer, without a `/` at its end.
fn path_of(issuer: &str) -> &str {
    let host = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let path = host.find('/').and_then(|at| host.get(at..)).unwrap_or_default();
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn the_path_of_an_issuer() {
        for (issuer, path) in [
            ("https://a", ""),
            ("https://a/", ""),
            ("https://a:1/b", "/b"),
            ("https://a/b/c/", "/b/c"),
            ("http://[::1]:1/b", "/b"),
        ] {
            assert_eq!(path_of(issuer), path, "{issuer}");
        }
    }
}
