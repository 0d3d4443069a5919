//! A server with a clock that the test moves and a store that fails on demand.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Timestamp,
    authority::{AuthorityBuilder, Client, GrantType, Issued},
    id::Audience,
    key::KeyPolicy,
    oauth::{AuthorizationServer, AuthorizationServerBuilder},
    secret::MasterSecret,
    store::StoreErrorKind,
    testing::{FailingStore, Fault, TestClock},
};

use crate::{
    actix, axum,
    request::{Seen, Sent},
};

pub(crate) type Store = FailingStore<MemoryStore>;

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const API: &str = "https://api.example.com";
pub(crate) const FILES: &str = "https://files.example.com";
pub(crate) const SECRET: &str = "a-secret-of-more-than-40-characters:+%&=~ok!";

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: TestClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::configured(ISSUER, |authority| authority, |server| server)
    }

    pub(crate) fn configured(
        issuer: &str,
        authority: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
        server: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let store = Arc::new(Store::new(MemoryStore::new()));
        let clock = TestClock::at(Timestamp::from_unix_seconds(1_700_000_000));
        let policy = KeyPolicy::new(24 * Duration::from_secs(3600)).grace(Duration::from_secs(120));
        let builder = Authority::builder(issuer)
            .audience(API)
            .audience(FILES)
            .managed_keys(Arc::clone(&store), Algorithm::ES256, policy)
            .master_secret(MasterSecret::from_bytes([7; 32]))
            .server_store(Arc::clone(&store))
            .clock(clock.clone());
        let authority = authority(clients(builder)).build().unwrap();
        let server = server(AuthorizationServer::builder(authority)).build().unwrap();
        Self { server, store, clock }
    }

    pub(crate) fn fail(&self) {
        self.store.fail_all(Fault::Before(StoreErrorKind::Unavailable));
    }

    pub(crate) fn heal(&self) {
        self.store.heal();
        // The next look at the store is due.
        self.clock.advance(Duration::from_secs(2));
    }

    /// Sends to both frameworks, and wants the same bytes.
    pub(crate) async fn send(&self, sent: &Sent) -> Seen {
        let on_axum = axum::send(&self.server, sent).await;
        let on_actix = actix::send(&self.server, sent).await;
        assert_eq!(on_axum, on_actix, "{} {}", sent.method, sent.target);
        on_axum
    }
}

impl World {
    /// A session of `ada` at this client.
    pub(crate) async fn login(&self, client: &str) -> Issued {
        let scope = "invoice:*:read report:7:write".parse().unwrap();
        let grant = Grant::new("ada", scope).client(client);
        self.server.authority().issue(grant).await.unwrap()
    }
}

fn clients(builder: AuthorityBuilder) -> AuthorityBuilder {
    let ceiling = || "invoice:*:read report:*:*".parse().unwrap();
    builder
        // A partner's server, for itself and for its users.
        .client(
            Client::confidential("partner")
                .secret(SECRET)
                .scope(ceiling())
                .default_scope("invoice:*:read".parse().unwrap())
                .grant(GrantType::ClientCredentials)
                .grant(GrantType::AuthorizationCode)
                .grant(GrantType::RefreshToken)
                .redirect_uri("https://partner.example/callback"),
        )
        .client(
            Client::confidential("rival")
                .secret(SECRET)
                .scope(ceiling())
                .grant(GrantType::RefreshToken),
        )
        // An application on a phone.
        .client(
            Client::public("phone")
                .scope(ceiling())
                .grant(GrantType::AuthorizationCode)
                .grant(GrantType::RefreshToken)
                .redirect_uri("com.example.app:/callback"),
        )
        // Resource servers.
        .client(Client::confidential("gateway").secret(SECRET).may_introspect(true))
        .client(
            Client::confidential("files")
                .secret(SECRET)
                .audience(Audience::parse(FILES).unwrap())
                .may_introspect(true),
        )
}
