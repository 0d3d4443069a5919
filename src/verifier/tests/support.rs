//! Knows how to make tokens, clocks and stores for the tests of this module.
//! Must not know what is tested.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    clock::{Clock, Timestamp},
    id::{SessionId, TokenId},
    key::{Algorithm, SigningKey},
    token::jwt,
    verifier::{Decided, Undecided, Verifier, VerifierBuilder},
};

pub(super) const ISSUER: &str = "https://auth.example.com";
pub(super) const AUDIENCE: &str = "https://api.example.com";
/// What the clock shows at first.
pub(super) const NOW: u64 = 1_700_000_000;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(super) struct TestClock {
    wall: AtomicU64,
    monotonic: AtomicU64,
}

impl TestClock {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { wall: AtomicU64::new(NOW * 1000), monotonic: AtomicU64::new(0) })
    }

    pub(super) fn advance(&self, by: Duration) {
        let millis = by.as_millis() as u64;
        self.wall.fetch_add(millis, Ordering::SeqCst);
        self.monotonic.fetch_add(millis, Ordering::SeqCst);
    }

    pub(super) fn set_wall(&self, to: Timestamp) {
        self.wall.store(to.as_unix_millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.wall.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic.load(Ordering::SeqCst))
    }
}

pub(super) fn key() -> SigningKey {
    SigningKey::hmac(Algorithm::HS256, b"a secret of at least 32 bytes, for tests").unwrap()
}

pub(super) fn builder(clock: &Arc<TestClock>) -> VerifierBuilder<Undecided> {
    Verifier::builder(ISSUER)
        .audience(AUDIENCE)
        .key(key().verifying_key())
        .clock(Arc::<TestClock>::clone(clock))
}

pub(super) fn stateless() -> VerifierBuilder<Decided> {
    builder(&TestClock::new()).stateless()
}

pub(super) fn session() -> SessionId {
    SessionId::from_parts(Timestamp::from_unix_millis(NOW * 1000 - 5000), [5; 12])
}

pub(super) fn token_id() -> TokenId {
    TokenId::from_parts(Timestamp::from_unix_millis(NOW * 1000), [6; 12])
}

/// The claims of a good token.
pub(super) fn claims() -> Map<String, Value> {
    let Value::Object(claims) = json!({
        "iss": ISSUER, "sub": "ada", "aud": AUDIENCE, "exp": NOW + 600, "iat": NOW,
        "jti": token_id(), "client_id": "web", "scope": "invoice:*:read", "sid": session(),
        "gen": 3,
    }) else {
        unreachable!()
    };
    claims
}

#[expect(clippy::needless_pass_by_value, reason = "the changes are written in place")]
pub(super) fn with(changes: Value) -> String {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(claims).to_string()
}

/// Signs these claims under the header that our issuer writes.
pub(super) fn sign(claims: &str) -> String {
    let key = key();
    jwt::encode_payload(key.encoded_header(), claims.as_bytes(), |input| key.sign(input)).unwrap()
}

/// Signs these claims under any header.
pub(super) fn sign_under(key: &SigningKey, header: &str, claims: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header);
    jwt::encode_payload(&header, claims.as_bytes(), |input| key.sign(input)).unwrap()
}

pub(super) fn good() -> String {
    sign(&with(json!({})))
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(5)),
        }
    }
}
