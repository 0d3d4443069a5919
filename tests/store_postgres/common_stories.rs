//! Knows which stories of every engine are told on PostgreSQL, and on what.
//! Must not know the stories.

use std::sync::Arc;

use crate::{
    bed::{beside, fresh, now, schema, session, store_in, url},
    every_engine_hint as hint, every_engine_sessions as sessions,
    every_engine_signing_keys as signing_keys,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_47_of_two_hundred_racers_in_two_instances_one_rotates() {
    let name = schema();
    let stores = [Arc::new(store_in(&name).await), Arc::new(store_in(&name).await)];
    sessions::of_two_hundred_racers_one_rotates(stores, session(1, now()), now()).await;
}

#[tokio::test]
async fn inv_38_a_clock_that_steps_back_reopens_nothing() {
    let (row, now) = (session(1, now()), now());
    sessions::a_clock_that_steps_back_reopens_nothing(&fresh().await, row, now).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_68_instances_agree_on_one_new_signing_key() {
    let name = schema();
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(Arc::new(store_in(&name).await));
    }
    signing_keys::instances_agree(&stores, now()).await;
}

#[tokio::test]
async fn inv_41_signing_keys_lie_sealed() {
    let name = schema();
    let secrets = signing_keys::keys_are_sealed(&Arc::new(store_in(&name).await), now()).await;
    let sql = format!("SELECT t::text, t.sealed_private FROM {name}.signing_key_set t");
    let row = beside(&url()).await.query_one(&sql, &[]).await.unwrap();
    let sealed: Vec<Vec<u8>> = row.get(1);
    assert!(sealed.len() > 2);
    for value in sealed.iter().map(Vec::as_slice).chain([row.get::<_, &str>(0).as_bytes()]) {
        assert!(!signing_keys::holds_any(value, &secrets));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_59_many_prune_at_once() {
    let name = schema();
    let stores = [Arc::new(store_in(&name).await), Arc::new(store_in(&name).await)];
    sessions::many_prune_at_once(stores, session(1, now()), now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_is_followed_at_once() {
    let name = schema();
    let (here, there) = (store_in(&name).await, store_in(&name).await);
    hint::a_hint_is_followed_at_once(Arc::new(here), Arc::new(there), now()).await;
}
