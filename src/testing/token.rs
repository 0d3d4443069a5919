//! Knows how to make any access token a test wants: a good one, or one with one thing wrong.
//! Must not need an authority: it signs what it is told.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    TestAuthority, TestClock,
    authority::{key, other_key},
};
use crate::{
    Timestamp,
    clock::Clock,
    crypto,
    id::{Audience, ClientId, TokenId},
    key::{SigningKey, encode_header},
    scope::Scope,
    secret::AccessToken,
    token::{CustomClaims, claims::AccessClaims, jwt},
};

/// An access token in the making: good as it is, unless a line says otherwise. From
/// [`TestAuthority::token`].
///
/// ```
/// use hallpass::{testing::TestAuthority, verifier::VerifyError};
///
/// # #[tokio::main] async fn main() {
/// let auth = TestAuthority::new();
/// let forged = auth.token("ada").client("web").claim("tenant", "acme").wrong_key().mint();
/// assert!(matches!(auth.verify(&forged).await, Err(VerifyError::BadSignature)));
/// # }
/// ```
///
/// # Panics
/// Its functions panic when they are given what no token can hold.
#[derive(Debug, Clone)]
#[must_use = "it is no token before `mint`"]
pub struct TestToken {
    issuer: String,
    subject: String,
    audience: Audience,
    client: Option<ClientId>,
    scope: Scope,
    custom: Map<String, Value>,
    issued_at: Timestamp,
    not_before: Option<Timestamp>,
    expires_at: Timestamp,
    signer: Signer,
    id_token: bool,
}

/// Whose signature it gets.
#[derive(Debug, Clone)]
enum Signer {
    Ours,
    /// Another key under our key's name.
    Impostor,
    Given(SigningKey),
}

#[expect(clippy::expect_used, reason = "a test that is set up wrongly should say so")]
impl TestToken {
    pub(super) fn new(subject: String, clock: &TestClock) -> Self {
        let now = clock.now();
        Self {
            issuer: TestAuthority::ISSUER.to_owned(),
            subject,
            audience: Audience::parse(TestAuthority::AUDIENCE).expect("a constant"),
            client: Some(ClientId::parse("test-client").expect("a constant")),
            scope: Scope::empty(),
            custom: Map::new(),
            issued_at: now,
            not_before: None,
            expires_at: now + Duration::from_secs(600),
            signer: Signer::Ours,
            id_token: false,
        }
    }

    /// What it may do; nothing, without this.
    pub fn scope(mut self, scope: impl AsRef<str>) -> Self {
        self.scope = scope.as_ref().parse().expect("the scope should be one");
        self
    }

    /// The application that holds it; `test-client`, without this.
    pub fn client(mut self, client: impl AsRef<str>) -> Self {
        self.client = Some(ClientId::parse(client.as_ref()).expect("the client should be an id"));
        self
    }

    /// A claim of your own.
    pub fn claim(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("the claim should be JSON");
        self.custom.insert(name.into(), value);
        self
    }

    /// How long it lives from now on; ten minutes, without this.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.expires_at = self.issued_at + lifetime;
        self
    }

    /// Issued two hours ago, and expired for one.
    pub fn expired(mut self) -> Self {
        self.expires_at = self.issued_at - Duration::from_secs(3_600);
        self.issued_at = self.issued_at - Duration::from_secs(7_200);
        self
    }

    /// Not to be accepted before an hour from now (`nbf`).
    pub fn not_yet_valid(mut self) -> Self {
        self.not_before = Some(self.issued_at + Duration::from_secs(3_600));
        self.expires_at = self.expires_at + Duration::from_secs(3_600);
        self
    }

    /// For another resource server.
    pub fn wrong_audience(mut self) -> Self {
        self.audience = Audience::parse("https://other-api.test").expect("a constant");
        self
    }

    /// By another issuer.
    pub fn wrong_issuer(mut self) -> Self {
        "https://other-auth.test".clone_into(&mut self.issuer);
        self
    }

    /// Signed with another key, under the right key's name.
    pub fn wrong_key(mut self) -> Self {
        self.signer = Signer::Impostor;
        self
    }

    /// Signed with this key under its own name, such as the next one of
    /// [`JwksServer::rotate`](super::JwksServer::rotate).
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.signer = Signer::Given(key.clone());
        self
    }

    /// An ID token of the same issuer, as a client might send by mistake: `typ: JWT`, for the
    /// client, with a `nonce` and without a scope.
    pub fn id_token_like(mut self) -> Self {
        self.id_token = true;
        self
    }

    /// The token.
    ///
    /// # Panics
    /// When a claim of your own has a registered name.
    #[must_use]
    pub fn mint(self) -> AccessToken {
        let signer = match &self.signer {
            Signer::Ours => key(),
            Signer::Impostor => other_key().with_kid(key().kid().clone()),
            Signer::Given(key) => key.clone(),
        };
        let text = if self.id_token {
            let header = encode_header("JWT", signer.algorithm(), signer.kid());
            let claims = self.id_token_claims();
            jwt::encode_payload(&header, claims.to_string().as_bytes(), |input| signer.sign(input))
        } else {
            let random = crypto::random_array().expect("the system should give random bytes");
            let custom = CustomClaims::new(&self.custom).expect("a claim should not be registered");
            jwt::encode(
                &signer,
                &AccessClaims {
                    issuer: &self.issuer,
                    subject: &self.subject,
                    audience: std::slice::from_ref(&self.audience),
                    expires_at: Some(self.expires_at),
                    issued_at: self.issued_at,
                    not_before: self.not_before,
                    token_id: Some(TokenId::from_parts(self.issued_at, random)),
                    client_id: self.client.as_ref(),
                    scope: self.scope.as_str(),
                    session_id: None,
                    generation: None,
                    auth_time: None,
                    acr: None,
                    amr: &[],
                    roles: &[],
                    groups: &[],
                    confirmation: None,
                    custom: Some(&custom),
                },
            )
        };
        AccessToken::new(text.expect("the test key should sign"))
    }

    /// The value of an `Authorization` header with this token (RFC 6750 §2.1).
    #[must_use]
    pub fn bearer(self) -> String {
        format!("Bearer {}", self.mint().expose_secret())
    }

    fn id_token_claims(&self) -> Value {
        let mut claims = self.custom.clone();
        for (name, value) in [
            ("iss", Value::from(self.issuer.as_str())),
            ("sub", Value::from(self.subject.as_str())),
            ("aud", Value::from(self.client.as_ref().map(ClientId::as_str))),
            ("iat", Value::from(self.issued_at.as_unix_seconds())),
            ("exp", Value::from(self.expires_at.as_unix_seconds())),
            ("nonce", Value::from("n-0S6_WzA2Mj")),
        ] {
            claims.insert(name.to_owned(), value);
        }
        Value::Object(claims)
    }
}
