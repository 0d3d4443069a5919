//! What the server must be like: refused where it is not, at the start and later.

use std::{error::Error as _, sync::Arc, time::Duration};

use hallpass::{
    store::{
        EndReason, InsertOutcome, RedisOptions, RedisStore, RevocationStore as _,
        SessionStore as _, StoreError, StoreErrorKind, Target,
    },
    testing::TestClock,
};

use crate::{
    server::Server,
    support::{now, options, prefix, raw, rotation, session, url},
};

fn misconfigured(error: &StoreError, says: &str) {
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error:?}");
    let source = error.source().unwrap().to_string();
    assert!(source.contains(says), "{source}");
}

#[tokio::test]
async fn a_server_that_evicts_is_refused_at_the_start_and_later() {
    let server = Server::start(&["--maxmemory-policy", "allkeys-lru"]);
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    misconfigured(&error, "it must be `noeviction`");

    let mut admin = raw(&server.url()).await;
    set(&mut admin, "maxmemory-policy", "noeviction").await;
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let row = session("ada", now());
    assert_eq!(store.insert_session(&row).await.unwrap(), InsertOutcome::Inserted);

    set(&mut admin, "maxmemory-policy", "volatile-ttl").await;
    misconfigured(&store.check().await.unwrap_err(), "volatile-ttl");
    misconfigured(&store.find_session(&row.id).await.unwrap_err(), "volatile-ttl");
    let refused = store.rotate_session(&rotation(row.id, 0), now()).await.unwrap_err();
    misconfigured(&refused, "volatile-ttl");

    set(&mut admin, "maxmemory-policy", "noeviction").await;
    store.check().await.unwrap();
    assert_eq!(store.find_session(&row.id).await.unwrap(), Some(row));
}

async fn set(admin: &mut redis::aio::MultiplexedConnection, name: &str, value: &str) {
    let () = redis::cmd("CONFIG").arg(&["SET", name, value]).query_async(admin).await.unwrap();
}

#[tokio::test]
async fn a_cluster_is_refused_and_the_error_says_what_to_use() {
    let server = Server::start(&["--cluster-enabled", "yes"]);
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    misconfigured(&error, "use one primary with replicas");
}

#[tokio::test]
async fn clocks_apart_refuse_writes_and_not_reads() {
    let clock = TestClock::at(now());
    let store = options().clock(Arc::new(clock.clone())).connect(&url()).await.unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    clock.advance(Duration::from_secs(60));
    misconfigured(&store.check().await.unwrap_err(), "more than the 5000 ms allowed");
    misconfigured(&store.insert_session(&session("ada", now())).await.unwrap_err(), "clock");
    misconfigured(&store.rotate_session(&rotation(row.id, 0), now()).await.unwrap_err(), "clock");
    assert!(store.find_session(&row.id).await.unwrap().is_some());
    clock.set(now());
    store.check().await.unwrap();
    store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
}

#[tokio::test]
async fn an_end_that_no_replica_has_is_unavailable_and_stands() {
    let store = options().replicas(1, Duration::from_millis(50)).connect(&url()).await.unwrap();
    let (row, stolen) = (session("ada", now()), session("eve", now()));
    store.insert_session(&row).await.unwrap();
    store.insert_session(&stolen).await.unwrap();
    let unmet = |error: StoreError| {
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.source().unwrap().to_string().starts_with("0 of 1 replicas"));
    };
    unmet(store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap_err());
    let ended = store.find_session(&row.id).await.unwrap().unwrap().state.ended;
    assert!(matches!(ended, Some((_, EndReason::SignedOut))));
    // Repeating it waits again, although nothing is left to write.
    unmet(store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap_err());
    let target = Target::Session(row.id);
    unmet(store.revoke(&target, now()).await.unwrap_err());
    // Rotation alone does not wait; the end by reuse does.
    store.rotate_session(&rotation(stolen.id, 0), now()).await.unwrap();
    let later = now() + Duration::from_secs(600);
    store.rotate_session(&rotation(stolen.id, 1), later).await.unwrap();
    unmet(store.rotate_session(&rotation(stolen.id, 0), later).await.unwrap_err());
}

