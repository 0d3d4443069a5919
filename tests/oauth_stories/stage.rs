//! Two instances of one authorization server, their clients, and a user who is signed in.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Timestamp,
    authority::{Client, GrantType},
    clock::{Clock as _, SystemClock},
    id::{ClientId, Subject},
    key::KeyPolicy,
    oauth::{AuthorizationServer, ConsentPage, Host, HostError, SignIn, SignedIn},
    secret::MasterSecret,
    store::ServerStore,
    web::{Answer, RequestHead},
};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const API: &str = "https://api.example.com";
pub(crate) const CALLBACK: &str = "https://partner.example/callback";
pub(crate) const PHONE_CALLBACK: &str = "http://127.0.0.1/callback";
/// Given by the host; random, as far as anyone can tell.
pub(crate) const SECRET: &str = "5f1b3c0e9a7d4c52b8e6f0a1d2c3b4a5968778695a4b3c2d1e0f";

/// The user whose name the cookie says. A real host has a session behind it.
#[derive(Debug)]
pub(crate) struct Users {
    pub(crate) since: Timestamp,
}

#[async_trait]
impl Host for Users {
    async fn user(&self, head: &RequestHead<'_>) -> Result<Option<SignedIn>, HostError> {
        let Some(name) = head.values("cookie").next() else { return Ok(None) };
        let name = std::str::from_utf8(name).map_err(HostError::new)?;
        let subject = Subject::parse(name).map_err(HostError::new)?;
        Ok(Some(SignedIn::new(subject, self.since)))
    }

    async fn sign_in(&self, _: &SignIn<'_>) -> Answer {
        Answer::html(200, "who are you?")
    }

    async fn consent_page(&self, page: &ConsentPage<'_>) -> Answer {
        page.plain()
    }

    async fn sign_out(&self, _: &RequestHead<'_>) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }
}

pub(crate) struct Stage {
    pub(crate) one: AuthorizationServer,
    pub(crate) two: AuthorizationServer,
    /// Signs the assertions of the client `signer`.
    key: Ed25519KeyPair,
}

impl Stage {
    pub(crate) async fn new<S: ServerStore>(one: Arc<S>, two: Arc<S>) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
        // Both know the user's one sign-in.
        let since = SystemClock::new().now();
        let (one, two) = (server(one, since), server(two, since));
        let registrar = one.authority();
        registrar.ready().await.unwrap();
        for client in clients(&key) {
            registrar.register_client(client).await.unwrap();
        }
        for (id, introspects) in [("partner", false), ("rival", false), ("gateway", true)] {
            let client = confidential(id).may_introspect(introspects);
            registrar.register_client_with_secret(client, SECRET).await.unwrap();
        }
        // The other instance is told of all this by the store alone.
        two.authority().ready().await.unwrap();
        Self { one, two, key }
    }

    /// An assertion of `signer` (RFC 7523 §3).
    pub(crate) fn assertion(&self, id: &str, audience: &str) -> String {
        let now = SystemClock::new().now().as_unix_seconds();
        let claims = serde_json::json!({
            "iss": "signer", "sub": "signer", "aud": audience, "jti": id, "iat": now, "exp": now + 60,
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#);
        let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(input.as_bytes())))
    }

    pub(crate) fn both(&self) -> [&AuthorizationServer; 2] {
        [&self.one, &self.two]
    }
}

fn server<S: ServerStore>(store: Arc<S>, since: Timestamp) -> AuthorizationServer {
    let policy = KeyPolicy::new(Duration::from_secs(24 * 3600)).grace(Duration::from_secs(120));
    let authority = Authority::builder(ISSUER)
        .audience(API)
        .managed_keys(Arc::clone(&store), Algorithm::ES256, policy)
        .master_secret(MasterSecret::from_bytes([7; 32]))
        .server_store(store)
        .build()
        .unwrap();
    AuthorizationServer::builder(authority).host(Users { since }).build().unwrap()
}

fn confidential(id: &str) -> Client {
    Client::confidential(id)
        .scope("openid offline_access invoice:*:read report:*:*".parse().unwrap())
        .default_scope("invoice:*:read".parse().unwrap())
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
        .grant(GrantType::ClientCredentials)
        .redirect_uri(CALLBACK)
}

fn clients(key: &Ed25519KeyPair) -> [Client; 2] {
    let x = URL_SAFE_NO_PAD.encode(key.public_key());
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    let phone = Client::public("phone")
        .scope("openid offline_access invoice:*:read report:*:*".parse().unwrap())
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
        .redirect_uri(PHONE_CALLBACK);
    let signer = confidential("signer").private_key_jwt(format!(r#"{{"keys":[{jwk}]}}"#));
    [phone, signer]
}

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

pub(crate) fn ada() -> Subject {
    Subject::parse("ada").unwrap()
}
