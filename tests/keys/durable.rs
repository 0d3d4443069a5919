//! A store that outlives the process: what one leaves in the file the next finds (SQLite).

use std::path::PathBuf;

use hallpass::{Algorithm, Authority, store::SqliteStore, testing::TestClock};

use super::support::*;

struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

async fn open(file: &File, clock: &TestClock, byte: u8) -> Authority {
    let store = std::sync::Arc::new(SqliteStore::open(file.0.join("tokens.db")).await.unwrap());
    Authority::builder(ISSUER)
        .audience(AUDIENCE)
        .clock(clock.clone())
        .managed_keys(store.clone(), Algorithm::ES256, policy().rotate_every(30 * DAY))
        .master_secret(secret(byte))
        .store(store)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_restart_on_a_file_loses_nothing_and_instances_share_it() {
    let folder = std::env::temp_dir().join(format!("hallpass-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = File(folder);
    let clock = TestClock::at(START);
    let (token, jwks) = {
        let authority = open(&file, &clock, 1).await;
        authority.ready().await.unwrap();
        clock.advance(30 * DAY);
        let _ = authority.tick().await;
        (mint(&authority).await, authority.jwks().to_json())
    };
    let (here, there) = (open(&file, &clock, 1).await, open(&file, &clock, 1).await);
    here.ready().await.unwrap();
    there.ready().await.unwrap();
    assert_eq!(here.jwks().to_json(), jwks);
    assert_eq!(kid_of(&mint(&here).await), kid_of(&token));
    here.rotate_keys_now().await.unwrap();
    let new = mint(&here).await;
    assert_ne!(kid_of(&new), kid_of(&token));
    for authority in [&here, &there] {
        assert!(authority.verify(token.access_token()).await.is_ok());
        assert!(authority.verify(new.access_token()).await.is_ok());
    }
    let signer = here.key_ring().signing_key(START + 30 * DAY).unwrap().kid().clone();
    here.withdraw_key(&signer).await.unwrap();
    clock.advance(SECOND);
    assert!(there.verify(new.access_token()).await.is_err(), "by the feed, through the file");
    assert!(there.verify(token.access_token()).await.is_ok());
    assert!(open(&file, &clock, 2).await.ready().await.is_err());
}