#[tokio::test]
async fn an_end_that_a_replica_has_is_answered() {
    let primary = Server::start(&[]);
    let port = primary.port.to_string();
    let replica = Server::start(&[
        "--replicaof",
        &format!("127.0.0.1 {port}"),
        "--repl-diskless-sync-delay",
        "0",
    ]);
    let store = RedisOptions::new()
        .replicas(1, Duration::from_secs(20))
        .connect(&primary.url())
        .await
        .unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    assert!(store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap());
    let mut there = raw(&replica.url()).await;
    let id: String = row.id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    let reason: String = redis::cmd("HGET")
        .arg(format!("hallpass:s:{id}"))
        .arg("state")
        .query_async(&mut there)
        .await
        .unwrap();
    assert!(reason.ends_with(" signed_out"), "{reason}");
    // A store that is led to the replica refuses to write, by the server's word.
    let error = RedisStore::connect(&replica.url())
        .await
        .unwrap()
        .insert_session(&session("ada", now()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn a_full_server_takes_nothing_new_and_still_ends() {
    let server = Server::start(&[]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    let mut admin = raw(&server.url()).await;
    set(&mut admin, "maxmemory", "1").await;
    let full = store.insert_session(&session("ada", now())).await.unwrap_err();
    assert_eq!(full.kind(), StoreErrorKind::Full);
    assert!(store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap());
}

#[tokio::test]
async fn inv_55_a_row_of_another_version_or_with_an_unknown_word_is_corrupt() {
    // Invariant 55.
    let prefix = prefix();
    let store = RedisOptions::new().prefix(&prefix).connect(&url()).await.unwrap();
    let mut raw = raw(&url()).await;
    for (field, from, to) in [
        ("bound", "1\n", "2\n"),
        ("bound", "1\n", ""),
        ("bound", "100\n", "102\n"),
        ("bound", "web\n\n", "web\ndna:x\n"),
        ("bound", "web\n", ""),
        ("fixed", "\"scope\"", "\"scopes\""),
        ("fixed", "{", "{\"more\":1,"),
        ("state", "0 1 ", "many 1 "),
        ("state", "0 1 ", "0 x "),
        ("state", "0 1 ", "0 1 abc"),
        ("state", "  ", " soon administrative"),
        ("state", "", " and more"),
    ] {
        let row = session("ada", now());
        store.insert_session(&row).await.unwrap();
        let id: String = row.id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("{prefix}s:{id}");
        let text: String =
            redis::cmd("HGET").arg(&key).arg(field).query_async(&mut raw).await.unwrap();
        let bad = if from.is_empty() { format!("{text}{to}") } else { text.replacen(from, to, 1) };
        assert_ne!(bad, text, "{field}: {from}");
        let () =
            redis::cmd("HSET").arg(&key).arg(field).arg(&bad).query_async(&mut raw).await.unwrap();
        let found = store.find_session(&row.id).await.unwrap_err();
        assert_eq!(found.kind(), StoreErrorKind::Corrupt, "{bad}");
        let rotated = store.rotate_session(&rotation(row.id, 0), now()).await.unwrap_err();
        assert_eq!(rotated.kind(), StoreErrorKind::Corrupt, "{bad}");
    }
}

#[tokio::test]
async fn bad_settings_are_named() {
    let store = RedisOptions::new().prefix("app").connect(&url()).await;
    misconfigured(&store.unwrap_err(), "a key prefix has 1 to 64");
    misconfigured(&RedisStore::connect("http://x").await.unwrap_err(), "not a server's address");
    let nobody = RedisStore::connect("redis://127.0.0.1:1").await.unwrap_err();
    assert_eq!(nobody.kind(), StoreErrorKind::Unavailable);
}
