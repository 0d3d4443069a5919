//! Knows what a store must survive: lost connections, a restarted server, a restored table.
//! Must not know how it survives.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hallpass::{
    id::SessionId,
    store::{
        EndReason, InsertOutcome, Owner, PostgresStore, Reach, RevocationStore, RotateOutcome,
        SessionStore, StoreErrorKind,
    },
};

use crate::bed::{MINUTE, beside, builder, now, rotation, schema, session, store_in, url};

/// A session that rotates at every call.
pub(crate) fn busy(number: u64) -> hallpass::store::SessionRecord {
    let mut row = session(number, now());
    row.policy.retry_window = Duration::ZERO;
    row
}

pub(crate) fn generation(outcome: RotateOutcome) -> Option<u32> {
    match outcome {
        RotateOutcome::Granted { session, .. } => Some(session.state.generation),
        _ => None,
    }
}

/// Rotates `rows` sessions as fast as it can, and never forks one: an attempt without a certain
/// answer is sent again as it was.
async fn rotate_for(store: Arc<PostgresStore>, id: SessionId, stop: Arc<AtomicBool>) -> (u32, u32) {
    let (mut current, mut lost) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let presented = rotation(id, current);
        let began = Instant::now();
        loop {
            match store.rotate_session(&presented, now()).await {
                Ok(outcome) => {
                    let after = generation(outcome).expect("an honest holder was refused");
                    assert_eq!(after, current + 1);
                    current = after;
                    break;
                }
                Err(error) => {
                    let kinds = [StoreErrorKind::Unavailable, StoreErrorKind::Busy];
                    assert!(kinds.contains(&error.kind()), "{error:?}");
                    lost += 1;
                    assert!(began.elapsed() < Duration::from_secs(60), "no recovery: {error:?}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
    (current, lost)
}

async fn contend(
    store: &Arc<PostgresStore>,
    rows: u64,
) -> (Vec<SessionId>, Arc<AtomicBool>, Vec<tokio::task::JoinHandle<(u32, u32)>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (mut ids, mut tasks) = (Vec::new(), Vec::new());
    for number in 0..rows {
        let row = busy(number);
        assert_eq!(store.insert_session(&row).await.unwrap(), InsertOutcome::Inserted);
        ids.push(row.id);
        tasks.push(tokio::spawn(rotate_for(Arc::clone(store), row.id, Arc::clone(&stop))));
    }
    (ids, stop, tasks)
}

/// Invariant 52: the server's process ends in the midst of a statement for many sessions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_52_connections_cut_in_mid_batch_lose_nothing() {
    let name = schema();
    let store = builder(&name).connect(&url()).await.unwrap();
    store.migrate().await.unwrap();
    let store = Arc::new(store);
    let (ids, stop, tasks) = contend(&store, 64).await;
    let admin = beside(&url()).await;
    let kill = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = 'hallpass' AND query LIKE '%{name}%' AND pid <> pg_backend_pid()"
    );
    let mut cut = 0;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cut += admin.query_one(&kill, &[]).await.unwrap().get::<_, i64>(0);
    }
    stop.store(true, Ordering::Relaxed);
    for (id, task) in ids.iter().zip(tasks) {
        let (reached, _) = task.await.unwrap();
        let row = store.find_session(id).await.unwrap().unwrap();
        assert_eq!(row.state.generation, reached, "an answer was lost or given twice");
    }
    assert!(cut > 40, "only {cut} connections were cut");
}

fn server(args: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/postgres");
    let output = Command::new(script).args(args).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// On a server of its own, because others would not like it.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_restarted_server_is_found_again() {
    let started = server(&["start"]);
    let value = |name: &str| {
        let line = started.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap().to_owned()
    };
    let (url, dir) = (value("HALLPASS_TEST_POSTGRES"), value("HALLPASS_TEST_POSTGRES_DIR"));
    let store = PostgresStore::builder().connect(&url).await.unwrap();
    store.migrate().await.unwrap();
    let store = Arc::new(store);
    let (ids, stop, tasks) = contend(&store, 32).await;
    let mut lost = 0;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let dir = dir.clone();
        tokio::task::spawn_blocking(move || server(&["restart", &dir])).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    for (id, task) in ids.iter().zip(tasks) {
        let (reached, errors) = task.await.unwrap();
        lost += errors;
        assert!(reached > 0);
        let row = store.find_session(id).await.unwrap().unwrap();
        assert_eq!(row.state.generation, reached);
    }
    drop(store);
    server(&["stop", &dir]);
    println!("{lost} calls had no certain answer");
}

/// Invariant 19: a restored row is behind its tokens; nothing changes, and it is said.
#[tokio::test]
async fn inv_19_a_restored_row_is_a_rollback_and_may_be_moved_forward() {
    let name = schema();
    let store = store_in(&name).await;
    let row = busy(1);
    store.insert_session(&row).await.unwrap();
    let admin = beside(&url()).await;
    let run = |sql: &str| {
        let sql = sql.replace("SCHEMA", &name);
        let admin = &admin;
        async move { admin.batch_execute(&sql).await.unwrap() }
    };
    run("CREATE TABLE SCHEMA.saved AS SELECT * FROM SCHEMA.session").await;
    for generation in 0..3 {
        store.rotate_session(&rotation(row.id, generation), now()).await.unwrap();
    }
    run("DELETE FROM SCHEMA.session; INSERT INTO SCHEMA.session SELECT * FROM SCHEMA.saved").await;
    let outcome = store.rotate_session(&rotation(row.id, 3), now()).await.unwrap();
    assert_eq!(outcome, RotateOutcome::StateRollback { row: Some(0) });
    assert_eq!(store.find_session(&row.id).await.unwrap().unwrap(), row);
    let mut forward = rotation(row.id, 3);
    forward.fast_forward = true;
    let outcome = store.rotate_session(&forward, now()).await.unwrap();
    assert_eq!(generation(outcome), Some(4));
    run("DELETE FROM SCHEMA.session").await;
    let outcome = store.rotate_session(&rotation(row.id, 4), now()).await.unwrap();
    assert_eq!(outcome, RotateOutcome::StateRollback { row: None });
}

/// Design, section "revocation": no session slips past. Inserts and revocations race on raw
/// transactions that are held open, so that each really waits for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_session_slips_past_a_revocation_that_waits() {
    let name = schema();
    let store = Arc::new(store_in(&name).await);
    let admin = beside(&url()).await;
    for number in 0..60_u64 {
        // A session being created: it holds the owner's locks, and is not committed yet.
        let open = session(number, now());
        admin.batch_execute("BEGIN").await.unwrap();
        admin
            .batch_execute(&format!(
                "SELECT {name}.born_floor('{}', 'web'); INSERT INTO {name}.session \
                 SELECT (jsonb_populate_record(s, jsonb_build_object('id', '\\x{}', 'subject', \
                 '{}'))).* FROM {name}.session s LIMIT 1",
                open.subject,
                open.id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
                open.subject
            ))
            .await
            .unwrap();
        if number == 0 {
            // The template for the others.
            admin.batch_execute("ROLLBACK").await.unwrap();
            store.insert_session(&session(1_000, now())).await.unwrap();
            continue;
        }
        let owner = Owner::Subject(open.subject.clone());
        let revoking = {
            let (store, at) = (Arc::clone(&store), now());
            tokio::spawn(async move {
                store.revoke_owner(&owner, Reach::Sessions, EndReason::SubjectRevoked, at).await
            })
        };
        let inserting = {
            let (store, mut late) = (Arc::clone(&store), session(number, now() - MINUTE));
            late.subject = open.subject.clone();
            tokio::spawn(async move { (store.insert_session(&late).await, late.id) })
        };
        tokio::time::sleep(Duration::from_millis(number % 7)).await;
        admin.batch_execute("COMMIT").await.unwrap();
        revoking.await.unwrap().unwrap();
        let (made, late) = inserting.await.unwrap();
        let ended = |id| {
            let store = Arc::clone(&store);
            async move { store.find_session(&id).await.unwrap().unwrap().state.ended.is_some() }
        };
        assert!(ended(open.id).await, "the open one slipped past");
        match made.unwrap() {
            InsertOutcome::Inserted => assert!(ended(late).await, "the late one slipped past"),
            outcome => assert!(matches!(outcome, InsertOutcome::BornRevoked { .. }), "{outcome:?}"),
        }
    }
}
