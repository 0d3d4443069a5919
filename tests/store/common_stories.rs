//! Knows which stories of every engine are told on the memory store.
//! Must not know the stories.

use std::sync::Arc;

use hallpass::{
    MemoryStore, Timestamp,
    store::{SessionRecord, SigningKeyStore},
};

use crate::{
    every_engine_sessions as sessions, every_engine_signing_keys as signing_keys,
    support::{at, base, row_with},
};

/// Two handles of one store.
fn twice() -> [Arc<MemoryStore>; 2] {
    let store = Arc::new(MemoryStore::new());
    [Arc::clone(&store), store]
}

/// A session that was just opened.
fn fresh() -> SessionRecord {
    row_with(|row| {
        row.state.generation = 0;
        row.state.attempt = None;
        row.state.rotated_at = None;
    })
}

fn now() -> Timestamp {
    at(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_47_of_two_hundred_racers_one_rotates() {
    sessions::of_two_hundred_racers_one_rotates(twice(), fresh(), now()).await;
}

#[tokio::test]
async fn inv_38_a_clock_that_steps_back_reopens_nothing() {
    sessions::a_clock_that_steps_back_reopens_nothing(&MemoryStore::new(), fresh(), now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_59_many_prune_at_once() {
    sessions::many_prune_at_once(twice(), fresh(), now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_68_instances_agree_on_one_new_signing_key() {
    let [one, other] = twice();
    signing_keys::instances_agree(&[one, Arc::clone(&other), other], base()).await;
}

#[tokio::test]
async fn inv_41_signing_keys_lie_sealed() {
    let [store, _] = twice();
    let secrets = signing_keys::keys_are_sealed(&store, base()).await;
    for record in store.load_signing_keys().await.unwrap().keys {
        assert!(!signing_keys::holds_any(&record.sealed_private, &secrets));
        assert!(!signing_keys::holds_any(record.public_jwk.as_bytes(), &secrets));
    }
}
