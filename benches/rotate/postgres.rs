//! PostgreSQL: the store with and without waiting for the disk, and a transaction of five steps
//! for each rotation on the same pool, over the server that `HALLPASS_TEST_POSTGRES` names; and
//! `pgbench` with one `UPDATE` of as many rows on the same server, where that program is there.

use std::{process::Command, sync::Arc, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use hallpass::{
    Timestamp,
    store::{PostgresStore, RotateOutcome, Rotation, SessionRecord, decide},
};
use tokio::runtime::Runtime;
use tokio_postgres::{Config, NoTls};

use super::{CALLERS, SESSIONS, Subject, filled, session, started, subject};

pub(super) fn subjects(c: &mut Criterion) {
    let Ok(url) = std::env::var("HALLPASS_TEST_POSTGRES") else {
        println!("postgres: left out, HALLPASS_TEST_POSTGRES is not set");
        return;
    };
    for (name, commit) in [("off", "off"), ("on", "on")] {
        subject(c, &format!("postgres {name}, naive"), |callers| {
            let pool = pool(&url, commit);
            async move { Naive::new(pool, callers).await }
        });
        pgbench(c, &format!("postgres {name}, pgbench"), &url, commit);
        subject(c, &format!("postgres {name}"), |callers| {
            let url = with_commit(&url, commit);
            async move { filled(open(&url, callers).await, callers).await }
        });
    }
}

fn pool(url: &str, commit: &str) -> Pool {
    let mut config: Config = url.parse().unwrap();
    config.options(format!("-c synchronous_commit={commit}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, recycling);
    Pool::builder(manager).max_size(16).build().unwrap()
}

fn schema(of: &str, callers: u64) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("bench_{of}_{callers}_{}_{number}", started().as_unix_millis())
}

fn with_commit(url: &str, commit: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-c%20synchronous_commit%3D{commit}")
}

async fn open(url: &str, callers: u64) -> PostgresStore {
    let builder = PostgresStore::builder().schema(&schema("own", callers));
    let store = builder.call_timeout(Duration::from_secs(60)).connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// One `UPDATE` by primary key, on as many rows as the store has, each client its own.
const PEER: &str = "\\set id :client_id * 8 + random(0, 7)
UPDATE TABLE SET generation = generation + 1, attempt = 'attempts', rotated_at = rotated_at + 1, \
idle_expires_at = idle_expires_at + 1 WHERE id = :id AND ended_at IS NULL AND idle_expires_at > 0 \
RETURNING generation, subject, rest;
";

/// What `pgbench` measures by itself, from when its clients are connected.
fn pgbench(c: &mut Criterion, name: &str, url: &str, commit: &str) {
    if Command::new("pgbench").arg("--version").output().is_err() {
        println!("{name}: left out, there is no pgbench");
        return;
    }
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group(name);
    for callers in CALLERS {
        group.throughput(Throughput::Elements(callers));
        let table = schema("peer", callers);
        let fill = format!(
            "CREATE TABLE {table} (id bigint PRIMARY KEY, generation bigint, attempt text, \
             rotated_at bigint, idle_expires_at bigint, ended_at bigint, subject text, rest text) \
             WITH (fillfactor = 70); \
             INSERT INTO {table} SELECT i, 0, NULL, 0, 1, NULL, 'user-' || i, repeat('x', 200) \
             FROM generate_series(0, {}) i",
            callers * SESSIONS - 1
        );
        runtime.block_on(async {
            pool(url, commit).get().await.unwrap().batch_execute(&fill).await.unwrap();
        });
        let script = std::env::temp_dir().join(format!("{table}.sql"));
        std::fs::write(&script, PEER.replace("TABLE", &table)).unwrap();
        group.bench_function(BenchmarkId::from_parameter(callers), |b| {
            b.iter_custom(|rounds| {
                // So few that connections are still warming up would be no measure.
                let each = rounds.max(200).to_string();
                let clients = callers.to_string();
                let run = Command::new("pgbench")
                    .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
                    .args(["--client", &clients, "--transactions", &each, "--file"])
                    .arg(&script)
                    .arg(url)
                    .env("PGOPTIONS", format!("-c synchronous_commit={commit}"))
                    .output()
                    .unwrap();
                let said = String::from_utf8(run.stdout).unwrap();
                let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
                let rate: u64 = rate.split('.').next().unwrap().parse().unwrap();
                Duration::from_secs(1) * u32::try_from(rounds * callers).unwrap()
                    / u32::try_from(rate).unwrap()
            });
        });
        std::fs::remove_file(&script).unwrap();
    }
    group.finish();
}

/// What one writes first: a transaction in which the row is locked, decided upon and written. It
/// keeps its rows in the store's own table.
#[derive(Clone)]
struct Naive {
    pool: Pool,
    find: Arc<str>,
    write: Arc<str>,
    /// The part of a session that does not change.
    template: Arc<SessionRecord>,
}

impl Naive {
    async fn new(pool: Pool, callers: u64) -> Self {
        let name = schema("naive", callers);
        let builder = PostgresStore::builder().schema(&name);
        let store = builder.pool(pool.clone()).await.unwrap();
        store.migrate().await.unwrap();
        drop(filled(store, callers).await);
        Self {
            pool,
            find: format!(
                "SELECT subject, scope, generation, rotated_at FROM {name}.session \
                 WHERE id = $1 FOR UPDATE"
            )
            .into(),
            write: format!(
                "UPDATE {name}.session SET generation = $2, attempt = $3, rotated_at = $4, \
                 idle_expires_at = $5 WHERE id = $1"
            )
            .into(),
            template: Arc::new(session(0)),
        }
    }
}

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_unix_millis()).unwrap()
}

impl Subject for Naive {
    async fn rotate(&self, rotation: Rotation, now: Timestamp) -> RotateOutcome {
        let mut client = self.pool.get().await.unwrap();
        let step = client.transaction().await.unwrap();
        let find = step.prepare_cached(&self.find).await.unwrap();
        let id = rotation.id.as_bytes().as_slice();
        let found = step.query_one(&find, &[&id]).await.unwrap();
        let mut row = (*self.template).clone();
        row.id = rotation.id;
        row.subject = found.get::<_, &str>(0).parse().unwrap();
        row.scope = found.get::<_, &str>(1).parse().unwrap();
        row.state.generation = u32::try_from(found.get::<_, i64>(2)).unwrap();
        let rotated_at: Option<i64> = found.get(3);
        row.state.rotated_at = rotated_at.map(|at| Timestamp::from_unix_millis(at.unsigned_abs()));
        let decision = decide(Some(&row), &rotation, now);
        if let Some(state) = decision.write {
            let write = step.prepare_cached(&self.write).await.unwrap();
            let attempt = state.attempt.map(|attempt| attempt.as_bytes().to_vec());
            let (rotated, idle) = (state.rotated_at.map(millis), millis(state.idle_expires_at));
            let generation = i64::from(state.generation);
            step.execute(&write, &[&id, &generation, &attempt, &rotated, &idle]).await.unwrap();
        }
        step.commit().await.unwrap();
        decision.outcome
    }
}
