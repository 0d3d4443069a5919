//! Knows SQLite through sqlx: one conditional `UPDATE … RETURNING` for each rotation, in a log ahead
//! and with time to wait for a lock.
//! Must not know how our store does it.

use std::path::Path;

use sqlx::{
    Row as _,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};

use crate::work::{IDLE, Rotate, SESSIONS, Subject, attempt, millis, now, session, session_id};

const TABLE: &str = "CREATE TABLE session (id BLOB NOT NULL PRIMARY KEY, subject TEXT NOT NULL, \
    client TEXT NOT NULL, scope TEXT NOT NULL, audience TEXT NOT NULL, label TEXT, \
    absolute_expires_at INTEGER NOT NULL, generation INTEGER NOT NULL, attempt BLOB, \
    rotated_at INTEGER, idle_expires_at INTEGER NOT NULL, ended_at INTEGER) WITHOUT ROWID";
const INSERT: &str = "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL, ?, NULL)";
const ROTATE: &str = "UPDATE session SET generation = generation + 1, attempt = ?3, \
    rotated_at = ?4, idle_expires_at = ?5 \
    WHERE id = ?1 AND generation = ?2 AND ended_at IS NULL AND idle_expires_at > ?4 \
    RETURNING subject, client, scope, audience, generation";

/// The pool as it comes: ten connections, each asked for a sign of life before it is lent.
pub fn defaults() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
}

/// The best we found for work that only writes: nobody waits for a lock, and no ping.
pub fn tuned() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).test_before_acquire(false)
}

pub struct Sqlx(SqlitePool);

impl Sqlx {
    pub async fn filled(
        file: &Path,
        synchronous: SqliteSynchronous,
        pool: SqlitePoolOptions,
        callers: u32,
    ) -> Subject<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(std::time::Duration::from_secs(30));
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::query(TABLE).execute(&pool).await.unwrap();
        for number in 0..=callers * SESSIONS {
            let session = session(number);
            sqlx::query(INSERT)
                .bind(session.id.as_bytes().to_vec())
                .bind(session.subject.as_str())
                .bind(session.client.as_str())
                .bind(session.scope.as_str())
                .bind(session.audience[0].as_str())
                .bind("a laptop")
                .bind(millis(session.absolute_expires_at))
                .bind(millis(session.state.idle_expires_at))
                .execute(&pool)
                .await
                .unwrap();
        }
        Subject::new(Self(pool), callers).await
    }
}

impl Rotate for Sqlx {
    async fn rotate(&self, number: u32, generation: u32) -> bool {
        let idle = now(generation) + IDLE;
        let row = sqlx::query(ROTATE)
            .bind(session_id(number).as_bytes().to_vec())
            .bind(i64::from(generation))
            .bind(attempt(number, generation).to_vec())
            .bind(millis(now(generation)))
            .bind(millis(idle))
            .fetch_optional(&self.0)
            .await
            .unwrap();
        row.is_some_and(|row| row.get::<i64, _>("generation") == i64::from(generation) + 1)
    }
}
