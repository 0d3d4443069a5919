//! What the stories share: a grant, a world, and names for times.

use std::time::Duration;

use hallpass::{
    Authority, Grant, MemoryStore,
    authority::{AuthorityBuilder, Issued},
    id::{ClientId, Subject},
    testing::{CountingStore, FailingStore, TestAuthority},
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// What a session of the stories may do.
pub(crate) const SCOPE: &str = "invoice:*:read invoice:7:write";

pub(crate) fn grant() -> Grant {
    Grant::new("ada", SCOPE.parse().unwrap()).client("web")
}

pub(crate) fn with(configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder) -> TestAuthority {
    TestAuthority::configured(MemoryStore::new(), configure)
}

pub(crate) fn counting() -> TestAuthority<CountingStore<MemoryStore>> {
    TestAuthority::on(CountingStore::new(MemoryStore::new()))
}

pub(crate) fn failing(
    configure: impl FnOnce(AuthorityBuilder) -> AuthorityBuilder,
) -> TestAuthority<FailingStore<MemoryStore>> {
    TestAuthority::configured(FailingStore::new(MemoryStore::new()), configure)
}

pub(crate) fn ada() -> Subject {
    Subject::parse("ada").unwrap()
}

pub(crate) fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

/// The refresh token's text.
pub(crate) fn text(issued: &Issued) -> &str {
    issued.refresh_token().expose_secret()
}

pub(crate) async fn login(authority: &Authority) -> Issued {
    authority.issue(grant()).await.unwrap()
}

/// Whether the access token is accepted.
pub(crate) async fn is_live(authority: &Authority, issued: &Issued) -> bool {
    authority.verify(issued.access_token()).await.is_ok()
}
