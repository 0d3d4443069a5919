//! Knows how to set up an issuer with its keys on a server, and verifiers that read them there.
//! Must not know what is tested.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Verifier,
    remote::RemoteJwks,
    testing::{TestAuthority, TestClock},
    verifier::{Decided, FailureKind, VerifierBuilder, VerifyError},
};

use crate::server::{Reply, Script, Server, reply, script};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// The keys of the authority for tests, as it publishes them.
pub(crate) fn jwks() -> String {
    TestAuthority::new().jwks().to_json()
}

pub(crate) fn keys() -> Reply {
    reply(200, jwks())
}

pub(crate) async fn serving(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(script(move |_| answer())).await
}

pub(crate) fn always(reply: Reply) -> Script {
    script(move |_| reply.clone())
}

/// A stateless verifier of the test authority's tokens, on a clock that the test moves.
pub(crate) fn builder(clock: &TestClock, keys: impl Into<RemoteJwks>) -> VerifierBuilder<Decided> {
    Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .remote_jwks(keys)
        .clock(clock.clone())
        .stateless()
}

pub(crate) fn verifier(clock: &TestClock, keys: impl Into<RemoteJwks>) -> Verifier {
    builder(clock, keys).build().unwrap()
}

/// A token that is good whenever it is looked at within a day.
pub(crate) fn token(auth: &TestAuthority) -> String {
    auth.token("ada").lifetime(24 * HOUR).mint().expose_secret().to_owned()
}

/// A token of nobody that names a key.
pub(crate) fn naming(kid: &str) -> String {
    let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#);
    let signature = URL_SAFE_NO_PAD.encode([7; 64]);
    format!("{}.e30.{signature}", URL_SAFE_NO_PAD.encode(header))
}

/// Trouble of our own with the keys: 503, and what it says.
#[track_caller]
pub(crate) fn trouble<T>(result: Result<T, VerifyError>) -> String {
    match result {
        Err(error @ VerifyError::Keys(_)) => {
            assert_eq!(error.kind(), FailureKind::Unavailable);
            let mut text = String::new();
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                text += &format!("{error}; ");
                cause = error.source();
            }
            text
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

/// Waits, in real time, for what another task does.
pub(crate) async fn eventually(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within five seconds");
}

/// The test authority and a verifier of its keys at `server`, on one clock.
pub(crate) fn pair(server: &Server) -> (TestAuthority, Verifier) {
    let auth = TestAuthority::new();
    let verifier = verifier(auth.clock(), server.url("/jwks"));
    (auth, verifier)
}

pub(crate) fn shared<T>(of: T) -> Arc<T> {
    Arc::new(of)
}
