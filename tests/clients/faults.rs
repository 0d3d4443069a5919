//! What a store that fails, lags or loses an answer can do.

use std::sync::Arc;

use hallpass::{
    MemoryStore,
    authority::{ClientError, Refresh, RefreshError},
    store::{ClientRecord, ClientStore, SessionStore, StoreErrorKind},
    testing::{FailingStore, Fault, StoreMethod, TestAuthority},
};

use super::support::{GIVEN, HOUR, SECOND, clock, grant, id, on, partner};

const GONE: Fault = Fault::Before(StoreErrorKind::Unavailable);
const LOST: Fault = Fault::After(StoreErrorKind::Unavailable);

async fn failing() -> TestAuthority<FailingStore<MemoryStore>> {
    let auth = on(Arc::new(FailingStore::new(MemoryStore::new())), clock());
    auth.ready().await.unwrap();
    auth.register_client(partner().secret(GIVEN)).await.unwrap();
    auth.find_client(&id("partner")).await.unwrap();
    auth
}

/// What was read is believed as long as news of changes would have come.
#[tokio::test]
async fn without_the_feed_the_row_is_asked_and_without_the_row_nobody_is_known() {
    let auth = failing().await;
    let issued = auth.issue(grant("partner")).await.unwrap();
    let row = auth.store().find_session(&issued.session_id()).await.unwrap();

    auth.store().fail_all(GONE);
    assert!(auth.find_client(&id("partner")).await.unwrap().is_some(), "known, and fresh");
    auth.clock().advance(6 * SECOND);
    for error in [
        auth.find_client(&id("partner")).await.unwrap_err(),
        auth.authenticate_client(&id("partner"), GIVEN).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }
    let partner_id = id("partner");
    let refresh = Refresh::new(issued.refresh_token()).client(&partner_id);
    let error = auth.refresh_with(refresh).await.unwrap_err();
    assert!(matches!(error, RefreshError::Unavailable(_)), "{error}");

    // The feed alone is down: each look asks the row, and sees what became of it.
    auth.store().heal();
    assert_eq!(auth.store().find_session(&issued.session_id()).await.unwrap(), row, "inv 21");
    auth.store().fail_method(StoreMethod::ReadRevocations, GONE);
    assert!(auth.find_client(&id("partner")).await.unwrap().is_some());
    let row = auth.store().find_client(&id("partner")).await.unwrap().unwrap();
    let disabled = ClientRecord { disabled_at: Some(TestAuthority::STARTS_AT), ..row };
    let inner = auth.store().inner();
    inner.replace_client(&disabled, TestAuthority::STARTS_AT).await.unwrap();
    assert!(auth.find_client(&id("partner")).await.unwrap().is_none());
}

#[tokio::test]
async fn after_a_lost_answer_repeating_is_safe() {
    let auth = failing().await;
    let partner_id = id("partner");
    let held = auth.issue(grant("partner")).await.unwrap();

    auth.store().fail_method(StoreMethod::ReplaceClient, LOST);
    let error = auth.disable_client(&partner_id).await.unwrap_err();
    assert!(matches!(error, ClientError::Unavailable(_)));
    auth.store().heal();
    assert!(auth.find_client(&partner_id).await.unwrap().is_none(), "it had happened");
    auth.disable_client(&partner_id).await.unwrap();
    assert!(auth.verify(held.access_token()).await.is_err());
    auth.enable_client(&partner_id).await.unwrap();

    // Nobody saw the new secret; the one before has its overlap.
    auth.store().fail_method(StoreMethod::ReplaceClient, LOST);
    auth.rotate_client_secret(&partner_id, HOUR).await.unwrap_err();
    auth.store().heal();
    assert!(auth.authenticate_client(&partner_id, GIVEN).await.unwrap().is_some());

    auth.store().fail_method(StoreMethod::InsertClient, LOST);
    let other = || hallpass::authority::Client::confidential("other").secret(GIVEN);
    auth.register_client(other()).await.unwrap_err();
    auth.store().heal();
    assert!(auth.authenticate_client(&id("other"), GIVEN).await.unwrap().is_some());
    auth.register_client(other()).await.unwrap();
    let error = auth.register_client(other().trusted(true)).await.unwrap_err();
    assert!(matches!(error, ClientError::Taken(_)), "but not as something else: {error}");
}

/// INVARIANTS 55: settings of another version, or that fit this authority no longer, are refused;
/// the client can still be replaced, disabled and removed.
#[tokio::test]
async fn inv_55_what_cannot_be_read_is_refused_and_can_be_mended() {
    let auth = failing().await;
    let partner_id = id("partner");
    let good = auth.store().find_client(&partner_id).await.unwrap().unwrap();
    let api = "\"audience\":[\"https://else.example\"]";
    for settings in [
        good.settings.replace("\"version\":1", "\"version\":2"),
        good.settings.replace("\"audience\":[]", api),
        good.settings.replace("https://partner.example/callback", "javascript:alert(1)"),
        "{".to_owned(),
    ] {
        let row = auth.store().find_client(&partner_id).await.unwrap().unwrap();
        let bad = ClientRecord { settings, ..row };
        auth.store().replace_client(&bad, TestAuthority::STARTS_AT).await.unwrap();
        let error = auth.find_client(&partner_id).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        assert!(auth.authenticate_client(&partner_id, GIVEN).await.is_err());
        assert!(auth.issue(grant("partner")).await.is_err());
        auth.disable_client(&partner_id).await.unwrap();
        auth.enable_client(&partner_id).await.unwrap();
        auth.replace_client(partner()).await.unwrap();
        assert!(auth.authenticate_client(&partner_id, GIVEN).await.unwrap().is_some());
    }
}
