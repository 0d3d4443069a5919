//! Knows how the app speaks HTTP.
//! Must not follow redirects: a secret would go along.

use std::{pin::Pin, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};

/// No answer in this time is none.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST: usize = 1 << 20;

/// An HTTP client.
pub(crate) struct Http(Client<HttpsConnector<HttpConnector>, Full<bytes::Bytes>>);

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("the server did not answer: {0}")]
pub(crate) struct HttpError(String);

impl Http {
    pub(crate) fn new() -> Self {
        let roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|tls| tls.with_root_certificates(roots).with_no_client_auth());
        // INVARIANT (provider): ring offers the default versions.
        let tls = tls.unwrap_or_else(|_| unreachable!("ring has TLS 1.2 and 1.3"));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = async {
            let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
            let answer = self.0.request(request).await.map_err(|why| HttpError(why.to_string()))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, LONGEST).collect().await;
            let body = body.map_err(|why| HttpError(why.to_string()))?.to_bytes().to_vec();
            Ok(HttpResponse::from_parts(parts, body))
        };
        let late = |_| Err(HttpError("too late".to_owned()));
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(late)
    }

    /// Asks an API with a token.
    pub(crate) async fn get(&self, address: &str, token: &str) -> Result<HttpResponse, HttpError> {
        let request = http::Request::get(address)
            .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Vec::new());
        self.send(request.map_err(|why| HttpError(why.to_string()))?).await
    }
}

/// As `oauth2` wants it.
impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
