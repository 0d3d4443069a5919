//! What the stories share: an authority whose store remembers clients, and a partner.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Grant, MemoryStore,
    authority::{AuthorityBuilder, Client, GrantType},
    id::ClientId,
    store::ServerStore,
    testing::{TestAuthority, TestClock},
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const GIVEN: &str = "correct-horse,battery-staple!tree";

pub(crate) fn on<S: ServerStore>(store: Arc<S>, clock: TestClock) -> TestAuthority<S> {
    configured(store, clock, |builder| builder)
}

pub(crate) fn configured<S: ServerStore>(
    store: Arc<S>,
    clock: TestClock,
    configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
) -> TestAuthority<S> {
    let shared = Arc::clone(&store);
    TestAuthority::sharing(store, clock, |builder| configure(builder.server_store(shared)))
}

pub(crate) fn clock() -> TestClock {
    TestClock::at(TestAuthority::STARTS_AT)
}

pub(crate) fn memory() -> TestAuthority {
    on(Arc::new(MemoryStore::new()), clock())
}

pub(crate) fn id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

/// A partner's server.
pub(crate) fn partner() -> Client {
    Client::confidential("partner")
        .name("Partner & Söhne")
        .redirect_uri("https://partner.example/callback")
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
        .scope("invoice:*:read page:*:read".parse().unwrap())
}

pub(crate) fn app() -> Client {
    Client::public("app")
        .redirect_uri("com.example.app:/callback")
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
}

pub(crate) fn grant(client: &str) -> Grant {
    Grant::new("ada", "invoice:*:read invoice:*:write".parse().unwrap()).client(client)
}
