//! How often the store is asked.

use std::sync::Arc;

use hallpass::{
    MemoryStore,
    authority::Refresh,
    testing::{CountingStore, StoreMethod, TestAuthority},
};

use super::support::{SECOND, app, clock, grant, id, on, partner};

fn counting() -> TestAuthority<CountingStore<MemoryStore>> {
    on(Arc::new(CountingStore::new(MemoryStore::new())), clock())
}

/// INVARIANTS 49.
#[tokio::test]
async fn inv_49_a_refresh_of_a_registered_client_is_one_round_trip() {
    let auth = counting();
    auth.ready().await.unwrap();
    auth.register_client(partner()).await.unwrap();
    let mut issued = auth.issue(grant("partner")).await.unwrap();
    for _ in 0..3 {
        auth.store().reset();
        let partner = id("partner");
        let refresh = Refresh::new(issued.refresh_token()).client(&partner);
        issued = auth.refresh_with(refresh).await.unwrap();
        assert_eq!(auth.store().calls(StoreMethod::RotateSession), 1);
        assert_eq!(auth.store().total(), 1);
    }
    auth.store().reset();
    let _issued = auth.issue(grant("partner")).await.unwrap();
    assert_eq!(auth.store().calls(StoreMethod::FindClient), 1, "as the store says now");
    assert_eq!(auth.store().total(), 2, "issue");
}

/// Only the row says whose session it is: its client is looked at before it moves on.
#[tokio::test]
async fn a_refresh_that_names_no_client_reads_the_row_first() {
    let auth = counting();
    auth.ready().await.unwrap();
    auth.register_client(app()).await.unwrap();
    for client in ["app", "self"] {
        let issued = auth.issue(grant(client)).await.unwrap();
        let _known = auth.find_client(&id(client)).await.unwrap();
        auth.store().reset();
        let _next = auth.refresh(issued.refresh_token()).await.unwrap();
        assert_eq!(auth.store().calls(StoreMethod::FindSession), 1);
        assert_eq!(auth.store().calls(StoreMethod::RotateSession), 1);
        assert!(auth.store().total() <= 3);
    }
}

#[tokio::test]
async fn a_known_client_costs_nothing_and_an_unknown_one_a_read() {
    let auth = counting();
    auth.ready().await.unwrap();
    let secret = auth.register_client(partner()).await.unwrap().secret.unwrap();
    auth.find_client(&id("partner")).await.unwrap();
    auth.store().reset();
    for _ in 0..10 {
        assert!(auth.find_client(&id("partner")).await.unwrap().is_some());
        let proved = auth.authenticate_client(&id("partner"), &secret).await.unwrap();
        assert!(proved.is_some());
        assert!(auth.authenticate_client(&id("partner"), "wrong").await.unwrap().is_none());
    }
    assert_eq!(auth.store().total(), 0);
    for number in 0..10 {
        let nobody = id(&format!("nobody-{number}"));
        assert!(auth.find_client(&nobody).await.unwrap().is_none());
    }
    assert_eq!(auth.store().calls(StoreMethod::FindClient), 10);
    assert_eq!(auth.store().total(), 10);
}

/// Even if a record were lost on its way.
#[tokio::test]
async fn a_client_is_read_again_after_ten_minutes() {
    let auth = counting();
    auth.ready().await.unwrap();
    auth.register_client(partner()).await.unwrap();
    auth.find_client(&id("partner")).await.unwrap();
    auth.store().reset();
    for _ in 0..1_200 {
        auth.clock().advance(SECOND);
        auth.tick().await;
        auth.find_client(&id("partner")).await.unwrap();
    }
    assert_eq!(auth.store().calls(StoreMethod::FindClient), 2);
}
