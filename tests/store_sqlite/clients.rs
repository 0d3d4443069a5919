//! Knows that two authorities on one file agree on their clients.
//! Must not know how they do.

use std::sync::Arc;

use hallpass::{authority::Client, store::SqliteStore, testing::TestAuthority};

use crate::support::{NOW, Place, open};

#[tokio::test]
async fn a_change_at_one_bites_at_the_other() {
    let place = Place::new();
    let stores = (Arc::new(open(&place).await), Arc::new(open(&place).await));
    crate::every_engine_clients::story(stores.0, stores.1, NOW, true).await;
}

/// INVARIANTS 41: the files hold no secret that would let anybody in.
#[tokio::test]
async fn inv_41_no_file_holds_a_client_secret() {
    let place = Place::new();
    let store: Arc<SqliteStore> = Arc::new(open(&place).await);
    let auth = TestAuthority::configured(Arc::clone(&store), |builder| {
        builder.server_store(Arc::clone(&store))
    });
    let made = auth.register_client(Client::confidential("made")).await.unwrap().secret.unwrap();
    let given = "correct-horse,battery-staple!tree";
    auth.register_client(Client::confidential("given").secret(given)).await.unwrap();
    // The store is still open, so that what waits in the log is looked at, too.
    for file in std::fs::read_dir(place.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [made.expose_secret(), given] {
            let found = bytes.windows(20).any(|window| secret.as_bytes().starts_with(window));
            assert!(!found);
        }
    }
    drop((auth, store));
}
