//! PostgreSQL: the store with and without waiting for the disk, and a transaction of five steps
//! for each rotation on the same pool, over the server that `HALLPASS_TEST_POSTGRES` names.

use std::{sync::Arc, time::Duration};

use criterion::Criterion;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use hallpass::{
    Timestamp,
    store::{PostgresStore, RotateOutcome, Rotation, SessionRecord, decide},
};
use tokio_postgres::{Config, NoTls};

use super::{Subject, filled, session, started, subject};

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
        subject(c, &format!("postgres {name}"), |callers| {
            let pool = pool(&url, commit);
            async move { filled(open(pool, callers).await, callers).await }
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

async fn open(pool: Pool, callers: u64) -> PostgresStore {
    let builder = PostgresStore::builder().schema(&schema("own", callers));
    let store = builder.call_timeout(Duration::from_secs(60)).pool(pool).await.unwrap();
    store.migrate().await.unwrap();
    store
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
