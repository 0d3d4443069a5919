//! Knows which stories of every engine are told on Redis, and on what.
//! Must not know the stories.

use std::{sync::Arc, time::Duration};

use hallpass::store::{RedisOptions, RedisStore, SessionStore as _};

use crate::{
    dump::dump,
    every_engine_hint as hint, every_engine_lost_answer as lost_answer,
    every_engine_sessions as sessions, every_engine_signing_keys as signing_keys,
    server::{Network, Proxy},
    support::{now, options, prefix, raw, rotation, session, store, url},
};

async fn open(prefix: &str) -> Arc<RedisStore> {
    Arc::new(RedisOptions::new().prefix(prefix).connect(&url()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_47_of_two_hundred_racers_in_two_instances_one_rotates() {
    let prefix = prefix();
    let stores = [open(&prefix).await, open(&prefix).await];
    sessions::of_two_hundred_racers_one_rotates(stores, session("ada", now()), now()).await;
}

#[tokio::test]
async fn inv_38_a_clock_that_steps_back_reopens_nothing() {
    let (row, now) = (session("ada", now()), now());
    sessions::a_clock_that_steps_back_reopens_nothing(&store().await, row, now).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_20_a_lost_answer_is_given_again_also_in_strict_mode() {
    let address = url().trim_start_matches("redis://").parse().unwrap();
    let proxy = Proxy::to(address);
    let deadline = Duration::from_millis(500);
    let store = options().deadline(deadline).connect(&proxy.url()).await.unwrap();
    // So that the server knows the script.
    let warm = session("eve", now());
    store.insert_session(&warm).await.unwrap();
    store.rotate_session(&rotation(warm.id, 0), now()).await.unwrap();
    let cut = |cut| proxy.set(if cut { Network::Deaf } else { Network::Up });
    let (row, now) = (session("ada", now()), now());
    lost_answer::a_lost_answer_is_given_again(&store, row, now, cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_68_instances_agree_on_one_new_signing_key() {
    let prefix = prefix();
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(open(&prefix).await);
    }
    signing_keys::instances_agree(&stores, now()).await;
}

#[tokio::test]
async fn inv_41_signing_keys_lie_sealed() {
    let prefix = prefix();
    let secrets = signing_keys::keys_are_sealed(&open(&prefix).await, now()).await;
    let values = dump(&mut raw(&url()).await, &prefix).await;
    assert!(values.len() > 2);
    for value in values {
        assert!(!signing_keys::holds_any(&value, &secrets));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_59_many_prune_at_once() {
    let prefix = prefix();
    let stores = [open(&prefix).await, open(&prefix).await];
    sessions::many_prune_at_once(stores, session("ada", now()), now()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_is_followed_at_once() {
    let prefix = prefix();
    hint::a_hint_is_followed_at_once(open(&prefix).await, open(&prefix).await, now()).await;
}
