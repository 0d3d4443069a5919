//! Knows an authority for tests: a fixed key, a clock that the test moves, a store at hand.
//! Must not be told from a real one by what it does: only its key and its time are known.

use std::{ops::Deref, sync::Arc};

use super::{TestClock, TestToken};
use crate::{
    Authority, MemoryStore, SigningKey, Timestamp, Verified, authority::AuthorityBuilder,
    secret::MasterSecret, store::Store,
};

/// RFC 8037 appendix A.1: everybody knows it.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 8032 §7.1, test 2.
const OTHER_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#;

/// An [`Authority`] for the tests of your service. It derefs to the real thing, so every verb is
/// there; beside it are the clock, the store, and tokens in one line.
///
/// ```
/// use hallpass::{testing::TestAuthority, verifier::VerifyError};
/// use std::time::Duration;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = TestAuthority::new();
///
/// // One line logs you in.
/// let token = auth.token("ada").scope("invoice:*:read").mint();
/// assert_eq!(auth.verify(&token).await?.subject(), "ada");
///
/// // One line for each way not to be let in.
/// let old = auth.token("ada").scope("invoice:*:read").expired().mint();
/// assert!(matches!(auth.verify(&old).await, Err(VerifyError::Expired)));
///
/// // Time passes when you say so.
/// auth.clock().advance(Duration::from_secs(3600));
/// assert!(auth.verify(&token).await.is_err());
///
/// // What a handler asks for, without a token.
/// let who = auth.verified("ada", "invoice:*:read");
/// assert!(who.allows(&("invoice", "7", "read")));
/// # Ok(()) }
/// ```
///
/// # Panics
/// Its functions panic where a test is written wrongly, and say how.
#[derive(Debug)]
pub struct TestAuthority<S = MemoryStore> {
    authority: Authority,
    clock: TestClock,
    store: Arc<S>,
}

impl<S> Clone for TestAuthority<S> {
    fn clone(&self) -> Self {
        let Self { authority, clock, store } = self;
        Self { authority: authority.clone(), clock: clock.clone(), store: Arc::clone(store) }
    }
}

impl Default for TestAuthority {
    fn default() -> Self {
        Self::new()
    }
}

impl TestAuthority {
    /// The `iss` of its tokens.
    pub const ISSUER: &'static str = "https://auth.test";
    /// The `aud` of its tokens.
    pub const AUDIENCE: &'static str = "https://api.test";
    /// When its clock starts: 14 November 2023.
    pub const STARTS_AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    /// An authority on a memory store of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::on(MemoryStore::new())
    }
}

impl<S: Store> TestAuthority<S> {
    /// An authority on this store, for tests with a [`FailingStore`](super::FailingStore), a
    /// [`CountingStore`](super::CountingStore) or your own.
    ///
    /// ```
    /// use hallpass::{MemoryStore, verifier::FailureKind, store::StoreErrorKind};
    /// use hallpass::testing::{FailingStore, Fault, TestAuthority};
    ///
    /// # #[tokio::main] async fn main() {
    /// let auth = TestAuthority::on(FailingStore::new(MemoryStore::new()));
    /// let token = auth.token("ada").mint();
    /// auth.store().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    /// assert_eq!(auth.verify(&token).await.unwrap_err().kind(), FailureKind::Unavailable);
    /// # }
    /// ```
    #[must_use]
    pub fn on(store: S) -> Self {
        Self::configured(store, |builder| builder)
    }

    /// An authority on this store with more configuration: clients, a policy, permissions.
    ///
    /// ```
    /// use hallpass::{MemoryStore, authority::Policy, testing::TestAuthority};
    ///
    /// let auth = TestAuthority::configured(MemoryStore::new(), |builder| {
    ///     builder.policy(Policy::new().strict(true))
    /// });
    /// assert_eq!(auth.issuer().as_str(), TestAuthority::ISSUER);
    /// ```
    ///
    /// # Panics
    /// When the configuration does not fit.
    #[must_use]
    pub fn configured(
        store: S,
        configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
    ) -> Self {
        Self::sharing(Arc::new(store), TestClock::at(TestAuthority::STARTS_AT), configure)
    }

    /// One more authority on a store and a clock that others have, too: another instance of the
    /// same service.
    ///
    /// # Panics
    /// When the configuration does not fit.
    #[expect(clippy::expect_used, reason = "a test that is set up wrongly should say so")]
    #[must_use]
    pub fn sharing(
        store: Arc<S>,
        clock: TestClock,
        configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
    ) -> Self {
        let builder = Authority::builder(TestAuthority::ISSUER)
            .audience(TestAuthority::AUDIENCE)
            .signing_key(key())
            .master_secret(MasterSecret::from_bytes(*b"everybody knows this test secret"))
            .store(Arc::clone(&store))
            .clock(clock.clone());
        let authority = configure(builder).build().expect("the configuration should fit");
        Self { authority, clock, store }
    }

    /// The authority itself, to hand to what you test.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// The store it writes to.
    #[must_use]
    pub fn store(&self) -> &Arc<S> {
        &self.store
    }

    /// An access token for this subject, without a session; say what shall be right or wrong
    /// with it, then [`mint`](TestToken::mint).
    pub fn token(&self, subject: impl Into<String>) -> TestToken {
        TestToken::new(subject.into(), &self.clock)
    }

    /// The witness that handlers ask for, as if this subject had shown a good token.
    ///
    /// # Panics
    /// When the scope is not one.
    #[expect(clippy::expect_used, reason = "a test that is set up wrongly should say so")]
    pub fn verified(&self, subject: impl Into<String>, scope: impl AsRef<str>) -> Verified {
        let token = self.token(subject).scope(scope).mint();
        let verifier = self.authority.verifier();
        verifier.genuine_jwt(token.expose_secret()).expect("a good token should verify")
    }
}

impl<S> Deref for TestAuthority<S> {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.authority
    }
}

/// The key that signs for every [`TestAuthority`].
pub(super) fn key() -> SigningKey {
    read(KEY)
}

/// A key that no [`TestAuthority`] knows.
pub(super) fn other_key() -> SigningKey {
    read(OTHER_KEY)
}

#[expect(clippy::expect_used, reason = "a constant, tested")]
fn read(jwk: &str) -> SigningKey {
    SigningKey::from_jwk(jwk).expect("the test key should be readable")
}
