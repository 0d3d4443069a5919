//! Knows that the client in the box believes the certificates it was told to, and no others.
//! Must not know TLS itself.

use std::{sync::Arc, time::Duration};

use hallpass::{
    remote::{HttpFetch, RemoteJwks},
    testing::TestAuthority,
};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

use crate::{server::Server, world::*};

const ROOT: &str = include_str!("../vectors/tls/root.pem");
const CERTIFICATE: &str = include_str!("../vectors/tls/localhost.pem");
const KEY: &str = include_str!("../vectors/tls/localhost.key.pem");

async fn serving_tls(version: &'static SupportedProtocolVersion) -> Server {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accept = move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await.ok() }
    };
    Server::listen("127.0.0.1:0".parse().unwrap(), always(keys()), accept).await
}

async fn ask(url: String, fetch: HttpFetch) -> Result<(), String> {
    let auth = TestAuthority::new();
    let keys = RemoteJwks::at(url).fetch(fetch).timeout(Duration::from_secs(1));
    let verifier = verifier(auth.clock(), keys);
    match verifier.verify(&token(&auth)).await {
        Ok(_) => Ok(()),
        refused => Err(trouble(refused)),
    }
}

#[tokio::test]
async fn a_server_is_believed_by_its_root_and_its_name() {
    for version in [&TLS12, &TLS13] {
        let server = serving_tls(version).await;
        let port = server.address().port();
        let own = || HttpFetch::trusting(ROOT).unwrap();
        assert_eq!(ask(format!("https://localhost:{port}/jwks"), own()).await, Ok(()));
        assert_eq!(ask(format!("https://127.0.0.1:{port}/jwks"), own()).await, Ok(()));
        assert_eq!(server.requests(), 2);

        // Another root, and another name: no request is ever sent.
        let error = ask(format!("https://localhost:{port}/jwks"), HttpFetch::new()).await;
        assert!(error.as_ref().unwrap_err().contains("certificate"), "{error:?}");
        let error = ask(format!("https://127.0.0.2:{port}/jwks"), own()).await;
        assert!(error.is_err(), "{error:?}");
        assert_eq!(server.requests(), 2);
    }
    assert!(CryptoProvider::get_default().is_none(), "the process's provider is the host's");
}

#[tokio::test]
async fn tls_where_there_is_none_is_no_answer() {
    let server = serving(keys).await;
    let port = server.address().port();
    let own = HttpFetch::trusting(ROOT).unwrap();
    assert!(ask(format!("https://localhost:{port}/jwks"), own).await.is_err());
    assert_eq!(server.requests(), 0);
}
