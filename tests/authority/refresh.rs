//! Refresh: how a session goes on, is retried, and is taken to be stolen.

use hallpass::{
    authority::{Client, ConfirmationSignal, Policy, Refresh, RefreshError, RotationMode},
    secret::MasterSecret,
    store::{EndReason, Granted, Persistence, ProofKey, SessionStore, StoreErrorKind},
    testing::{CountingStore, Fault, StoreMethod, TestAuthority},
};

use super::support::*;

#[tokio::test]
async fn inv_02_each_refresh_is_one_generation_on() {
    let auth = TestAuthority::new();
    let mut issued = login(&auth).await;
    let id = issued.session_id();
    for generation in 1..=5 {
        auth.clock().advance(2 * MINUTE);
        issued = auth.refresh(issued.refresh_token()).await.unwrap();
        assert!(matches!(issued.how(), Some(Granted::Rotated { skew: None })));
        let who = auth.verify(issued.access_token()).await.unwrap();
        assert_eq!(who.generation(), Some(generation));
        assert_eq!(who.session_id(), Some(id));
    }
}

#[tokio::test]
async fn inv_04_a_retry_gets_the_very_same_token() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().advance(59 * SECOND);
    let replayed = auth.refresh(first.refresh_token()).await.unwrap();
    assert!(matches!(replayed.how(), Some(Granted::Replayed)));
    let coalesced = auth.refresh(second.refresh_token()).await.unwrap();
    assert!(matches!(coalesced.how(), Some(Granted::Coalesced)));
    for answer in [&replayed, &coalesced] {
        assert_eq!(text(answer), text(&second));
        assert_ne!(answer.token_id(), second.token_id(), "inv 5: a fresh access token");
        assert!(is_live(&auth, answer).await);
    }
}

#[tokio::test]
async fn inv_06_07_the_window_starts_at_the_first_rotation_and_no_replay_moves_it() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    for _ in 0..59 {
        auth.clock().advance(SECOND);
        assert!(auth.refresh(first.refresh_token()).await.is_ok());
    }
    auth.clock().advance(SECOND);
    let error = auth.refresh(first.refresh_token()).await.unwrap_err();
    let RefreshError::Reused(reuse) = error else { panic!("{error}") };
    assert_eq!((reuse.session, reuse.distance, reuse.age), (first.session_id(), 1, MINUTE));
    assert!(matches!(
        auth.refresh(second.refresh_token()).await,
        Err(RefreshError::Ended(EndReason::Reused))
    ));
}

#[tokio::test]
async fn inv_06_08_the_grandparent_never() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().advance(MINUTE);
    let third = auth.refresh(second.refresh_token()).await.unwrap();
    assert!(matches!(third.how(), Some(Granted::Rotated { .. })));
    let error = auth.refresh(first.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::Reused(reuse) if reuse.distance == 2), "{error}");
}

