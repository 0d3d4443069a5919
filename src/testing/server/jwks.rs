//! Knows a server that publishes keys, and does it badly when told to.
//! Must not know who reads them.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    connection::Reply,
    listen::{Listening, Trouble},
};
use crate::{
    key::{Algorithm, Jwk, Jwks, SigningKey},
    store::Store,
    testing::TestAuthority,
};

/// A JWK Set at a real HTTP address of this machine, for tests of what fetches one. It counts the
/// requests, rotates its keys, fails, and keeps clients waiting, as told. It needs no runtime and
/// listens until it is dropped.
///
/// ```
/// use hallpass::testing::{JwksServer, TestAuthority};
/// # use std::{io::{Read as _, Write as _}, net::TcpStream};
/// # fn get(server: &JwksServer) -> String {
/// #     let mut stream = TcpStream::connect(server.address()).unwrap();
/// #     stream.write_all(b"GET /jwks.json HTTP/1.1\r\n\r\n").unwrap();
/// #     let mut text = String::new();
/// #     stream.read_to_string(&mut text).unwrap();
/// #     text
/// # }
///
/// let auth = TestAuthority::new();
/// let server = auth.jwks_server(); // server.url() is `http://127.0.0.1:…/jwks.json`
/// assert!(get(&server).starts_with("HTTP/1.1 200"));
///
/// // A new key signs; who knows the old set only must fetch again.
/// let next = server.rotate();
/// let token = auth.token("ada").signed_by(&next).mint();
/// assert!(get(&server).contains(next.kid().as_str()));
///
/// server.fail(500);
/// assert!(get(&server).starts_with("HTTP/1.1 500"));
/// server.heal();
/// assert_eq!(server.requests(), 3);
/// # let _ = token;
/// ```
///
/// # Panics
/// Its functions panic where a test is written wrongly or cannot listen.
#[derive(Debug)]
pub struct JwksServer {
    listening: Listening,
    published: Arc<Mutex<Published>>,
}

#[derive(Debug)]
struct Published {
    body: String,
    headers: Vec<(String, String)>,
}

impl JwksServer {
    /// Publishes this set at a free port of `127.0.0.1`.
    #[must_use]
    pub fn start(set: &Jwks) -> Self {
        let published = Published { body: set.to_json(), headers: Vec::new() };
        let published = Arc::new(Mutex::new(published));
        let ours = Arc::clone(&published);
        let listening = Listening::start(move |asked| {
            if (asked.method(), asked.target()) != ("GET", "/jwks.json") {
                return Reply::new(404, "text/plain", "not found");
            }
            let published = lock(&ours);
            let mut reply = Reply::new(200, "application/jwk-set+json", published.body.as_str());
            reply.headers.extend(published.headers.iter().cloned());
            reply
        });
        Self { listening, published }
    }

    /// Where the set is: `http://127.0.0.1:…/jwks.json`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/jwks.json", self.address())
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Publishes another set instead.
    pub fn publish(&self, set: &Jwks) {
        self.publish_text(set.to_json());
    }

    /// Publishes this text instead, whatever it is.
    pub fn publish_text(&self, text: impl Into<String>) {
        lock(&self.published).body = text.into();
    }

    /// Publishes one more key, and gives it, to sign with
    /// ([`TestToken::signed_by`](crate::testing::TestToken::signed_by)).
    ///
    /// # Panics
    /// When what it publishes is no set.
    #[expect(clippy::expect_used, reason = "a test that is set up wrongly should say so")]
    #[must_use = "publishing alone is `publish`"]
    pub fn rotate(&self) -> SigningKey {
        let key = SigningKey::generate(Algorithm::EdDSA).expect("the system should give a key");
        let mut published = lock(&self.published);
        let set = Jwks::parse(&published.body).expect("it should publish a set");
        let fresh = key.verifying_key().jwk();
        let keys = set.keys().iter().chain(&fresh).map(Jwk::to_json).collect::<Vec<_>>();
        published.body = format!("{{\"keys\":[{}]}}", keys.join(","));
        drop(published);
        key
    }

    /// Sends this header with every set from now on, such as `cache-control`, in place of one of
    /// that name before.
    pub fn set_header(&self, name: &str, value: &str) {
        let mut published = lock(&self.published);
        published.headers.retain(|(known, _)| known != name);
        published.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Answers with this status and nothing else, until healed.
    pub fn fail(&self, status: u16) {
        self.listening.set_trouble(Some(Trouble::Status(status)));
    }

    /// Reads requests and ends the connection without an answer, until healed.
    pub fn hang_up(&self) {
        self.listening.set_trouble(Some(Trouble::HangUp));
    }

    /// Answers with exactly these bytes, head included, and ends the connection, until healed:
    /// for a redirect, a body that is cut off, or no HTTP at all.
    pub fn answer_bytes(&self, bytes: impl Into<Vec<u8>>) {
        self.listening.set_trouble(Some(Trouble::Bytes(bytes.into())));
    }

    /// Publishes the set again.
    pub fn heal(&self) {
        self.listening.set_trouble(None);
    }

    /// Keeps every request waiting for its answer until [`JwksServer::release`]. What is in
    /// [`JwksServer::requests`] has arrived, so no test needs to sleep.
    pub fn hold(&self) {
        self.listening.hold(true);
    }

    /// Lets the answers go that [`JwksServer::hold`] keeps back, and holds no more.
    pub fn release(&self) {
        self.listening.hold(false);
    }

    /// How many requests have arrived, whatever they were answered.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.listening.heads().len()
    }

    /// Waits until so many requests have arrived, counted from the start. It blocks the thread:
    /// a client on the same thread never gets to ask.
    ///
    /// # Panics
    /// When they do not arrive within ten seconds.
    pub fn wait_for_requests(&self, count: usize) {
        self.listening.wait_for(count);
    }

    /// The request lines and headers that have arrived, in order.
    #[must_use]
    pub fn request_heads(&self) -> Vec<String> {
        self.listening.heads()
    }
}

fn lock(published: &Mutex<Published>) -> MutexGuard<'_, Published> {
    published.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store> TestAuthority<S> {
    /// A server that publishes this authority's keys.
    #[must_use]
    pub fn jwks_server(&self) -> JwksServer {
        JwksServer::start(&self.jwks())
    }
}
