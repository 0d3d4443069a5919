//! Maintenance: what is done beside the verbs, and that it changes no answer.

use std::time::Duration;

use hallpass::{
    MemoryStore,
    authority::{ConfirmationSignal, Policy},
    store::{SessionStore, StoreErrorKind},
    testing::{CountingStore, Fault, StoreMethod, TestAuthority},
};

use super::support::*;

#[tokio::test]
async fn inv_58_59_60_rows_live_until_their_deadline_and_go_in_batches() {
    let auth = TestAuthority::new();
    let mut issued = Vec::new();
    for _ in 0..25 {
        issued.push(login(&auth).await);
    }
    let _ = auth.revoke(issued[0].refresh_token()).await.unwrap();
    let deadline = issued[0].session_expires_at();
    auth.clock().set(deadline + 5 * SECOND - Duration::from_millis(1));
    assert_eq!(auth.prune(10).await.unwrap().sessions, 0);
    assert!(auth.store().find_session(&issued[0].session_id()).await.unwrap().is_some());
    auth.clock().advance(Duration::from_millis(1));
    let mut batches = Vec::new();
    loop {
        let pruned = auth.prune(10).await.unwrap();
        batches.push(pruned.sessions);
        if !pruned.more {
            break;
        }
    }
    assert_eq!(batches, [10, 10, 5]);
    let error = auth.refresh(issued[1].refresh_token()).await.unwrap_err();
    assert!(matches!(error, hallpass::authority::RefreshError::Token(_)), "offline: {error}");
}

/// The same history with and without forgetting, answer by answer.
#[tokio::test]
async fn inv_57_pruning_changes_no_answer() {
    let policy = || Policy::new().idle(HOUR).absolute(DAY);
    let pruned = with(|builder| builder.policy(policy()));
    let kept = with(|builder| builder.policy(policy()));
    let both = [&pruned, &kept];
    let mut sessions: Vec<[String; 2]> = Vec::new();
    let mut old: Vec<[String; 2]> = Vec::new();
    let mut answers = 0;
    for step in 0..600_usize {
        for auth in both {
            auth.clock().advance(7 * MINUTE);
        }
        let _ = pruned.prune(1_000).await.unwrap();
        if step % 3 == 0 {
            let mut tokens = [String::new(), String::new()];
            for (auth, token) in both.iter().zip(&mut tokens) {
                *token = text(&login(auth).await).to_owned();
            }
            sessions.push(tokens);
        }
        let pick = step * 7 % sessions.len();
        let presented = match step % 5 {
            0 if !old.is_empty() => old[step * 11 % old.len()].clone(),
            _ => sessions[pick].clone(),
        };
        let mut said = Vec::new();
        let mut next = [String::new(), String::new()];
        for ((auth, token), next) in both.iter().zip(&presented).zip(&mut next) {
            if step % 13 == 0 {
                let revoked = auth.revoke(token).await.unwrap();
                said.push(
                    matches!(revoked, hallpass::authority::Revocation::Session(_)).to_string(),
                );
            } else {
                match auth.refresh(token).await {
                    Ok(issued) => {
                        said.push(format!("{:?}", issued.how()));
                        text(&issued).clone_into(next);
                    }
                    Err(error) => said.push(error.to_string()),
                }
            }
        }
        assert_eq!(said[0], said[1], "step {step}");
        answers += 1;
        if !next[0].is_empty() && step % 5 != 0 {
            old.push(std::mem::replace(&mut sessions[pick], next));
        }
    }
    assert_eq!(answers, 600);
}

#[tokio::test]
async fn tick_says_when_it_wants_to_be_called_again() {
    let auth = counting();
    let wait = auth.tick().await;
    assert_eq!(wait, Duration::from_millis(500));
    auth.store().reset();
    auth.clock().advance(Duration::from_millis(200));
    assert_eq!(auth.tick().await, Duration::from_millis(300));
    assert_eq!(auth.store().total(), 0, "nothing was due");
    auth.clock().advance(Duration::from_millis(300));
    let _ = auth.tick().await;
    assert_eq!(auth.store().calls(StoreMethod::ReadRevocations), 1);
    auth.clock().advance(MINUTE);
    let _ = auth.tick().await;
    assert_eq!(auth.store().calls(StoreMethod::PruneSessions), 1);
}

#[tokio::test]
async fn tick_survives_a_store_that_is_down_and_catches_up() {
    let auth = failing(|builder| builder);
    auth.store().fail_all(Fault::Before(StoreErrorKind::Unavailable));
    assert!(auth.ready().await.is_err());
    let _ = auth.tick().await;
    auth.store().heal();
    auth.clock().advance(SECOND);
    let _ = auth.tick().await;
    assert!(auth.verifier().is_fresh());
    assert!(is_live(&auth, &login(&auth).await).await);
}

#[tokio::test]
async fn nothing_is_issued_before_the_store_knows_how_long_to_keep_revocations() {
    let auth = failing(|builder| builder);
    auth.store()
        .fail_method(StoreMethod::RaiseRetention, Fault::Before(StoreErrorKind::Unavailable));
    assert!(auth.issue(grant()).await.is_err());
    assert!(auth.issue_access(grant()).await.is_err());
    assert!(auth.issue_api_key(grant(), "ci", None).await.is_err());
    auth.store().heal();
    assert!(auth.issue(grant()).await.is_ok());
}

/// At most one write a generation, and none where nobody asked for the signal.
#[tokio::test]
async fn confirmations_are_written_once_and_only_where_they_are_wired() {
    for (signal, writes) in [(ConfirmationSignal::None, 0), (ConfirmationSignal::Wired, 1)] {
        let store = CountingStore::new(MemoryStore::new());
        let auth = TestAuthority::configured(store, |builder| {
            builder.policy(Policy::new().confirmation(signal))
        });
        let first = login(&auth).await;
        let issued = auth.refresh(first.refresh_token()).await.unwrap();
        for _ in 0..10 {
            assert!(is_live(&auth, &issued).await);
            let _ = auth.tick().await;
        }
        assert_eq!(auth.store().calls(StoreMethod::ConfirmSession), writes, "{signal:?}");
    }
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn the_background_task_ends_with_its_owner() {
    use hallpass::Verifier;
    let auth = with(|builder| builder.clock(hallpass::clock::SystemClock::new()));
    let task = auth.spawn_maintenance();
    let verifier = Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .jwks(&auth.jwks())
        .revocations(auth.store().clone())
        .build()
        .unwrap();
    let other = verifier.spawn_maintenance();
    let fresh = async {
        while !(auth.verifier().is_fresh() && verifier.is_fresh()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(10 * SECOND, fresh).await.expect("both tasks should have polled");
    drop((task, other));
}
