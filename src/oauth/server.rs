//! Knows how an authorization server is put together: an authority, and what the host brings.
//! Must not know what an endpoint does; each has its file.

use std::sync::Arc;

use super::{
    Endpoint, Endpoints, Form, Host, OAuthError, RateKey, RateLimit, Request, cors,
    endpoint::Advertised,
};
use crate::{
    authority::{Authority, ConfigError},
    id::ClientId,
    scope::Scope,
};

/// The endpoints of an authorization server: plain data in, plain data out.
///
/// Cloning is cheap and shares everything. Each endpoint is a method that takes a [`Request`] and
/// gives an [`Answer`](crate::web::Answer); none of them fails.
///
/// ```
/// use hallpass::{
///     Algorithm, Authority, MemoryStore, SigningKey,
///     oauth::{AuthorizationServer, Request},
///     web::RequestHead,
/// };
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authority = Authority::builder("https://auth.example.com")
///     .audience("https://api.example.com")
///     .signing_key(SigningKey::generate(Algorithm::ES256)?)
///     .server_store(MemoryStore::new())
///     .build()?;
/// let server = AuthorizationServer::builder(authority).build()?;
/// # let _ = server;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct AuthorizationServer(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) authority: Authority,
    pub(super) host: Option<Arc<dyn Host>>,
    pub(super) rate_limit: Option<Arc<dyn RateLimit>>,
    pub(super) endpoints: Endpoints,
    pub(super) advertised: Advertised,
    /// Pages of these origins may call the endpoints that tokens come from.
    pub(super) origins: Vec<String>,
}

/// Puts an [`AuthorizationServer`] together. Only the authority must be given.
///
/// ```
/// # use hallpass::{Algorithm, Authority, MemoryStore, SigningKey};
/// use hallpass::oauth::{AuthorizationServer, Endpoint, Endpoints};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com").signing_key(SigningKey::generate(Algorithm::ES256)?)
/// #     .server_store(MemoryStore::new()).build()?;
/// let server = AuthorizationServer::builder(authority.clone())
///     .endpoints(Endpoints::new().at(Endpoint::Token, "/oauth2/token"))
///     .allow_origin("https://app.example.com")
///     .scopes_supported("invoice:*:read".parse()?)
///     .build()?;
/// assert!(server.paths().any(|path| path == "/oauth2/token"));
/// // What cannot be meant is found at start-up.
/// let misspelt = AuthorizationServer::builder(authority).allow_origin("app.example.com");
/// assert!(misspelt.build().is_err());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use]
pub struct AuthorizationServerBuilder(Inner);

impl AuthorizationServer {
    /// Begins a server whose tokens this authority issues.
    pub fn builder(authority: Authority) -> AuthorizationServerBuilder {
        AuthorizationServerBuilder(Inner {
            authority,
            host: None,
            rate_limit: None,
            endpoints: Endpoints::new(),
            advertised: Advertised::default(),
            origins: Vec::new(),
        })
    }

    /// The authority behind it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }

    /// Where its endpoints are, below the issuer's path.
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
    }

    /// Asks the host's limit. Comes before anything of the request is proved.
    pub(super) async fn admit(
        &self,
        endpoint: Endpoint,
        client: Option<&str>,
        request: &Request<'_>,
    ) -> Result<(), OAuthError> {
        let Some(limit) = &self.0.rate_limit else { return Ok(()) };
        let key = RateKey { endpoint, client, peer: request.peer };
        limit.check(key, 1).await.map_err(|after| OAuthError::too_many_requests(after.seconds()))
    }

    /// The same for who only names a client. A name that can be none is not passed on: a limit
    /// that counts by it would keep whatever is sent.
    pub(super) async fn admit_named(
        &self,
        endpoint: Endpoint,
        form: &Form,
        request: &Request<'_>,
    ) -> Result<(), OAuthError> {
        let named = form.get("client_id").filter(|named| ClientId::parse(named).is_ok());
        self.admit(endpoint, named, request).await
    }
}

impl AuthorizationServerBuilder {
    /// Who the user is and how consent looks. Without it there is no authorization endpoint.
    pub fn host(mut self, host: impl Host) -> Self {
        self.0.host = Some(Arc::new(host));
        self
    }

    /// The host's limit on requests. Without it there is none.
    pub fn rate_limit(mut self, limit: impl RateLimit) -> Self {
        self.0.rate_limit = Some(Arc::new(limit));
        self
    }

    /// Where the endpoints are, below the issuer's path.
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.0.endpoints = endpoints;
        self
    }

    /// Lets pages of this origin ask the token, revocation and introspection endpoints from the
    /// browser (CORS): for a public client that runs there, `https://app.example.com`. Call it
    /// again for more. The keys and the metadata may be read by every page.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.0.origins.push(origin.into());
        self
    }

    /// What the metadata lists as `scopes_supported`, beside `openid` and `offline_access`. Name
    /// only what everybody may know.
    pub fn scopes_supported(mut self, scope: Scope) -> Self {
        self.0.advertised.scope = Some(scope);
        self
    }

    /// Where developers read on: `service_documentation` of the metadata.
    pub fn documentation(mut self, address: impl Into<String>) -> Self {
        self.0.advertised.documentation = Some(address.into());
        self
    }

    /// The server. Does no I/O.
    ///
    /// # Errors
    /// [`ConfigError`] when the authority's store does not remember what an authorization server
    /// needs, or a path or an origin is none.
    pub fn build(self) -> Result<AuthorizationServer, ConfigError> {
        if !self.0.authority.has_server_store() {
            return Err(ConfigError::Missing {
                what: "the store of an authorization server",
                hint: "give the authority `.server_store(..)` instead of `.store(..)`",
            });
        }
        if let Some(expected) = self.0.endpoints.unfit() {
            return Err(ConfigError::Policy { what: "endpoints", expected: expected.to_owned() });
        }
        if !self.0.origins.iter().all(|origin| cors::is_origin(origin)) {
            let expected = "each origin to be a scheme and a host in lower case, without a path";
            return Err(ConfigError::Policy { what: "origins", expected: expected.to_owned() });
        }
        Ok(AuthorizationServer(Arc::new(self.0)))
    }
}
