//! A client that is replaced, disabled, enabled.

use hallpass::authority::{Client, ClientError, Refresh, RefreshError};

use super::support::{GIVEN, app, grant, id, memory, partner};

const PUBLIC: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

#[tokio::test]
async fn two_instances_agree_on_one_memory_store() {
    let store = std::sync::Arc::new(hallpass::MemoryStore::new());
    let now = hallpass::testing::TestAuthority::STARTS_AT;
    super::every_engine::story(store.clone(), store, now, false).await;
}

#[tokio::test]
async fn replacing_keeps_the_secret_and_whether_it_is_disabled() {
    let auth = memory();
    let secret = auth.register_client(partner()).await.unwrap().secret.unwrap();
    let replaced = auth.replace_client(partner().name("New name")).await.unwrap();
    assert!(replaced.secret.is_none());
    let proved = auth.authenticate_client(&id("partner"), &secret).await.unwrap().unwrap();
    assert_eq!(proved.display_name(), "New name");
    auth.disable_client(&id("partner")).await.unwrap();
    auth.replace_client(partner()).await.unwrap();
    assert!(auth.find_client(&id("partner")).await.unwrap().is_none());
    let error = auth.replace_client(app()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unknown(_)), "{error}");
    for bad in [partner().redirect_uri("http://a.example"), partner().secret("short")] {
        assert!(auth.replace_client(bad).await.is_err());
    }
}

#[tokio::test]
async fn what_it_proves_itself_with_follows_what_it_is() {
    let auth = memory();
    let partner_id = id("partner");
    let one = auth.register_client(partner()).await.unwrap().secret.unwrap();
    auth.replace_client(partner().secret(GIVEN)).await.unwrap();
    assert!(auth.authenticate_client(&partner_id, &one).await.unwrap().is_none());
    assert!(auth.authenticate_client(&partner_id, GIVEN).await.unwrap().is_some());
    assert!(auth.replace_client(partner().private_key_jwt(PUBLIC)).await.unwrap().secret.is_none());
    assert!(auth.authenticate_client(&partner_id, GIVEN).await.unwrap().is_none());
    let two = auth.replace_client(partner()).await.unwrap().secret.unwrap();
    assert!(auth.authenticate_client(&partner_id, &two).await.unwrap().is_some());
    assert!(auth.authenticate_client(&partner_id, GIVEN).await.unwrap().is_none());
}

/// INVARIANTS 27, for sessions that began when the client was public.
#[tokio::test]
async fn inv_27_a_client_that_became_confidential_proves_itself_from_then_on() {
    let auth = memory();
    auth.register_client(app()).await.unwrap();
    let issued = auth.issue(grant("app")).await.unwrap();
    let confidential = Client::confidential("app").redirect_uri("https://app.example/cb");
    assert!(auth.replace_client(confidential).await.unwrap().secret.is_some());
    let error = auth.refresh(issued.refresh_token()).await.unwrap_err();
    assert!(matches!(error, RefreshError::ClientRequired), "{error}");
    let app = id("app");
    let named = Refresh::new(issued.refresh_token()).client(&app);
    assert!(auth.refresh_with(named).await.is_ok());
}

/// INVARIANTS 13: what others hold stays alive.
#[tokio::test]
async fn inv_13_disabling_ends_what_the_client_holds_and_nothing_else() {
    let auth = memory();
    auth.register_client(partner()).await.unwrap();
    auth.register_client(app()).await.unwrap();
    let (theirs, others) =
        (auth.issue(grant("partner")).await.unwrap(), auth.issue(grant("app")).await.unwrap());
    auth.disable_client(&id("partner")).await.unwrap();
    assert!(auth.verify(theirs.access_token()).await.is_err());
    assert!(auth.verify(others.access_token()).await.is_ok());
    assert!(auth.refresh(others.refresh_token()).await.is_ok());
    // The token names its own client, whoever presents it: no stranger ends or keeps anything.
    let app = id("app");
    let stranger = Refresh::new(theirs.refresh_token()).client(&app);
    assert!(auth.refresh_with(stranger).await.is_err());
}

#[tokio::test]
async fn disabling_and_enabling_nobody_is_an_error_and_twice_is_not() {
    let auth = memory();
    for result in
        [auth.disable_client(&id("nobody")).await, auth.enable_client(&id("nobody")).await]
    {
        assert!(matches!(result.unwrap_err(), ClientError::Unknown(_)));
    }
    auth.register_client(partner()).await.unwrap();
    let partner_id = id("partner");
    auth.disable_client(&partner_id).await.unwrap();
    let since = auth.list_clients(None, 1).await.unwrap().remove(0).disabled_at;
    auth.clock().advance(super::support::HOUR);
    auth.disable_client(&partner_id).await.unwrap();
    assert_eq!(auth.list_clients(None, 1).await.unwrap().remove(0).disabled_at, since);
    auth.enable_client(&partner_id).await.unwrap();
    auth.enable_client(&partner_id).await.unwrap();
    assert!(auth.find_client(&partner_id).await.unwrap().is_some());
}
