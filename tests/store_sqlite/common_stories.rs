//! Knows which stories of every engine are told on SQLite, and on what.
//! Must not know the stories.

use std::sync::Arc;

use crate::{
    every_engine_sessions as sessions, every_engine_signing_keys as signing_keys,
    support::{NOW, Place, open, session},
};

#[tokio::test(flavor = "multi_thread")]
async fn inv_47_of_two_hundred_racers_in_two_instances_one_rotates() {
    let place = Place::new();
    let stores = [Arc::new(open(&place).await), Arc::new(open(&place).await)];
    sessions::of_two_hundred_racers_one_rotates(stores, session(1), NOW).await;
}

#[tokio::test]
async fn inv_38_a_clock_that_steps_back_reopens_nothing() {
    let place = Place::new();
    sessions::a_clock_that_steps_back_reopens_nothing(&open(&place).await, session(1), NOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_68_instances_agree_on_one_new_signing_key() {
    let place = Place::new();
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(Arc::new(open(&place).await));
    }
    signing_keys::instances_agree(&stores, NOW).await;
}

#[tokio::test]
async fn inv_41_signing_keys_lie_sealed() {
    let place = Place::new();
    let store = Arc::new(open(&place).await);
    let secrets = signing_keys::keys_are_sealed(&store, NOW).await;
    for file in std::fs::read_dir(place.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!signing_keys::holds_any(&bytes, &secrets));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_59_many_prune_at_once() {
    let place = Place::new();
    let stores = [Arc::new(open(&place).await), Arc::new(open(&place).await)];
    sessions::many_prune_at_once(stores, session(1), NOW).await;
}
