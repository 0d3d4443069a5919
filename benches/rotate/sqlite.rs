//! SQLite: the store at both durabilities, and a connection behind a mutex with a transaction for
//! each rotation.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use criterion::Criterion;
use hallpass::{
    Timestamp,
    store::{
        Attempt, RotateOutcome, Rotation, SessionRecord, SqliteDurability, SqliteOptions, decide,
    },
};
use rusqlite::{Connection, TransactionBehavior, params};

use super::{SESSIONS, Subject, filled, session, subject};

pub(super) fn subjects(c: &mut Criterion) {
    let place = Place::new();
    for (name, durability, synchronous) in
        [("normal", SqliteDurability::Normal, "NORMAL"), ("full", SqliteDurability::Full, "FULL")]
    {
        subject(c, &format!("sqlite {name}, naive"), |callers| {
            let file = place.file();
            async move { Naive::new(file, synchronous, callers) }
        });
        subject(c, &format!("sqlite {name}"), |callers| {
            let options = SqliteOptions::new().durability(durability).open(place.file());
            async move { filled(options.await.unwrap(), callers).await }
        });
    }
}

/// What one writes first: read, decide, write and commit under a lock, on the caller's thread.
#[derive(Clone)]
struct Naive {
    connection: Arc<Mutex<Connection>>,
    /// The part of a session that does not change, which a naive table has in columns too.
    template: Arc<SessionRecord>,
}

impl Naive {
    fn new(file: PathBuf, synchronous: &str, callers: u64) -> Self {
        let connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", synchronous).unwrap();
        let table = "CREATE TABLE session (id BLOB PRIMARY KEY, subject TEXT, scope TEXT, \
            generation INTEGER, attempt BLOB, rotated_at INTEGER, idle_expires_at INTEGER)";
        connection.execute_batch(table).unwrap();
        for number in 0..callers * SESSIONS {
            let session = session(number);
            let idle = i64::try_from(session.state.idle_expires_at.as_unix_millis()).unwrap();
            let row = params![
                session.id.as_bytes(),
                session.subject.as_str(),
                session.scope.as_str(),
                0,
                None::<[u8; 8]>,
                None::<i64>,
                idle
            ];
            let insert = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            connection.execute(insert, row).unwrap();
        }
        Self { connection: Arc::new(Mutex::new(connection)), template: Arc::new(session(0)) }
    }
}

impl Subject for Naive {
    async fn rotate(&self, rotation: Rotation, now: Timestamp) -> RotateOutcome {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let mut row = (*self.template).clone();
        row.id = rotation.id;
        let found = "SELECT subject, scope, generation, rotated_at FROM session WHERE id = ?1";
        step.prepare_cached(found)
            .unwrap()
            .query_row([rotation.id.as_bytes()], |found| {
                row.subject = found.get::<_, String>(0)?.parse().unwrap();
                row.scope = found.get::<_, String>(1)?.parse().unwrap();
                row.state.generation = found.get(2)?;
                let rotated_at: Option<i64> = found.get(3)?;
                row.state.rotated_at =
                    rotated_at.map(|at| Timestamp::from_unix_millis(at.unsigned_abs()));
                Ok(())
            })
            .unwrap();
        let decision = decide(Some(&row), &rotation, now);
        if let Some(state) = decision.write {
            let write = "UPDATE session SET generation = ?2, attempt = ?3, rotated_at = ?4, \
                idle_expires_at = ?5 WHERE id = ?1";
            let values = params![
                rotation.id.as_bytes(),
                state.generation,
                state.attempt.as_ref().map(Attempt::as_bytes),
                state.rotated_at.map(|at| i64::try_from(at.as_unix_millis()).unwrap()),
                i64::try_from(state.idle_expires_at.as_unix_millis()).unwrap(),
            ];
            step.prepare_cached(write).unwrap().execute(values).unwrap();
        }
        step.commit().unwrap();
        decision.outcome
    }
}

/// A directory for the files of this run.
struct Place(PathBuf, AtomicU32);

impl Place {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("hallpass-rotate-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path, AtomicU32::new(0))
    }

    fn file(&self) -> PathBuf {
        self.0.join(format!("{}.db", self.1.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
