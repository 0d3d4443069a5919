//! What happens to the server and the network between, and that it costs time and no session.

use std::{
    net::ToSocketAddrs as _,
    time::{Duration, Instant},
};

use hallpass::store::{
    EndReason, Granted, RedisOptions, RedisStore, RevocationFeed as _, RotateOutcome,
    SessionStore as _, StoreError, StoreErrorKind, Target,
};

use crate::{
    server::{Network, Proxy, Server},
    support::{now, options, raw, rotation, session, url},
};

fn address(url: &str) -> std::net::SocketAddr {
    let host = url.trim_start_matches("redis://").split('/').next().unwrap();
    host.to_socket_addrs().unwrap().next().unwrap()
}

/// Until the store answers again, which it must without being made anew.
async fn recovered(store: &RedisStore) -> Duration {
    let start = Instant::now();
    while store.check().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "the store does not recover");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_cut_is_unavailable_in_bounded_time_and_heals() {
    let proxy = Proxy::to(address(&url()));
    let deadline = Duration::from_millis(500);
    let store = options().deadline(deadline).connect(&proxy.url()).await.unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    let mut generation = 0;
    for network in [Network::Silent, Network::Closed, Network::Silent] {
        proxy.set(network);
        let lost = rotation(row.id, generation);
        // Each a minute of the session's time after the last, past its window.
        let at = row.id.born() + Duration::from_secs(61 * u64::from(generation + 1));
        for _ in 0..3 {
            let start = Instant::now();
            let error = store.rotate_session(&lost, at).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{network:?}: {error:?}");
            assert!(start.elapsed() < deadline * 3, "{network:?}: {:?}", start.elapsed());
        }
        proxy.set(Network::Up);
        let took = recovered(&store).await;
        println!("{network:?}: recovered after {took:?}");
        let granted = store.rotate_session(&lost, at).await.unwrap();
        assert!(matches!(granted, RotateOutcome::Granted { how: Granted::Rotated { .. }, .. }));
        generation += 1;
        // The same attempt again: its first outcome, and no other generation.
        let again = store.rotate_session(&lost, at).await.unwrap();
        let RotateOutcome::Granted { session, .. } = again else { panic!("{again:?}") };
        assert_eq!(session.state.generation, generation);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_at_the_start_ends_in_time() {
    let proxy = Proxy::to(address(&url()));
    proxy.set(Network::Silent);
    let start = Instant::now();
    let error =
        options().deadline(Duration::from_millis(300)).connect(&proxy.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = Server::start(&[]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    let mut admin = raw(&server.url()).await;
    let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut admin).await.unwrap();
    store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
    assert_eq!(store.find_session(&row.id).await.unwrap().unwrap().state.generation, 1);
}

/// Killed again and again while sessions are refreshed, with `appendfsync always`: what was
/// acknowledged is there, a resent attempt gets its first outcome, and nothing forks.
#[tokio::test(flavor = "multi_thread")]
async fn inv_52_killed_and_restarted_it_loses_nothing_acknowledged() {
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisOptions::new()
        .deadline(Duration::from_millis(500))
        .connect(&server.url())
        .await
        .unwrap();
    let rows: Vec<_> = (0..8).map(|_| session("ada", now())).collect();
    for row in &rows {
        store.insert_session(row).await.unwrap();
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let start = now();
    let mut workers = Vec::new();
    for row in &rows {
        let (store, stop, id) = (store.clone(), std::sync::Arc::clone(&stop), row.id);
        workers.push(tokio::spawn(async move {
            let (mut generation, mut resent) = (0u32, 0u32);
            let mut attempt = rotation(id, 0);
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                // A minute of the sessions' time for every step: no window hides a fork.
                let at = start + Duration::from_secs(61 * u64::from(generation + 1));
                match store.rotate_session(&attempt, at).await {
                    Ok(RotateOutcome::Granted { how: Granted::Rotated { .. }, session }) => {
                        assert_eq!(session.state.generation, generation + 1);
                        generation += 1;
                        attempt = rotation(id, generation);
                    }
                    Ok(other) => panic!("{other:?} at {generation}"),
                    Err(error) => {
                        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
                        resent += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            }
            (id, generation, resent)
        }));
    }
    for round in 0..10u64 {
        tokio::time::sleep(Duration::from_millis(60 + 17 * round)).await;
        server.kill();
        // Some outages are longer than what the store itself tries again.
        tokio::time::sleep(Duration::from_millis(if round % 2 == 0 { 200 } else { 0 })).await;
        server.restart();
    }
    recovered(&store).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let (mut rotations, mut resends) = (0, 0);
    for worker in workers {
        let (id, generation, resent) = worker.await.unwrap();
        let row = store.find_session(&id).await.unwrap().unwrap();
        // The last attempt may have been carried out without an answer.
        assert!([generation, generation + 1].contains(&row.state.generation));
        assert_eq!(row.state.ended, None);
        rotations += generation;
        resends += resent;
    }
    println!("{rotations} rotations, {resends} errors over 10 kills");
    assert!(rotations > 100 && resends > 0);
}

/// After a restart numbers may be given anew; a reader that goes on from its cursor misses none.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_before_a_crash_misses_nothing_after_it() {
    // `everysec`: what is lost of the feed is what was not on disk yet. The reader's cursor may
    // then be ahead of the server, and what is written next must still reach it.
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "no"]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let rows: Vec<_> = (0..6).map(|_| session("ada", now())).collect();
    for row in &rows {
        store.insert_session(row).await.unwrap();
    }
    for row in &rows[..3] {
        store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap();
    }
    let cursor = store.read_revocations(None, 100).await.unwrap().cursor;
    server.kill();
    server.lose_disk();
    server.restart();
    recovered(&store).await;
    for row in &rows[3..] {
        store.insert_session(row).await.unwrap();
        store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap();
    }
    let page = store.read_revocations(Some(&cursor), 100).await.unwrap();
    for row in &rows[3..] {
        assert!(page.records.iter().any(|record| record.target == Target::Session(row.id)));
    }
    assert!(page.complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_19_lost_state_is_a_rollback_and_never_a_refusal() {
    let mut server = Server::start(&[]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    let rotated = store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
    let RotateOutcome::Granted { session, .. } = rotated else { panic!("{rotated:?}") };
    server.kill();
    server.restart();
    recovered(&store).await;
    let lost = store.rotate_session(&rotation(row.id, 1), now()).await.unwrap();
    assert_eq!(lost, RotateOutcome::StateRollback { row: None });
    // Restored from an older copy, the row is behind the token.
    store.insert_session(&row).await.unwrap();
    let behind = store.rotate_session(&rotation(row.id, 1), now()).await.unwrap();
    assert_eq!(behind, RotateOutcome::StateRollback { row: Some(0) });
    let mut forward = rotation(row.id, session.state.generation);
    forward.fast_forward = true;
    let forwarded = store.rotate_session(&forward, now()).await.unwrap();
    assert!(matches!(forwarded, RotateOutcome::Granted { .. }), "{forwarded:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_comes_when_another_instance_writes() {
    let prefix = crate::support::prefix();
    let open = || async { RedisOptions::new().prefix(&prefix).connect(&url()).await.unwrap() };
    let (one, two) = (open().await, open().await);
    let row = session("ada", now());
    one.insert_session(&row).await.unwrap();
    let waiting = tokio::spawn({
        let two = two.clone();
        async move { two.changed().await }
    });
    tokio::task::yield_now().await;
    let heard = async {
        let mut waiting = waiting;
        loop {
            // The hint may come before the waiter waits: it is only a hint, so give it more.
            one.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap();
            hallpass::store::RevocationStore::revoke(&one, &Target::Session(row.id), now())
                .await
                .unwrap();
            let pause = tokio::time::sleep(Duration::from_millis(20));
            tokio::select! { _ = &mut waiting => return Ok::<(), StoreError>(()), () = pause => {} }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), heard).await.unwrap().unwrap();
}
