//! Knows how each proxy says which request it asks about.
//! Must not read the headers of another proxy's way: a client could have sent them.

use crate::web::RequestHead;

/// Which proxy asks. A gateway understands one of them; what another proxy would have said is not
/// looked at, since a client could say it.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// use hallpass::web::gateway::{Dialect, Gateway, Rule, Rules};
///
/// let rules = Rules::new([Rule::public(["GET"], "/health")])?;
/// let envoy = Dialect::Envoy { path_prefix: "/ext_authz".to_owned() };
/// let gateway = Gateway::new(guard, rules, envoy);
/// let asks = |target| RequestHead::new("GET", target);
/// assert_eq!(gateway.decide(&asks("/ext_authz/health")).await.status(), 200);
/// // A client behind Envoy writes what nginx would say: nobody reads it.
/// let forged = asks("/ext_authz/admin").header("x-original-uri", "/health");
/// assert_eq!(gateway.decide(&forged).await.status(), 403);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// nginx `auth_request`: `X-Original-Method` and `X-Original-URI`, which the proxy's
    /// configuration sets from `$request_method` and `$request_uri`.
    Nginx,
    /// Traefik ForwardAuth: `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Traefik,
    /// Envoy ext_authz over HTTP: the request that arrives has the method and path itself, the
    /// path after this prefix.
    Envoy {
        /// Envoy's `path_prefix`; empty for none.
        path_prefix: String,
    },
}

impl Dialect {
    /// The headers that say which request is asked about.
    pub(super) const fn headers(&self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["x-original-method", "x-original-uri"],
            Self::Traefik => &["x-forwarded-method", "x-forwarded-uri"],
            Self::Envoy { .. } => &[],
        }
    }

    /// The method and target of the request that is asked about; nothing where the proxy did not
    /// say each exactly once.
    pub(super) fn asked<'r>(&self, head: &RequestHead<'r>) -> Option<(&'r str, &'r str)> {
        match self {
            Self::Envoy { path_prefix } => {
                Some((head.method(), head.target().strip_prefix(path_prefix.as_str())?))
            }
            Self::Nginx | Self::Traefik => {
                let mut texts = self
                    .headers()
                    .iter()
                    .map(|name| head.single(name).and_then(|value| str::from_utf8(value).ok()));
                Some((texts.next()??, texts.next()??))
            }
        }
    }
}
