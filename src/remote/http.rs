//! Knows how to send a request with hyper, and rustls on ring.
//! Must not know what is asked for.

use std::{
    error::Error,
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{
    HeaderValue, Request, Response,
    header::{ACCEPT, AGE, AUTHORIZATION, CACHE_CONTROL, USER_AGENT},
};
use http_body_util::{BodyExt as _, Empty};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{Fetch, FetchError, FetchRequest, FetchResponse};

type Inner = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// The HTTP client in the box: HTTP/1.1 with connections kept open, TLS 1.2 and 1.3 on `ring`. It
/// follows no redirect, knows no proxy, and uses no provider that another crate has installed for
/// the process.
///
/// It needs a tokio runtime with I/O and time.
///
/// ```no_run
/// use hallpass::{Verifier, remote::{HttpFetch, RemoteJwks}};
///
/// // An issuer inside, whose certificate a root of the house has signed.
/// let fetch = HttpFetch::trusting(&std::fs::read_to_string("/etc/house/root.pem")?)?;
/// let keys = RemoteJwks::at("https://auth.internal/.well-known/jwks.json").fetch(fetch);
/// let verifier = Verifier::builder("https://auth.internal")
///     .audience("https://api.internal")
///     .remote_jwks(keys)
///     .stateless()
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HttpFetch(Result<Inner, rustls::Error>);

/// The certificates to be trusted cannot be.
///
/// ```
/// use hallpass::remote::HttpFetch;
///
/// // A path where the text was meant: found at start-up, not at the first request.
/// let error = HttpFetch::trusting("/etc/house/root.pem").unwrap_err();
/// assert_eq!(error.to_string(), "the certificates cannot be trusted: there is none in the text");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the certificates cannot be trusted: {problem}")]
pub struct CertificateError {
    problem: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl HttpFetch {
    /// A client that believes Mozilla's roots, as they were when this program was built.
    #[must_use]
    pub fn new() -> Self {
        Self::with_roots(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// A client that believes the certificates in this PEM text (RFC 7468), and no others: for an
    /// issuer inside, under a root of your own.
    ///
    /// # Errors
    /// When the text holds no certificate, or one that cannot be read.
    pub fn trusting(pem: &str) -> Result<Self, CertificateError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let unreadable = |error: Box<dyn Error + Send + Sync>| CertificateError {
                problem: "one cannot be read",
                source: Some(error),
            };
            let certificate = certificate.map_err(|error| unreadable(error.into()))?;
            roots.add(certificate).map_err(|error| unreadable(error.into()))?;
        }
        if roots.is_empty() {
            return Err(CertificateError { problem: "there is none in the text", source: None });
        }
        Ok(Self::with_roots(roots))
    }

    fn with_roots(roots: RootCertStore) -> Self {
        Self(client(roots))
    }
}

/// Fails only if `ring` had nothing for TLS 1.2 and 1.3; then every request says so.
fn client(roots: RootCertStore) -> Result<Inner, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // `http` is for loopback alone, which whoever makes the request has seen to.
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(1)
        .build(connector))
}

impl Default for HttpFetch {
    fn default() -> Self {
        Self::new()
    }
}

impl Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFetch").finish_non_exhaustive()
    }
}

fn unreachable(error: impl Into<Box<dyn Error + Send + Sync>>) -> FetchError {
    FetchError::Unreachable(error.into())
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        let client = self.0.as_ref().map_err(|error| unreachable(error.clone()))?;
        let limit = request.max_bytes();
        let prepared = prepare(request)?;
        let exchange = async {
            let response = client.request(prepared).await.map_err(unreachable)?;
            read(response, limit).await
        };
        tokio::time::timeout(request.timeout(), exchange).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

fn prepare(request: &FetchRequest) -> Result<Request<Empty<Bytes>>, FetchError> {
    let mut prepared = Request::get(request.url())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("hallpass/", env!("CARGO_PKG_VERSION")));
    if let Some(value) = request.expose_authorization() {
        let mut value = HeaderValue::from_str(value).map_err(unreachable)?;
        value.set_sensitive(true);
        prepared = prepared.header(AUTHORIZATION, value);
    }
    prepared.body(Empty::new()).map_err(unreachable)
}

async fn read<B>(response: Response<B>, limit: usize) -> Result<FetchResponse, FetchError>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(unreachable)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(FetchError::TooLong { limit });
        }
        bytes.extend_from_slice(&data);
    }
    let values = head.headers.get_all(CACHE_CONTROL).iter().filter_map(text);
    let cache_control = values.collect::<Vec<_>>().join(",");
    let mut answer = FetchResponse::new(head.status.as_u16(), bytes);
    if !cache_control.is_empty() {
        answer = answer.cache_control(cache_control);
    }
    if let Some(age) = head.headers.get(AGE).and_then(text).and_then(|age| age.parse().ok()) {
        answer = answer.age(Duration::from_secs(age));
    }
    Ok(answer)
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}
