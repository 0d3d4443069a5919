//! A server with a clock that the test moves and a store that fails on demand.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Algorithm, Authority, MemoryStore, Timestamp,
    authority::AuthorityBuilder,
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
            .audience("https://api.example.com")
            .managed_keys(Arc::clone(&store), Algorithm::ES256, policy)
            .master_secret(MasterSecret::from_bytes([7; 32]))
            .server_store(Arc::clone(&store))
            .clock(clock.clone());
        let authority = authority(builder).build().unwrap();
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