#[tokio::test]
async fn inv_11_12_13_reuse_ends_this_session_and_no_other() {
    let auth = TestAuthority::new();
    let stolen = login(&auth).await;
    let other = login(&auth).await;
    let next = auth.refresh(stolen.refresh_token()).await.unwrap();
    auth.clock().advance(2 * MINUTE);
    assert!(auth.refresh(stolen.refresh_token()).await.is_err());
    // By the time the error is seen it has happened, for access tokens, too.
    assert!(auth.verifier().verify_jwt(next.access_token()).is_err());
    let row = auth.store().find_session(&stolen.session_id()).await.unwrap().unwrap();
    assert_eq!(row.state.ended.map(|(_, why)| why), Some(EndReason::Reused));
    assert!(is_live(&auth, &other).await);
    assert!(auth.refresh(other.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn inv_14_15_after_the_end_no_generation_is_answered_in_any_window() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    let _ = auth.revoke(second.refresh_token()).await.unwrap();
    for token in [&first, &second] {
        let error = auth.refresh(token.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RefreshError::Ended(EndReason::SignedOut)), "{error}");
        assert!(!is_live(&auth, token).await);
    }
}

#[tokio::test]
async fn inv_09_10_a_lost_answer_can_be_retried_until_the_successor_was_seen() {
    let wired = || Policy::new().confirmation(ConfirmationSignal::Wired);
    let auth = with(|builder| builder.policy(wired()));
    let first = login(&auth).await;
    let lost = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().advance(23 * HOUR);
    let retried = auth.refresh(first.refresh_token()).await.unwrap();
    assert_eq!(text(&retried), text(&lost));
    // Its access token is used: the client has the answer.
    assert!(is_live(&auth, &retried).await);
    let _ = auth.tick().await;
    assert!(matches!(auth.refresh(first.refresh_token()).await, Err(RefreshError::Reused(_))));

    // Inside the retry window confirmation closes nothing, and the news of an old generation
    // says nothing about the next.
    let auth = with(|builder| builder.policy(wired()));
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    assert!(is_live(&auth, &second).await);
    let _ = auth.tick().await;
    assert!(auth.refresh(first.refresh_token()).await.is_ok());
    auth.clock().advance(2 * MINUTE);
    let third = auth.refresh(second.refresh_token()).await.unwrap();
    auth.store().confirm_session(&first.session_id(), 1, TestAuthority::STARTS_AT).await.unwrap();
    auth.clock().advance(HOUR);
    let retried = auth.refresh(second.refresh_token()).await.unwrap();
    assert_eq!(text(&retried), text(&third));
}

#[tokio::test]
async fn inv_19_a_token_ahead_of_its_row_changes_nothing_and_is_no_invalid_grant() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let snapshot = auth.store().find_session(&first.session_id()).await.unwrap().unwrap();
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().advance(2 * MINUTE);
    let third = auth.refresh(second.refresh_token()).await.unwrap();

    // Restored from a backup that is two refreshes old.
    let restored = TestAuthority::new();
    restored.clock().advance(3 * MINUTE);
    let _ = restored.store().insert_session(&snapshot).await.unwrap();
    for _ in 0..2 {
        let error = restored.refresh(third.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RefreshError::StateRollback), "{error}");
    }
    let row = restored.store().find_session(&first.session_id()).await.unwrap().unwrap();
    assert_eq!(row, snapshot);

    let forward =
        TestAuthority::sharing(restored.store().clone(), restored.clock().clone(), |builder| {
            builder.dangerous_fast_forward(true)
        });
    let next = forward.refresh(third.refresh_token()).await.unwrap();
    assert!(matches!(next.how(), Some(Granted::Rotated { .. })));
    assert!(forward.refresh(next.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn inv_20_a_lost_answer_of_the_store_costs_nothing_unless_strict() {
    for strict in [false, true] {
        let auth = failing(|builder| builder.policy(Policy::new().strict(strict)));
        let first = login(&auth).await;
        auth.store().fail_next_of(
            StoreMethod::RotateSession,
            1,
            Fault::After(StoreErrorKind::Unavailable),
        );
        let error = auth.refresh(first.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RefreshError::Unavailable(_)), "{error}");
        let again = auth.refresh(first.refresh_token()).await;
        if strict {
            assert!(matches!(again, Err(RefreshError::Reused(_))), "the price of strict");
        } else {
            assert!(matches!(again.unwrap().how(), Some(Granted::Replayed)));
        }
    }
    // A command that never arrived costs nothing in either mode.
    let auth = failing(|builder| builder.policy(Policy::new().strict(true)));
    let first = login(&auth).await;
    auth.store().fail_next_of(
        StoreMethod::RotateSession,
        1,
        Fault::Before(StoreErrorKind::Unavailable),
    );
    assert!(auth.refresh(first.refresh_token()).await.is_err());
    assert!(auth.refresh(first.refresh_token()).await.is_ok());
}

#[tokio::test]
async fn strict_means_that_every_second_use_is_theft() {
    let auth = with(|builder| builder.policy(Policy::new().strict(true)));
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    let third = auth.refresh(second.refresh_token()).await.unwrap();
    assert!(matches!(third.how(), Some(Granted::Rotated { .. })), "no coalescing");
    assert!(matches!(auth.refresh(second.refresh_token()).await, Err(RefreshError::Reused(_))));
    assert!(auth.refresh(third.refresh_token()).await.is_err());
}

#[tokio::test]
async fn inv_23_another_client_is_refused_and_changes_nothing() {
    let auth = TestAuthority::new();
    let issued = login(&auth).await;
    let before = auth.store().find_session(&issued.session_id()).await.unwrap();
    let (other, own) = (client("other"), client("web"));
    let refresh = || Refresh::new(issued.refresh_token());
    let error = auth.refresh_with(refresh().client(&other)).await.unwrap_err();
    assert!(matches!(error, RefreshError::OtherClient), "{error}");
    // Asking for more than it may does not tell a stranger more.
    let more = refresh().client(&other).scope("everything:*:delete".parse().unwrap());
    let error = auth.refresh_with(more).await.unwrap_err();
    assert!(matches!(error, RefreshError::OtherClient), "{error}");
    assert_eq!(auth.store().find_session(&issued.session_id()).await.unwrap(), before);
    assert!(auth.refresh_with(refresh().client(&own)).await.is_ok());
}

#[tokio::test]
async fn inv_25_26_a_bound_session_needs_its_proof_for_every_answer() {
    let auth = TestAuthority::new();
    let key = ProofKey::Jkt("right".into());
    let issued = auth.issue(grant().bound_to(key.clone())).await.unwrap();
    let refresh = || Refresh::new(issued.refresh_token());
    for round in ["before it rotated", "as a replay"] {
        let before = auth.store().find_session(&issued.session_id()).await.unwrap();
        for wrong in [
            refresh(),
            refresh().proof(ProofKey::Jkt("wrong".into())),
            refresh().proof(ProofKey::X5tS256("right".into())),
        ] {
            let error = auth.refresh_with(wrong).await.unwrap_err();
            assert!(matches!(error, RefreshError::ProofRequired), "{round}: {error}");
        }
        let after = auth.store().find_session(&issued.session_id()).await.unwrap();
        assert_eq!(after, before, "{round}");
        let next = auth.refresh_with(refresh().proof(key.clone())).await.unwrap();
        let claims: serde_json::Value =
            auth.verify(next.access_token()).await.unwrap().claims().unwrap();
        assert_eq!(claims["cnf"]["jkt"], "right", "the binding is never cleared");
    }
}

#[tokio::test]
async fn inv_27_a_confidential_client_proves_itself_at_every_refresh() {
    let auth = with(|builder| builder.client(Client::confidential("web")));
    let issued = login(&auth).await;
    let web = client("web");
    for _ in 0..3 {
        let error = auth.refresh(issued.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RefreshError::ClientRequired), "{error}");
        let refresh = Refresh::new(issued.refresh_token()).client(&web);
        let kept = auth.refresh_with(refresh).await.unwrap();
        assert!(matches!(kept.how(), Some(Granted::Kept)));
        assert_eq!(text(&kept), text(&issued), "it keeps its token");
        auth.clock().advance(DAY);
    }
}

