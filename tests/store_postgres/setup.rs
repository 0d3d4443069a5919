//! Knows how a store starts, and what it refuses to start with.
//! Must not know what a session is for.

use std::{error::Error as _, sync::Arc, time::Duration};

use hallpass::{
    Timestamp,
    clock::{Clock, SystemClock},
    store::{
        InsertOutcome, PostgresStore, RevocationFeed, RevocationStore, SessionStore, StoreError,
        StoreErrorKind,
    },
};

use crate::bed::{beside, builder, fresh, now, pool, schema, session, store_in, url};

fn why(error: &StoreError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_instances_migrate_at_once() {
    let name = schema();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let name = name.clone();
        tasks.push(tokio::spawn(async move {
            let store = builder(&name).connect(&url()).await.unwrap();
            store.migrate().await.unwrap();
            store.migrate().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let row = beside(&url())
        .await
        .query_one(&format!("SELECT count(*), max(version) FROM {name}.migration"), &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), i64::from(row.get::<_, i32>(1)));
    assert_eq!(PostgresStore::migrations().len(), usize::try_from(row.get::<_, i64>(0)).unwrap());
}

/// Invariant 56: a newer schema that works with this version is used; one that does not is not.
#[tokio::test]
async fn inv_56_a_newer_schema_is_used_or_refused_as_it_says() {
    let name = schema();
    let store = store_in(&name).await;
    let beside = beside(&url()).await;
    let note = format!("INSERT INTO {name}.migration (version, runs_since) VALUES ");
    beside.batch_execute(&format!("{note} (98, 1)")).await.unwrap();
    store.migrate().await.unwrap();
    beside.batch_execute(&format!("{note} (99, 99)")).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
    assert!(why(&error).contains("needs software for version 99"), "{}", why(&error));
}

#[tokio::test]
async fn a_schema_that_was_not_migrated_is_misconfigured() {
    let store = builder(&schema()).connect(&url()).await.unwrap();
    let error = store.insert_session(&session(1, now())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_the_start_and_tells_no_password() {
    let password = "correct-horse";
    let urls = [
        format!("postgres://hallpass:{password}@127.0.0.1/hallpass?sslmode=require"),
        format!("postgres://hallpass:{password}@127.0.0.1/hallpass?nonsense=1"),
        format!("sqlite:{password}"),
    ];
    for url in urls {
        let error = PostgresStore::connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
        assert!(!format!("{error:?} {error} {}", why(&error)).contains(password));
    }
    let tls = PostgresStore::connect("postgres://h@127.0.0.1/h?sslmode=require").await;
    assert!(why(&tls.unwrap_err()).contains("connect_tls"));
    for name in ["", "a\"; DROP SCHEMA public; --", "Hallpass", "pg_own"] {
        let error = PostgresStore::builder().schema(name).connect(&url()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{name}");
    }
    let nobody = PostgresStore::connect("postgres://h@127.0.0.1:1/h").await.unwrap_err();
    assert_eq!(nobody.kind(), StoreErrorKind::Unavailable);
}

#[derive(Debug)]
struct Shifted(SystemClock, Duration);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

#[tokio::test]
async fn clocks_that_differ_too_much_are_refused() {
    let name = schema();
    let ahead = |seconds| Arc::new(Shifted(SystemClock::new(), Duration::from_secs(seconds)));
    let url = url();
    let start = |seconds| builder(&name).clock(ahead(seconds)).connect(&url);
    start(3).await.unwrap();
    let error = start(7).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
    assert!(why(&error).contains("clock"), "{}", why(&error));
    builder(&name).clock(ahead(7)).max_skew(Duration::from_secs(9)).connect(&url).await.unwrap();
}

#[tokio::test]
async fn a_pool_of_the_host_works() {
    let store = PostgresStore::builder().schema(&schema()).pool(pool("")).await.unwrap();
    store.migrate().await.unwrap();
    let made = store.insert_session(&session(1, now())).await.unwrap();
    assert_eq!(made, InsertOutcome::Inserted);
}

/// Under another isolation level an insert could slip past a revocation: it does not run.
#[tokio::test]
async fn another_isolation_level_is_refused() {
    for level in ["repeatable\\ read", "serializable"] {
        let pool = pool(&format!("-c default_transaction_isolation={level}"));
        let store = PostgresStore::builder().schema(&schema()).pool(pool).await.unwrap();
        store.migrate().await.unwrap();
        let error = store.insert_session(&session(1, now())).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{level}");
    }
}

/// Invariant 55.
#[tokio::test]
async fn inv_55_a_row_this_version_cannot_read_is_refused_and_not_changed() {
    let changes = ["format = 2", "ended_at = 5, end_reason = 'moon_phase'", "cnf = 'new:abc'"];
    for change in changes {
        let name = schema();
        let store = store_in(&name).await;
        let row = session(1, now());
        store.insert_session(&row).await.unwrap();
        let beside = beside(&url()).await;
        beside.batch_execute(&format!("UPDATE {name}.session SET {change}")).await.unwrap();
        let error = store.find_session(&row.id).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{change}");
        let error = store.rotate_session(&crate::bed::rotation(row.id, 0), now()).await;
        assert_eq!(error.unwrap_err().kind(), StoreErrorKind::Corrupt, "{change}");
        let generation = format!("SELECT generation FROM {name}.session");
        assert_eq!(beside.query_one(&generation, &[]).await.unwrap().get::<_, i64>(0), 0);
    }
    let name = schema();
    let store = store_in(&name).await;
    let insert = "INSERT INTO SCHEMA.revocation (kind, not_before, expires_at) VALUES ('x', 1, 2)";
    beside(&url()).await.batch_execute(&insert.replace("SCHEMA", &name)).await.unwrap();
    let error = store.read_revocations(None, 9).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn the_highest_retention_is_kept_across_instances() {
    let name = schema();
    let day = Duration::from_secs(86_400);
    assert_eq!(store_in(&name).await.raise_retention(day).await.unwrap(), day);
    assert_eq!(store_in(&name).await.raise_retention(day / 2).await.unwrap(), day);
    assert_eq!(store_in(&name).await.raise_retention(day * 2).await.unwrap(), day * 2);
}

#[tokio::test]
async fn what_is_printed_holds_no_secret() {
    let store = fresh().await;
    assert!(!format!("{store:?}").contains("127.0.0.1"), "{store:?}");
}
