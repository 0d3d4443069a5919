//! An authority with clients, on a memory store and a clock that the test moves.

use hallpass::{
    Grant, MemoryStore,
    authority::{AuthorityBuilder, Client, CodeBinding, GrantType},
    id::{ClientId, SessionId, Subject},
    secret::AuthorizationCode,
    store::ServerStore,
    testing::TestAuthority,
};

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT: &str = "https://partner.test/callback";

pub(crate) fn authority() -> TestAuthority {
    authority_with(|builder| builder)
}

pub(crate) fn authority_with(
    configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
) -> TestAuthority {
    authority_on(std::sync::Arc::new(MemoryStore::new()), configure)
}

pub(crate) fn authority_on<S: ServerStore>(
    store: std::sync::Arc<S>,
    configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
) -> TestAuthority<S> {
    let clock = hallpass::testing::TestClock::at(TestAuthority::STARTS_AT);
    TestAuthority::sharing(store.clone(), clock, |builder| {
        configure(clients(builder).server_store(store))
    })
}

/// Another instance on the same store and clock.
pub(crate) fn beside<S: ServerStore>(one: &TestAuthority<S>) -> TestAuthority<S> {
    let store = one.store().clone();
    TestAuthority::sharing(store.clone(), one.clock().clone(), |builder| {
        clients(builder).server_store(store)
    })
}

fn clients(builder: AuthorityBuilder) -> AuthorityBuilder {
    builder.client(partner()).client(
        Client::public("spa")
            .redirect_uri("https://spa.test/cb")
            .grant(GrantType::AuthorizationCode),
    )
}

pub(crate) const SECRET: &str = "9f2c1d7e4b8a6053c1d2e3f4a5b6c7d8";

pub(crate) fn confidential(client: &str) -> Client {
    Client::confidential(client).secret(SECRET)
}

pub(crate) fn partner() -> Client {
    confidential("partner")
        .name("Partner & Söhne")
        .scope("openid offline_access invoice:*:read invoice:7:pay a:1:read".parse().unwrap())
        .redirect_uri(REDIRECT)
        .post_logout_redirect_uri("https://partner.test/bye")
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::RefreshToken)
}

pub(crate) fn id(client: &str) -> ClientId {
    ClientId::parse(client).unwrap()
}

pub(crate) fn ada() -> Subject {
    Subject::parse("ada").unwrap()
}

pub(crate) fn grant(scope: &str) -> Grant {
    Grant::new("ada", scope.parse().unwrap()).client("partner")
}

pub(crate) fn binding() -> CodeBinding {
    CodeBinding::new(CHALLENGE).redirect_uri(REDIRECT).refreshable(true)
}

pub(crate) async fn code<S>(authority: &TestAuthority<S>, scope: &str) -> AuthorizationCode {
    authority.issue_code(grant(scope), binding()).await.unwrap()
}

/// Whether the session is known and has not ended.
pub(crate) async fn is_live<S: ServerStore>(
    authority: &TestAuthority<S>,
    session: &SessionId,
) -> bool {
    let row = authority.store().find_session(session).await.unwrap();
    row.is_some_and(|row| row.state.ended.is_none())
}
