//! Knows what a caller is told when the file, the disk or a row is not as it should be.
//! Must not know SQLite's own error codes.

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use hallpass::store::{
    EndReason, Granted, InsertOutcome, Refusal, RotateOutcome, SessionRecord, SessionStore,
    SqliteOptions, SqliteStore, StoreError, StoreErrorKind,
};
use rusqlite::Connection;

use crate::support::{DAY, NOW, Place, SECOND, granted, open, put, rotation, session};

#[track_caller]
fn kind<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> StoreErrorKind {
    answer.unwrap_err().kind()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_is_full_and_loses_nothing_that_was_answered() {
    let place = Place::new();
    let options = SqliteOptions::new().max_bytes(80 * 4096);
    let store = Arc::new(options.open(place.file()).await.unwrap());
    let kept = fill(&store).await;
    // Those who are signed in go on, and room that is given back is used.
    granted(&store.rotate_session(&rotation(&kept[0], 0, 1), NOW).await.unwrap());
    let forgotten = store.prune_sessions(NOW + DAY * 91, 10_000).await.unwrap();
    assert_eq!(usize::try_from(forgotten).unwrap(), kept.len());
    put(&store, &session(999_999)).await;
}

/// A file system of its own that is full at one megabyte: what is left of it, the log gets.
struct Small(Place);

impl Small {
    /// Nothing where this process may not mount one.
    fn mount() -> Option<Self> {
        let place = Place::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(place.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(place)),
            answer => {
                println!("no small file system: {answer:?}");
                None
            }
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _left = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// On a disk that is really full. Where the machine does not let the test mount one, the limit of
/// the file above stands for it, and the output says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_full_and_loses_nothing_that_was_answered() {
    let Some(disk) = Small::mount() else { return };
    let store = Arc::new(SqliteStore::open(disk.0.file()).await.unwrap());
    let kept = fill(&store).await;
    drop(store);
    // As after a crash, on the disk as it is.
    let store = SqliteStore::open(disk.0.file()).await.unwrap();
    for session in &kept {
        assert_eq!(store.find_session(&session.id).await.unwrap().as_ref(), Some(session));
    }
    // Somebody makes room: service is back, without a restart of this store.
    let resize =
        Command::new("mount").args(["-o", "remount,size=8m"]).arg(disk.0.path()).status().unwrap();
    assert!(resize.success());
    put(&store, &session(999_999)).await;
    granted(&store.rotate_session(&rotation(&kept[0], 0, 1), NOW).await.unwrap());
}

/// Inserts until nothing more fits, and returns what was answered.
async fn fill(store: &Arc<SqliteStore>) -> Vec<SessionRecord> {
    let mut tasks = Vec::new();
    for worker in 0..32_u64 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            for number in 0..50 {
                let session = session(worker * 1000 + number);
                answers.push((session.clone(), store.insert_session(&session).await));
            }
            answers
        }));
    }
    let (mut kept, mut full) = (Vec::new(), 0);
    for task in tasks {
        for (session, answer) in task.await.unwrap() {
            match answer {
                Ok(outcome) => {
                    assert_eq!(outcome, InsertOutcome::Inserted);
                    kept.push(session);
                }
                Err(error) => {
                    assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");
                    full += 1;
                }
            }
        }
    }
    assert!(full > 0 && kept.len() > 100, "{full} full, {} kept", kept.len());
    for session in &kept {
        assert_eq!(store.find_session(&session.id).await.unwrap().as_ref(), Some(session));
    }
    kept
}

