//! Knows that a process killed at any moment leaves no session with two branches.
//! Must not know how a rotation is written.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use hallpass::{
    id::{SessionId, Subject},
    store::{Granted, Owner, RotateOutcome, SessionStore},
};

use crate::{
    bed::{builder, now, rotation, schema, store_in, url},
    faults::{busy, generation},
};

const CHILD_SCHEMA: &str = "HALLPASS_TEST_CHILD_SCHEMA";

/// Not a test: what the test below starts and kills. Rotates eight sessions and says on its
/// output what it was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test below"]
async fn child_that_rotates() {
    let Ok(name) = std::env::var(CHILD_SCHEMA) else { return };
    let store = Arc::new(builder(&name).connect(&url()).await.unwrap());
    let mut tasks = Vec::new();
    let owner = Owner::Subject(Subject::parse("all").unwrap());
    for row in store.list_sessions(&owner, None, 100, now()).await.unwrap() {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let mut current = row.state.generation;
            loop {
                let answer = store.rotate_session(&rotation(row.id, current), now()).await;
                // The parent sees that a child which stops was not killed.
                let Some(reached) = answer.ok().and_then(generation) else { return };
                current = reached;
                let mut out = std::io::stdout().lock();
                writeln!(out, "ANSWER {} {current}", row.id).unwrap();
                out.flush().unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// Invariants 1, 2, 20, 52: after kill -9 at any moment, every token that was given out still
/// works or is answered by the table, and no session has two branches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_52_a_killed_process_leaves_no_fork() {
    static TOTAL: AtomicU32 = AtomicU32::new(0);
    let name = schema();
    let store = store_in(&name).await;
    let mut given = std::collections::HashMap::new();
    for number in 0..8 {
        let mut row = busy(number);
        row.subject = Subject::parse("all").unwrap();
        store.insert_session(&row).await.unwrap();
        given.insert(row.id, 0_u32);
    }
    for kill in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child_that_rotates", "--ignored", "--nocapture"])
            .env(CHILD_SCHEMA, &name)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // At a moment of its work that differs each time.
        let until = 300 + kill * 97 % 500;
        let (mut seen, mut pid) = (0, Some(child));
        for line in lines.map_while(Result::ok) {
            // The harness may write on the same line before the first answer.
            let Some((_, answer)) = line.split_once("ANSWER ") else { continue };
            let (id, reached) = answer.split_once(' ').unwrap();
            let Ok(reached) = reached.parse::<u32>() else { continue };
            let known = given.get_mut(&SessionId::parse(id).unwrap()).unwrap();
            assert!(reached > *known, "the same generation was given out twice");
            *known = reached;
            seen += 1;
            if seen == until
                && let Some(mut child) = pid.take()
            {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
        TOTAL.fetch_add(u32::try_from(seen).unwrap(), Ordering::Relaxed);
        assert!(pid.is_none(), "the child ended by itself after {seen} answers");
        for (id, current) in &mut given {
            // What was in flight when it died may have been committed or not.
            let row = store.find_session(id).await.unwrap().unwrap().state.generation;
            assert!(row == *current || row == *current + 1, "{row} after {current}");
            let outcome = store.rotate_session(&rotation(*id, *current), now()).await.unwrap();
            let RotateOutcome::Granted { how, session } = outcome else { panic!("{outcome:?}") };
            // Replayed where it was committed, which the server may still be at.
            assert!(matches!(how, Granted::Replayed | Granted::Rotated { .. }), "{how:?}");
            assert!(row == *current || how == Granted::Replayed, "{how:?}");
            assert_eq!(session.state.generation, *current + 1);
            *current += 1;
        }
    }
    let total = TOTAL.load(Ordering::Relaxed);
    assert!(total >= 10_000, "only {total} rotations");
}
