//! Sessions: listed, capped, ended by id.

use hallpass::{
    Grant,
    authority::Policy,
    id::ClientId,
    store::{EndReason, SessionStore},
    testing::TestAuthority,
};

use super::support::*;

#[tokio::test]
async fn they_are_listed_oldest_first_in_pages_and_only_while_they_live() {
    let auth = TestAuthority::new();
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(auth.issue(grant().label(&format!("device {n}"))).await.unwrap().session_id());
        auth.clock().advance(SECOND);
    }
    let page = auth.list_sessions(&ada(), None, 2).await.unwrap();
    assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), ids[..2]);
    assert_eq!(page[0].label.as_deref(), Some("device 0"));
    let rest = auth.list_sessions(&ada(), Some(&ids[1]), 10).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), ids[2..]);
    assert!(auth.end_session(&ids[2]).await.unwrap());
    assert_eq!(auth.list_sessions(&ada(), None, 10).await.unwrap().len(), 4);
    auth.clock().advance(15 * DAY);
    assert!(auth.list_sessions(&ada(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn those_at_a_client_are_listed_whoever_signed_in() {
    let auth = TestAuthority::new();
    let mut ids = Vec::new();
    for (subject, client) in [("ada", "web"), ("bob", "web"), ("ada", "phone"), ("eve", "web")] {
        let grant = Grant::new(subject, "note:*:read".parse().unwrap()).client(client);
        ids.push(auth.issue(grant).await.unwrap().session_id());
        auth.clock().advance(SECOND);
    }
    let client = ClientId::parse("web").unwrap();
    let list = |after| auth.list_client_sessions(&client, after, 10);
    let listed: Vec<_> = list(None).await.unwrap().iter().map(|row| row.id).collect();
    assert_eq!(listed, [ids[0], ids[1], ids[3]]);
    assert_eq!(list(Some(&ids[1])).await.unwrap().len(), 1);
    auth.end_session(&ids[3]).await.unwrap();
    assert_eq!(list(Some(&ids[1])).await.unwrap(), []);
}

#[tokio::test]
async fn above_the_cap_the_oldest_ends() {
    let auth = with(|builder| builder.policy(Policy::new().max_sessions(2)));
    let mut issued = Vec::new();
    for _ in 0..4 {
        issued.push(login(&auth).await);
        auth.clock().advance(SECOND);
    }
    for (issued, lives) in issued.iter().zip([false, false, true, true]) {
        assert_eq!(is_live(&auth, issued).await, lives);
    }
    let error = auth.refresh(issued[0].refresh_token()).await.unwrap_err();
    assert!(matches!(error, hallpass::authority::RefreshError::Ended(EndReason::OverCap)));
}

/// The policy of a session is the one it was created with.
#[tokio::test]
async fn a_change_of_policy_leaves_running_sessions_alone() {
    let first = TestAuthority::new();
    let issued = login(&first).await;
    let strict = TestAuthority::sharing(first.store().clone(), first.clock().clone(), |builder| {
        builder.policy(Policy::new().strict(true).idle(HOUR))
    });
    let next = strict.refresh(issued.refresh_token()).await.unwrap();
    let again = strict.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(text(&next), text(&again));
}

#[tokio::test]
async fn inv_35_a_session_is_over_at_its_deadline() {
    let auth = TestAuthority::new();
    let id = auth.issue(grant()).await.unwrap().session_id();
    let row = auth.store().find_session(&id).await.unwrap().unwrap();
    let (idle, absolute) = (row.state.idle_expires_at, row.absolute_expires_at);
    let moment = std::time::Duration::from_millis(1);
    assert!(row.is_live(idle - moment) && !row.is_live(idle));
    let mut used = row.clone();
    used.state.idle_expires_at = absolute + 2 * moment;
    assert!(used.is_live(absolute - moment) && !used.is_live(absolute));
}
