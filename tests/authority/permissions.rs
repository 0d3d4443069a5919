//! Permissions: a token never gives more than its client may have and its subject has.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass::{
    Grant,
    authority::{Client, IssueError, Refresh, RefreshError},
    id::{Audience, ClientId, Subject},
    scope::{Mode, Negotiation, Scope},
    store::SessionStore,
    testing::TestAuthority,
    verifier::{PermissionError, PermissionSource},
};

use super::support::*;

/// What every subject may do now.
#[derive(Debug, Clone)]
pub(crate) struct Permissions(Arc<Mutex<Option<Scope>>>);

impl Permissions {
    pub(crate) fn of(scope: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(scope.parse().unwrap()))))
    }

    pub(crate) fn set(&self, scope: &str) {
        *self.0.lock().unwrap() = Some(scope.parse().unwrap());
    }

    pub(crate) fn fail(&self, fails: bool) {
        if fails {
            *self.0.lock().unwrap() = None;
        }
    }
}

#[async_trait]
impl PermissionSource for Permissions {
    async fn permissions(
        &self,
        _: &Subject,
        _: Option<&ClientId>,
    ) -> Result<Scope, PermissionError> {
        let scope = self.0.lock().unwrap().clone();
        scope.ok_or_else(|| PermissionError::new("the directory is down"))
    }
}

#[tokio::test]
async fn inv_32_what_a_subject_loses_is_gone_at_the_next_refresh() {
    let permissions = Permissions::of("*");
    let auth = with(|builder| builder.permissions(permissions.clone()));
    let issued = login(&auth).await;
    permissions.set("invoice:*:read");
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(next.scope().as_str(), "invoice:*:read");
    // Inv 29: the session's own scope has not changed, so what comes back is back.
    permissions.set("*");
    let next = auth.refresh(next.refresh_token()).await.unwrap();
    assert_eq!(next.scope().as_str(), SCOPE);
}

