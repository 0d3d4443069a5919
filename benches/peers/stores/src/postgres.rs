//! Knows PostgreSQL through sqlx, as one `UPDATE … RETURNING` and as a transaction of four steps,
//! and `pgbench` with that `UPDATE`.
//! Must not know how our store does it.

use std::{
    process::Command,
    str::FromStr as _,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{
    Row as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use crate::work::{IDLE, Rotate, SESSIONS, Subject, attempt, millis, now, session, session_id};

/// A schema of its own for each subject.
pub fn schema() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("peers_{}_{number}", std::process::id())
}

pub fn with_commit(url: &str, commit: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-c%20synchronous_commit%3D{commit}")
}

/// Its rows, as small as they can be, with room for updates in place.
struct Table {
    pool: PgPool,
    name: String,
}

impl Table {
    async fn filled(url: &str, commit: &str, callers: u32) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap();
        // As many connections as our store has, and without the ping at each turn, which helps it.
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .test_before_acquire(false)
            .connect_with(options.options([("synchronous_commit", commit)]))
            .await
            .unwrap();
        let name = schema();
        let table = format!(
            "CREATE TABLE {name} (id bytea PRIMARY KEY, subject text NOT NULL, \
             client text NOT NULL, scope text NOT NULL, audience text NOT NULL, label text, \
             absolute_expires_at bigint NOT NULL, generation bigint NOT NULL, attempt bytea, \
             rotated_at bigint, idle_expires_at bigint NOT NULL, ended_at bigint) \
             WITH (fillfactor = 70)"
        );
        execute(&pool, table).await;
        let insert =
            format!("INSERT INTO {name} VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, NULL, $8)");
        let insert: &str = Box::leak(insert.into_boxed_str());
        for number in 0..=callers * SESSIONS {
            let session = session(number);
            sqlx::query(insert)
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
        Self { pool, name }
    }
}

async fn execute(pool: &PgPool, sql: String) {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

/// One statement.
pub struct Update {
    pool: PgPool,
    sql: &'static str,
}

impl Update {
    pub async fn filled(url: &str, commit: &str, callers: u32) -> Subject<Self> {
        let Table { pool, name } = Table::filled(url, commit, callers).await;
        let sql = format!(
            "UPDATE {name} SET generation = generation + 1, attempt = $3, rotated_at = $4, \
             idle_expires_at = $5 WHERE id = $1 AND generation = $2 AND ended_at IS NULL \
             AND idle_expires_at > $4 RETURNING subject, client, scope, audience, generation"
        );
        Subject::new(Self { pool, sql: Box::leak(sql.into_boxed_str()) }, callers).await
    }
}

impl Rotate for Update {
    async fn rotate(&self, number: u32, generation: u32) -> bool {
        let row = sqlx::query(self.sql)
            .bind(session_id(number).as_bytes().to_vec())
            .bind(i64::from(generation))
            .bind(attempt(number, generation).to_vec())
            .bind(millis(now(generation)))
            .bind(millis(now(generation) + IDLE))
            .fetch_optional(&self.pool)
            .await
            .unwrap();
        row.is_some_and(|row| row.get::<i64, _>("generation") == i64::from(generation) + 1)
    }
}

/// What one writes first: the row is locked, looked at and written, in a transaction.
pub struct Transaction {
    pool: PgPool,
    find: &'static str,
    write: &'static str,
}

impl Transaction {
    pub async fn filled(url: &str, commit: &str, callers: u32) -> Subject<Self> {
        let Table { pool, name } = Table::filled(url, commit, callers).await;
        let find = format!(
            "SELECT subject, client, scope, audience, generation FROM {name} \
             WHERE id = $1 AND ended_at IS NULL AND idle_expires_at > $2 FOR UPDATE"
        );
        let write = format!(
            "UPDATE {name} SET generation = $2, attempt = $3, rotated_at = $4, \
             idle_expires_at = $5 WHERE id = $1"
        );
        let [find, write] = [find, write].map(|sql| &*Box::leak(sql.into_boxed_str()));
        Subject::new(Self { pool, find, write }, callers).await
    }
}

impl Rotate for Transaction {
    async fn rotate(&self, number: u32, generation: u32) -> bool {
        let id = session_id(number).as_bytes().to_vec();
        let mut step = self.pool.begin().await.unwrap();
        let row = sqlx::query(self.find)
            .bind(&id)
            .bind(millis(now(generation)))
            .fetch_one(&mut *step)
            .await
            .unwrap();
        if row.get::<i64, _>("generation") != i64::from(generation) {
            step.rollback().await.unwrap();
            return false;
        }
        sqlx::query(self.write)
            .bind(&id)
            .bind(i64::from(generation) + 1)
            .bind(attempt(number, generation).to_vec())
            .bind(millis(now(generation)))
            .bind(millis(now(generation) + IDLE))
            .execute(&mut *step)
            .await
            .unwrap();
        step.commit().await.unwrap();
        true
    }
}

/// The same `UPDATE` by a C client that does nothing else. `pgbench` does not read its answers.
pub struct Pgbench {
    url: String,
    commit: &'static str,
    script: tempfile::NamedTempFile,
}

impl Pgbench {
    /// Nothing where there is no such program.
    pub async fn filled(url: &str, commit: &'static str, callers: u32) -> Option<Self> {
        Command::new("pgbench").arg("--version").output().ok()?;
        let table = Table::filled(url, commit, callers).await;
        let numbered = format!("ALTER TABLE {} ADD COLUMN number bigserial UNIQUE", table.name);
        execute(&table.pool, numbered).await;
        let script = format!(
            "\\set number :client_id * {SESSIONS} + random(1, {SESSIONS})\n\
             UPDATE {} SET generation = generation + 1, attempt = 'attempts', \
             rotated_at = rotated_at + 1, idle_expires_at = idle_expires_at + 1 \
             WHERE number = :number AND generation >= 0 AND ended_at IS NULL \
             AND idle_expires_at > 0 RETURNING subject, client, scope, audience, generation;\n",
            table.name
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        table.pool.close().await;
        Some(Self { url: url.to_owned(), commit, script: file })
    }

    /// What it measures by itself, from when its clients are connected.
    pub fn turn(&self, callers: u32, transactions: u32) -> f64 {
        let run = Command::new("pgbench")
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .args(["--client", &callers.to_string(), "--transactions", &transactions.to_string()])
            .arg("--file")
            .arg(self.script.path())
            .arg(&self.url)
            .env("PGOPTIONS", format!("-c synchronous_commit={}", self.commit))
            .output()
            .unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&run.stderr)));
        rate.split(' ').next().unwrap().parse().unwrap()
    }
}