#[tokio::test]
async fn a_lock_that_another_holds_is_busy_in_bounded_time() {
    let place = Place::new();
    let options = SqliteOptions::new().busy_timeout(Duration::from_millis(100));
    let store = options.open(place.file()).await.unwrap();
    put(&store, &session(1)).await;
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let answer = store.rotate_session(&rotation(&session(1), 0, 1), NOW).await;
    assert_eq!(kind(answer), StoreErrorKind::Busy);
    assert!(began.elapsed() < SECOND * 2, "{:?}", began.elapsed());
    assert!(store.find_session(&session(1).id).await.unwrap().is_some(), "readers do not wait");
    other.execute_batch("COMMIT").unwrap();
    granted(&store.rotate_session(&rotation(&session(1), 0, 1), NOW).await.unwrap());
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_unavailable() {
    let place = Place::new();
    let patient = open(&place).await;
    put(&patient, &session(1)).await;
    let options = SqliteOptions::new().timeout(Duration::from_millis(100));
    let store = options.open(place.file()).await.unwrap();
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let rotation = rotation(&session(1), 0, 1);
    let answer = store.rotate_session(&rotation, NOW).await;
    assert_eq!(kind(answer), StoreErrorKind::Unavailable);
    assert!(began.elapsed() < SECOND * 3, "{:?}", began.elapsed());
    other.execute_batch("COMMIT").unwrap();
    // It may have happened or not; the same attempt gets one answer.
    assert_eq!(granted(&patient.rotate_session(&rotation, NOW).await.unwrap()), 1);
}

/// Invariant 55: what this version cannot read is refused, and costs its own caller alone.
#[tokio::test(flavor = "multi_thread")]
async fn inv_55_an_unreadable_row_is_refused_and_its_neighbours_are_not() {
    let damage = [
        "format = 2",
        "ended_at = 1, end_reason = 'eaten'",
        "scope = 'not a scope'",
        "scope = 'b:*:read a:*:read'",
        "claims = '{\"unknown\": 1}'",
        "cnf = '{\"kid\": \"1\"}'",
        "audience = '[\"\"]'",
        "subject = ''",
        "generation = -1",
        "generation = 4294967296",
        "sealing_key = 256",
        "absolute_expires_at = -1",
    ];
    let place = Place::new();
    let store = Arc::new(open(&place).await);
    let other = Connection::open(place.file()).unwrap();
    for (damage, number) in damage.iter().zip(0..) {
        let number = number * 100;
        for neighbour in 0..20 {
            put(&store, &session(number + neighbour)).await;
        }
        let sql = format!("UPDATE session SET {damage} WHERE id = ?1");
        assert_eq!(other.execute(&sql, [session(number + 7).id.as_bytes()]).unwrap(), 1);
        let calls = (0..20).map(|neighbour| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let session = session(number + neighbour);
                store.rotate_session(&rotation(&session, 0, number), NOW).await
            })
        });
        for (call, neighbour) in calls.collect::<Vec<_>>().into_iter().zip(0..) {
            let answer = call.await.unwrap();
            if neighbour == 7 {
                assert_eq!(kind(answer), StoreErrorKind::Corrupt, "{damage}");
            } else {
                granted(&answer.unwrap());
            }
        }
        let found = store.find_session(&session(number + 7).id).await;
        assert_eq!(kind(found), StoreErrorKind::Corrupt, "{damage}");
    }
}

/// Invariant 55: texts are read once the rotation is written. One that cannot be is as an answer
/// that was lost: nothing is given out, and the holder goes on when the row is mended.
#[tokio::test]
async fn inv_55_an_unreadable_text_is_as_a_lost_answer() {
    let place = Place::new();
    let store = open(&place).await;
    let session = session(1);
    put(&store, &session).await;
    let other = Connection::open(place.file()).unwrap();
    other.execute("UPDATE session SET scope = 'not a scope'", []).unwrap();
    for attempt in [1, 2] {
        let answer = store.rotate_session(&rotation(&session, 0, attempt), NOW).await;
        assert_eq!(kind(answer), StoreErrorKind::Corrupt);
    }
    other.execute("UPDATE session SET scope = ?1", [session.scope.as_str()]).unwrap();
    let outcome = store.rotate_session(&rotation(&session, 0, 3), NOW + SECOND).await.unwrap();
    assert!(
        matches!(outcome, RotateOutcome::Granted { how: Granted::Replayed, .. }),
        "{outcome:?}"
    );
    assert_eq!(granted(&outcome), 1);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_left_alone() {
    let place = Place::new();
    let missing = SqliteStore::open(place.path().join("nowhere").join("tokens.db")).await;
    assert_eq!(kind(missing), StoreErrorKind::Misconfigured);

    let text = place.path().join("text");
    std::fs::write(&text, "this is no database. ".repeat(100)).unwrap();
    assert_eq!(kind(SqliteStore::open(&text).await), StoreErrorKind::Corrupt);

    let other = place.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE invoice (id INTEGER)").unwrap();
    assert_eq!(kind(SqliteStore::open(&other).await), StoreErrorKind::Misconfigured);
    let tables: i64 = Connection::open(&other)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

/// Invariant 20: a lost answer costs nothing, in strict mode too, when the same attempt is sent
/// again; and a reuse that was answered into the void stays one.
#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let place = Place::new();
    let mut strict = session(1);
    strict.policy.strict = true;
    let first = {
        let store = open(&place).await;
        put(&store, &strict).await;
        store.rotate_session(&rotation(&strict, 0, 1), NOW).await.unwrap()
    };
    let store = open(&place).await;
    let again = store.rotate_session(&rotation(&strict, 0, 1), NOW + SECOND).await.unwrap();
    assert_eq!(again, first);
    let reused = store.rotate_session(&rotation(&strict, 0, 2), NOW + SECOND).await.unwrap();
    assert!(matches!(reused, RotateOutcome::Reused(_)), "{reused:?}");
    let again = store.rotate_session(&rotation(&strict, 0, 2), NOW + SECOND).await.unwrap();
    assert!(matches!(again, RotateOutcome::Reused(_)), "{again:?}");
    let later = store.rotate_session(&rotation(&strict, 1, 3), NOW + SECOND).await.unwrap();
    assert_eq!(later, RotateOutcome::Refused(Refusal::Ended(EndReason::Reused)));
}
