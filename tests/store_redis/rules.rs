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
    let replica =
        Server::start(&["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"]);
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
    let state: Vec<u8> = redis::cmd("HGET")
        .arg(format!("hallpass:s:{id}"))
        .arg("state")
        .query_async(&mut there)
        .await
        .unwrap();
    assert!(state.ends_with(b"signed_out"), "{state:?}");
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
    // What a session of `session` is made of, and what becomes of it.
    let cases: [(&str, &[u8], &[u8]); 18] = [
        ("fixed", b"\x01\x01\0\0", b"\x02\x01\0\0"),
        ("fixed", b"\x01\x01\0\0", b"1\x01\0\0"),
        ("fixed", b"\x01\x01\0\0", b"\x01\x02\0\0"),
        ("fixed", b"\x01\x01\0\0", b"\x01\x01\x02\0"),
        ("fixed", b"\x01\x01\0\0", b"\x01\x01\0\x02"),
        ("fixed", b"\x01\x01\0\0", b""),
        ("fixed", b"\0\x03web\0\0", b"\0\x03web\0\x05dna:x"),
        ("fixed", b"\0\x03web", b"\xff\xffweb"),
        ("fixed", b"\0\x03web", b""),
        ("fixed", b"\"scope\"", b"\"scopes\""),
        ("fixed", b"{", b"{\"more\":1,"),
        // Generation 0, sealing key 1; then neither rotated nor confirmed.
        ("state", b"\0\0\0\0\x01\xff", b"\0\0\0\x01\xff"),
        ("state", b"\0\0\0\0\x01\xff", b"many \0\0\0\0\x01\xff"),
        // No end, no attempt, no reason.
        ("state", b"\xff\xff\0\0", b"\xff\xff\x02ab\0"),
        ("state", b"\xff\xff\0\0", b"\xff\xff\0\x05reuse"),
        ("state", &[0xff, 0xff, 0, 0], &[0, 0xff, 0, 4, b's', b'o', b'o', b'n']),
        ("state", b"\xff\xff\0\0", b"\xff\xff\0\x09"),
        ("state", b"", b" and more"),
    ];
    for (field, from, to) in cases {
        let row = session("ada", now());
        store.insert_session(&row).await.unwrap();
        let id: String = row.id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("{prefix}s:{id}");
        let well: Vec<u8> =
            redis::cmd("HGET").arg(&key).arg(field).query_async(&mut raw).await.unwrap();
        let at = match from {
            b"" => well.len(),
            _ => well.windows(from.len()).rposition(|part| part == from).unwrap(),
        };
        let bad = [&well[..at], to, &well[at + from.len()..]].concat();
        let () =
            redis::cmd("HSET").arg(&key).arg(field).arg(&bad).query_async(&mut raw).await.unwrap();
        let found = store.find_session(&row.id).await.unwrap_err();
        assert_eq!(found.kind(), StoreErrorKind::Corrupt, "{bad:?}");
        let rotated = store.rotate_session(&rotation(row.id, 0), now()).await.unwrap_err();
        assert_eq!(rotated.kind(), StoreErrorKind::Corrupt, "{bad:?}");
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