#[tokio::test]
async fn inv_21_what_refuses_is_asked_before_the_row_changes() {
    let permissions = Permissions::of("*");
    let auth = with(|builder| builder.permissions(permissions.clone()));
    let issued = login(&auth).await;
    let row = || async { auth.store().find_session(&issued.session_id()).await.unwrap().unwrap() };
    let before = row().await;
    permissions.set("page:*:read");
    let error = auth.refresh(issued.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::NothingGranted), "{error}");
    permissions.fail(true);
    let error = auth.refresh(issued.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::Permissions(_)), "{error}");
    assert!(matches!(auth.issue(grant()).await, Err(IssueError::Permissions(_))));
    assert_eq!(row().await, before);
    permissions.set("*");
    assert!(auth.refresh(issued.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn a_ceiling_narrows_at_issue_and_says_what_fell_away() {
    let auth = with(|builder| {
        builder.client(Client::public("web").scope("invoice:7:* page:*:read".parse().unwrap()))
    });
    let wanted = "invoice:*:read user:*:delete".parse().unwrap();
    let issued = auth.issue(Grant::new("ada", wanted).client("web")).await.unwrap();
    assert_eq!(issued.scope().as_str(), "invoice:7:read");
    let negotiated = issued.negotiated().unwrap();
    assert_eq!(negotiated.rejected_scope(), "user:*:delete");
    let body: serde_json::Value = serde_json::from_str(issued.into_response().body()).unwrap();
    assert_eq!(body["scope"], "invoice:7:read");
    assert_eq!(body["rejected_scope"], "user:*:delete");

    let nothing = Grant::new("ada", "user:*:delete".parse().unwrap()).client("web");
    assert!(matches!(auth.issue(nothing).await, Err(IssueError::NotGranted(_))));

    let strict = with(|builder| {
        builder
            .client(Client::public("web").scope("invoice:7:*".parse().unwrap()))
            .negotiation(Negotiation::new().mode(Mode::Strict))
    });
    assert!(matches!(strict.issue(grant()).await, Err(IssueError::NotGranted(_))));
}

/// The configuration of a client changes with a deploy; its sessions feel it at once.
#[tokio::test]
async fn inv_32_what_a_client_loses_is_gone_at_the_next_refresh() {
    let both = ["https://api.test", "https://files.test"];
    let files = || Audience::parse(both[1]).unwrap();
    let first = with(|builder| builder.audience(both[1]));
    let issued = login(&first).await;
    let deploy = |client: Client| {
        TestAuthority::sharing(first.store().clone(), first.clock().clone(), |builder| {
            builder.audience(both[1]).client(client)
        })
    };
    let narrowed = deploy(Client::public("web").scope("invoice:7:*".parse().unwrap()));
    let next = narrowed.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(next.scope().as_str(), "invoice:7:read invoice:7:write");

    let one_audience = deploy(Client::public("web").audience(files()));
    let next = one_audience.refresh(next.refresh_token()).await.unwrap();
    let who = one_audience.verify(next.access_token()).await.unwrap();
    assert_eq!(who.audiences().collect::<Vec<_>>(), [both[1]]);
    let api = vec![Audience::parse(both[0]).unwrap()];
    let refresh = Refresh::new(next.refresh_token()).audience(api);
    let error = one_audience.refresh_with(refresh).await.unwrap_err();
    assert!(matches!(error, RefreshError::AudienceExceeded), "{error}");
}

#[tokio::test]
async fn inv_28_29_a_refresh_may_narrow_this_token_only() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let with_scope = |token: &hallpass::authority::Issued, scope: &str| {
        Refresh::new(token.refresh_token()).scope(scope.parse().unwrap())
    };
    let narrow = auth.refresh_with(with_scope(&issued, "invoice:7:read")).await.unwrap();
    assert_eq!(narrow.scope().as_str(), "invoice:7:read", "by the grammar, not as text");
    auth.clock().advance(2 * MINUTE);
    let full = auth.refresh(narrow.refresh_token()).await.unwrap();
    assert_eq!(full.scope().as_str(), SCOPE, "the session kept its own");
    for too_much in ["invoice:*:*", "invoice:8:write", "page:1:read", "*", "openid"] {
        let row = auth.store().find_session(&issued.session_id()).await.unwrap();
        let error = auth.refresh_with(with_scope(&full, too_much)).await.unwrap_err();
        assert!(matches!(error, RefreshError::ScopeExceeded), "inv 31, {too_much}: {error}");
        assert_eq!(auth.store().find_session(&issued.session_id()).await.unwrap(), row);
    }
    // An empty request is a request for nothing.
    let nothing = Refresh::new(full.refresh_token()).scope(Scope::empty());
    if let Ok(issued) = auth.refresh_with(nothing).await {
        assert!(issued.scope().is_empty());
    }
}

#[tokio::test]
async fn inv_30_audiences_narrow_like_scopes_and_a_replay_widens_nothing() {
    let auth = with(|builder| builder.audience("https://files.test"));
    let issued = login(&auth).await;
    let api = || vec![Audience::parse(TestAuthority::AUDIENCE).unwrap()];
    let refresh = || Refresh::new(issued.refresh_token());
    let narrow = auth.refresh_with(refresh().audience(api())).await.unwrap();
    let who = auth.verify(narrow.access_token()).await.unwrap();
    assert_eq!(who.audiences().collect::<Vec<_>>(), [TestAuthority::AUDIENCE]);
    // The answer to a replay is computed for its own request, within the session.
    let replay = auth.refresh_with(refresh().scope("invoice:7:read".parse().unwrap())).await;
    let replay = replay.unwrap();
    assert_eq!(text(&replay), text(&narrow));
    assert_eq!(replay.scope().as_str(), "invoice:7:read");
    // A session for one resource server is not widened to another that its client may use.
    let one = auth.issue(grant().audience("https://files.test")).await.unwrap();
    let row = auth.store().find_session(&one.session_id()).await.unwrap().unwrap();
    assert_eq!(row.audience, [Audience::parse("https://files.test").unwrap()]);
    let wider = Refresh::new(one.refresh_token()).audience(api());
    let error = auth.refresh_with(wider).await.unwrap_err();
    assert!(matches!(error, RefreshError::AudienceExceeded), "{error}");
    for foreign in [vec![], vec![Audience::parse("https://elsewhere.test").unwrap()]] {
        let error = auth.refresh_with(refresh().audience(foreign)).await.unwrap_err();
        assert!(matches!(error, RefreshError::AudienceExceeded), "{error}");
    }
}