#[tokio::test]
async fn inv_33_34_35_the_absolute_deadline_never_moves() {
    let auth = TestAuthority::new();
    let mut issued = login(&auth).await;
    let deadline = issued.session_expires_at();
    assert_eq!(deadline, TestAuthority::STARTS_AT + 90 * DAY);
    while auth
        .store()
        .find_session(&issued.session_id())
        .await
        .unwrap()
        .unwrap()
        .is_live(TestAuthority::STARTS_AT)
        && deadline > hallpass::clock::Clock::now(auth.clock()) + 10 * DAY
    {
        auth.clock().advance(10 * DAY);
        issued = auth.refresh(issued.refresh_token()).await.unwrap();
        assert_eq!(issued.session_expires_at(), deadline);
        let row = auth.store().find_session(&issued.session_id()).await.unwrap().unwrap();
        assert!(row.state.idle_expires_at <= row.absolute_expires_at);
    }
    auth.clock().set(deadline - SECOND);
    let last = auth.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!(last.expires_at(), deadline, "inv 5: nothing goes beyond the deadline");
    auth.clock().set(deadline);
    assert!(auth.refresh(last.refresh_token()).await.is_err());
}

#[tokio::test]
async fn inv_36_idle_refuses_the_current_token_and_still_sees_an_old_one() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    auth.clock().advance(HOUR);
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().advance(HOUR);
    let third = auth.refresh(second.refresh_token()).await.unwrap();
    let before = auth.store().find_session(&first.session_id()).await.unwrap();
    auth.clock().advance(14 * DAY);
    for token in [&third, &second] {
        let error = auth.refresh(token.refresh_token()).await.unwrap_err();
        assert!(matches!(error, RefreshError::Expired), "{error}");
    }
    assert_eq!(auth.store().find_session(&first.session_id()).await.unwrap(), before);
    assert!(matches!(auth.refresh(first.refresh_token()).await, Err(RefreshError::Reused(_))));
}

#[tokio::test]
async fn inv_37_answers_within_the_window_do_not_move_the_idle_deadline() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    let idle = || async {
        let row = auth.store().find_session(&first.session_id()).await.unwrap().unwrap();
        row.state.idle_expires_at
    };
    let set_by_rotation = idle().await;
    auth.clock().advance(30 * SECOND);
    let _ = auth.refresh(first.refresh_token()).await.unwrap();
    let _ = auth.refresh(second.refresh_token()).await.unwrap();
    assert_eq!(idle().await, set_by_rotation);
}

