//! Knows which pages of other origins may ask an endpoint from the browser (CORS, the Fetch
//! standard §3.2).
//! Must not know what an endpoint answers.

use super::{AuthorizationServer, Endpoint, Request, route::Place};
use crate::web::Answer;

/// How long a browser need not ask again, in seconds.
const KEPT: &str = "600";

/// Who may read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// Every page: it is public, and no credential is looked at.
    Everyone,
    /// Pages of the origins that the host has listed. No cookie is looked at there.
    Listed,
    /// No page: it is for browsers to visit, or for servers.
    Nobody,
}

const fn sharing(place: Place) -> Sharing {
    match place {
        Place::Metadata | Place::Endpoint(Endpoint::Jwks) => Sharing::Everyone,
        Place::Endpoint(Endpoint::Token | Endpoint::Revoke | Endpoint::Introspect) => {
            Sharing::Listed
        }
        Place::Endpoint(_) => Sharing::Nobody,
    }
}

impl AuthorizationServer {
    /// The answer to a browser that asks before it sends (a preflight), if it may send.
    pub(super) fn preflight(&self, place: Place, request: &Request<'_>) -> Option<Answer> {
        let head = &request.head;
        let asks = head.values("access-control-request-method").next().is_some();
        if head.method() != "OPTIONS" || !asks {
            return None;
        }
        let methods = match sharing(place) {
            Sharing::Everyone => "GET",
            Sharing::Listed => "POST",
            Sharing::Nobody => return None,
        };
        let answer = Answer::empty(204)
            .with_header("access-control-allow-methods", methods)
            .with_header("access-control-allow-headers", "authorization, content-type")
            .with_header("access-control-max-age", KEPT);
        let shared = self.shared(place, request, answer);
        shared.header("access-control-allow-origin").is_some().then_some(shared)
    }

    /// The answer, so that the page that asked may read it, if it may.
    pub(super) fn shared(&self, place: Place, request: &Request<'_>, answer: Answer) -> Answer {
        const ALLOW: &str = "access-control-allow-origin";
        match sharing(place) {
            Sharing::Everyone => answer.with_header(ALLOW, "*"),
            Sharing::Listed if !self.0.origins.is_empty() => {
                let answer = answer.with_header("vary", "origin");
                let origin = request.head.single("origin");
                match self.0.origins.iter().find(|listed| origin == Some(listed.as_bytes())) {
                    Some(listed) => answer.with_header(ALLOW, listed),
                    None => answer,
                }
            }
            Sharing::Listed | Sharing::Nobody => answer,
        }
    }
}

/// An origin as browsers send it: scheme and host in lower case, a port if it is not the usual.
pub(super) fn is_origin(text: &str) -> bool {
    let plain =
        |b: u8| b.is_ascii_graphic() && !b.is_ascii_uppercase() && !b"/\\\"*?#@<>,".contains(&b);
    text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && scheme.bytes().chain(host.bytes()).all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_has_no_path_and_no_joker() {
        for good in ["https://app.example.com", "http://localhost:5173", "capacitor://localhost"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://*.example.com",
            "https://App.example.com",
            "https://a, https://b",
            "https://u@a",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
