//! A small world: two resource servers, a few clients, a store that fails on demand.

use std::{fmt::Write, sync::Arc, time::Duration};

use hallpass::{
    Grant, MemoryStore, Scope, SigningKey,
    authority::{AuthorityBuilder, Client, GrantType, Issued},
    id::Audience,
    oauth::{AuthorizationServer, AuthorizationServerBuilder, Endpoint, Request},
    store::StoreErrorKind,
    testing::{CountingStore, FailingStore, Fault, TestAuthority, TestClock},
    web::{Answer, RequestHead},
};
use serde_json::Value;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A resource server beside [`TestAuthority::AUDIENCE`].
pub(crate) const FILES: &str = "https://files.test";

pub(crate) const SECRET: &str = "40-characters-that-need-escapes:+%&=/ok!";

pub(crate) type TestStore = CountingStore<FailingStore<MemoryStore>>;

/// One authority with its endpoints.
pub(crate) struct World {
    pub(crate) auth: TestAuthority<TestStore>,
    pub(crate) server: AuthorizationServer,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(
        configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let clock = TestClock::at(TestAuthority::STARTS_AT);
        Self::sharing(store(), clock, configure)
    }

    /// One that signs with this key.
    pub(crate) fn signing_with(key: SigningKey) -> Self {
        let clock = TestClock::at(TestAuthority::STARTS_AT);
        Self::of(store(), clock, |builder| builder.signing_key(key), |builder| builder)
    }

    /// One more instance on a store and a clock that another has, too.
    pub(crate) fn beside(&self) -> Self {
        Self::sharing(Arc::clone(self.auth.store()), self.auth.clock().clone(), |builder| builder)
    }

    fn sharing(
        store: Arc<TestStore>,
        clock: TestClock,
        configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        Self::of(store, clock, |builder| builder, configure)
    }

    fn of(
        store: Arc<TestStore>,
        clock: TestClock,
        keys: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
        configure: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let auth = TestAuthority::sharing(Arc::clone(&store), clock, |builder| {
            keys(clients(builder.server_store(store).audience(FILES)))
        });
        let server = configure(AuthorizationServer::builder(auth.authority().clone()));
        Self { auth, server: server.build().unwrap() }
    }

    /// A form, by POST.
    pub(crate) async fn post(
        &self,
        endpoint: Endpoint,
        authorization: Option<&str>,
        form: &[(&str, &str)],
    ) -> Answer {
        let head = RequestHead::new("POST", self.server.endpoints().path(endpoint))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let head = match authorization {
            Some(value) => head.header("Authorization", value),
            None => head,
        };
        let body = encode(form);
        self.send(endpoint, &Request::new(head).body(body.as_bytes())).await
    }

    pub(crate) async fn send(&self, endpoint: Endpoint, request: &Request<'_>) -> Answer {
        match endpoint {
            Endpoint::Revoke => self.server.revoke(request).await,
            Endpoint::Introspect => self.server.introspect(request).await,
            _ => self.server.token(request).await,
        }
    }

    /// A session of `ada` at this client.
    pub(crate) async fn login(&self, client: &str) -> Issued {
        let scope: Scope = "invoice:*:read report:7:write".parse().unwrap();
        self.auth.issue(Grant::new("ada", scope).client(client)).await.unwrap()
    }

    pub(crate) async fn refresh(&self, client: &str, token: &str) -> Answer {
        self.refresh_with(client, token, &[]).await
    }

    pub(crate) async fn refresh_with(
        &self,
        client: &str,
        token: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(more);
        let header = basic(client, SECRET);
        if client == "phone" {
            form.push(("client_id", client));
            return self.post(Endpoint::Token, None, &form).await;
        }
        self.post(Endpoint::Token, Some(&header), &form).await
    }

    pub(crate) async fn is_live(&self, access_token: &str) -> bool {
        self.auth.verify(access_token).await.is_ok()
    }

    /// From now on no call reaches the store.
    pub(crate) fn cut_off(&self) {
        self.auth.store().inner().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    }
}

fn store() -> Arc<TestStore> {
    Arc::new(CountingStore::new(FailingStore::new(MemoryStore::new())))
}

fn clients(builder: AuthorityBuilder) -> AuthorityBuilder {
    let scope = |text: &str| -> Scope { text.parse().unwrap() };
    let ceiling = "invoice:*:read report:*:*";
    let audience = |text: &str| Audience::parse(text).unwrap();
    builder
        // A partner's server, for itself and for its users.
        .client(
            Client::confidential("partner")
                .secret(SECRET)
                .scope(scope(ceiling))
                .default_scope(scope("invoice:*:read"))
                .grant(GrantType::ClientCredentials)
                .grant(GrantType::AuthorizationCode)
                .grant(GrantType::RefreshToken)
                .redirect_uri("https://partner.test/callback"),
        )
        .client(
            Client::confidential("rival")
                .secret(SECRET)
                .scope(scope(ceiling))
                .grant(GrantType::RefreshToken),
        )
        // An application on a phone.
        .client(Client::public("phone").scope(scope(ceiling)).grant(GrantType::RefreshToken))
        // Nobody has said what it may do, but for its default.
        .client(
            Client::confidential("job")
                .secret(SECRET)
                .default_scope(scope("report:*:read"))
                .grant(GrantType::ClientCredentials),
        )
        .client(Client::confidential("bare").secret(SECRET).grant(GrantType::ClientCredentials))
        // Resource servers.
        .client(Client::confidential("gateway").secret(SECRET).may_introspect(true))
        .client(
            Client::confidential("files")
                .secret(SECRET)
                .audience(audience(FILES))
                .may_introspect(true),
        )
        .client(
            Client::confidential("self-aware")
                .secret(SECRET)
                .scope(scope(ceiling))
                .grant(GrantType::RefreshToken)
                .may_introspect(true),
        )
}

/// `Basic`, each half encoded first (RFC 6749 §2.3.1).
pub(crate) fn basic(client: &str, secret: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let pair = format!("{}:{}", escape(client), escape(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(answer.body()).unwrap()
}

pub(crate) fn text(answer: &Answer, member: &str) -> String {
    json(answer)[member].as_str().unwrap().to_owned()
}

/// What every answer of these endpoints holds to: no cache keeps it (INVARIANTS 76), and nothing
/// is 500 (INVARIANTS 75).
#[track_caller]
pub(crate) fn is_sound(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.body());
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert!(matches!(answer.status(), 200 | 400 | 401 | 403 | 405 | 429 | 503), "{answer:?}");
    if answer.status() == 200 {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = json(answer);
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    // RFC 6749 §5.2: no quotes, no backslashes, nothing beyond ASCII.
    for member in ["error", "error_description"] {
        let text = body[member].as_str().unwrap();
        let plain = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        assert!(!text.is_empty() && text.chars().all(plain), "{text}");
    }
    let waits = matches!(answer.status(), 429 | 503);
    assert_eq!(answer.header("retry-after").is_some(), waits);
    assert!(answer.header("www-authenticate").is_none() || answer.status() == 401);
}

#[track_caller]
pub(crate) fn refuses(answer: &Answer, status: u16, error: &str) {
    is_sound(answer);
    let body = answer.body();
    assert_eq!((answer.status(), text(answer, "error").as_str()), (status, error), "{body}");
}

#[track_caller]
pub(crate) fn grants(answer: &Answer) {
    is_sound(answer);
    assert_eq!(answer.status(), 200, "{}", answer.body());
}