#[tokio::test]
async fn inv_38_a_clock_step_neither_revives_nor_switches_detection_off() {
    let auth = TestAuthority::new();
    let first = login(&auth).await;
    auth.clock().advance(HOUR);
    let second = auth.refresh(first.refresh_token()).await.unwrap();
    auth.clock().step_back(HOUR);
    // The row is from the future: the parent is refused, and nobody is logged out for it.
    let error = auth.refresh(first.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::ClockSkew), "{error}");
    let third = auth.refresh(second.refresh_token()).await.unwrap();
    assert!(matches!(third.how(), Some(Granted::Rotated { skew: Some(_) })));
    assert!(matches!(auth.refresh(first.refresh_token()).await, Err(RefreshError::Reused(_))));
    auth.clock().step_back(HOUR);
    assert!(matches!(auth.refresh(third.refresh_token()).await, Err(RefreshError::Ended(_))));
}

/// The secret a host keeps may change, in two deploys, without anybody noticing.
#[tokio::test]
async fn inv_46_sealing_keys_follow_each_other_and_replays_stay_the_same() {
    let (old, new) = ([1; 32], [2; 32]);
    let secret = |first, then: Option<[u8; 32]>| {
        let first = MasterSecret::from_bytes(first);
        match then {
            Some(then) => first.also_opens(MasterSecret::from_bytes(then)),
            None => first,
        }
    };
    let before = with(|builder| builder.master_secret(secret(old, None)));
    let instance = |secret| {
        TestAuthority::sharing(before.store().clone(), before.clock().clone(), |builder| {
            builder.master_secret(secret)
        })
    };
    let first = login(&before).await;
    let second = before.refresh(first.refresh_token()).await.unwrap();
    let both = instance(secret(new, Some(old)));
    let replayed = both.refresh(first.refresh_token()).await.unwrap();
    assert!(matches!(replayed.how(), Some(Granted::Replayed)));
    assert_eq!(text(&replayed), text(&second), "across the change, byte for byte");

    before.clock().advance(2 * MINUTE);
    let third = both.refresh(second.refresh_token()).await.unwrap();
    let retired = instance(secret(new, None));
    let error = retired.refresh(second.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::Token(_)), "sealed by the old one: {error}");
    assert!(retired.refresh(third.refresh_token()).await.is_ok(), "it came back under the new one");
    assert!(before.refresh(third.refresh_token()).await.is_err());
    assert_eq!(before.store().persistence(), Persistence::Process);
}

/// A session that does not rotate comes under the new key as well, while the old one still opens.
#[tokio::test]
async fn inv_46_a_session_without_rotation_comes_back_under_the_new_sealing_key() {
    let (old, new) = ([1; 32], [2; 32]);
    let secret = MasterSecret::from_bytes;
    let policy = || Policy::new().rotation(RotationMode::Off);
    let before = with(|builder| builder.policy(policy()).master_secret(secret(old)));
    let instance = |secret| {
        TestAuthority::sharing(before.store().clone(), before.clock().clone(), |builder| {
            builder.policy(policy()).master_secret(secret)
        })
    };
    let first = login(&before).await;
    let kept = before.refresh(first.refresh_token()).await.unwrap();
    assert_eq!(text(&kept), text(&first), "the same token, under the same key");
    let both = instance(secret(new).also_opens(secret(old)));
    let resealed = both.refresh(first.refresh_token()).await.unwrap();
    assert!(matches!(resealed.how(), Some(Granted::Kept)));
    // The answer was lost: the old text is as good, for as long as its key opens.
    assert_eq!(text(&both.refresh(first.refresh_token()).await.unwrap()), text(&resealed));
    let retired = instance(secret(new));
    assert!(retired.refresh(first.refresh_token()).await.is_err(), "sealed by the old one");
    let last = retired.refresh(resealed.refresh_token()).await.unwrap();
    assert_eq!(text(&last), text(&resealed));
}

#[tokio::test]
async fn inv_49_a_refresh_is_one_round_trip() {
    let auth = TestAuthority::on(CountingStore::new(hallpass::MemoryStore::new()));
    let issued = login(&auth).await;
    auth.store().reset();
    let next = auth.refresh(issued.refresh_token()).await.unwrap();
    assert_eq!((auth.store().calls(StoreMethod::RotateSession), auth.store().total()), (1, 1));
    auth.store().reset();
    let narrower = Refresh::new(next.refresh_token()).scope("invoice:7:read".parse().unwrap());
    let _ = auth.refresh_with(narrower).await.unwrap();
    assert_eq!((auth.store().calls(StoreMethod::FindSession), auth.store().total()), (1, 2));
}
