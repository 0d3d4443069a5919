//! Knows the engines: how one is opened afresh, how large it is, what it leaves behind.
//! Must not know what is kept in it.

use std::{env, fs, path::PathBuf, sync::Arc, time::Duration};

use hallpass::store::{PostgresStore, SqliteDurability, SqliteOptions, Store};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{bulk, cpu, rows::Rows};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A long fill, a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

impl Kind {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "sqlite" => Self::Sqlite,
            "postgres" => Self::Postgres,
            other => panic!("`{other}` is no engine here: sqlite, postgres"),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    pub(crate) fn is_there(self) -> bool {
        let is_there = self == Self::Sqlite || env::var_os("HALLPASS_TEST_POSTGRES").is_some();
        if !is_there {
            println!("postgres: left out, HALLPASS_TEST_POSTGRES is not set");
        }
        is_there
    }
}

/// A place for one store, empty at first, removed at the end.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres { server: String, url: String },
}

impl Place {
    pub(crate) async fn new(kind: Kind) -> Self {
        let name = format!("hallpass_scale_{}", std::process::id());
        match kind {
            Kind::Sqlite => {
                let dir =
                    env::var_os("HALLPASS_SCALE_DIR").map_or_else(env::temp_dir, PathBuf::from);
                let dir = dir.join(name);
                fs::create_dir_all(&dir).unwrap();
                Self::Sqlite(dir)
            }
            Kind::Postgres => {
                let server = env::var("HALLPASS_TEST_POSTGRES").unwrap();
                let _ = ask(&server, &format!("DROP DATABASE IF EXISTS {name}")).await;
                ask(&server, &format!("CREATE DATABASE {name}")).await;
                let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
                Self::Postgres { server, url }
            }
        }
    }

    /// The store. `durable` as it comes, or quickly while it is filled.
    pub(crate) async fn open(&self, durable: bool) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(dir) => {
                let durability =
                    if durable { SqliteDurability::Full } else { SqliteDurability::Normal };
                let options = SqliteOptions::new().durability(durability).timeout(PATIENCE);
                Arc::new(options.open(dir.join("scale.db")).await.unwrap())
            }
            Self::Postgres { url, .. } => {
                let commit = if durable { "on" } else { "off" };
                let url = format!("{url}?options=-c%20synchronous_commit%3D{commit}");
                let builder = PostgresStore::builder().call_timeout(PATIENCE);
                let store = builder.connect(&url).await.unwrap();
                store.migrate().await.unwrap();
                Arc::new(store)
            }
        }
    }

    /// What a server does by itself in quiet hours.
    pub(crate) async fn settle(&self) {
        match self {
            Self::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.join("scale.db")).unwrap();
                let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
                connection.query_row(checkpoint, [], |_| Ok(())).unwrap();
            }
            Self::Postgres { url, .. } => {
                ask(url, "VACUUM ANALYZE").await;
                ask(url, "CHECKPOINT").await;
            }
        }
    }

    /// Bytes of the sessions, and of each of their indexes.
    pub(crate) async fn sizes(&self) -> Vec<(String, u64)> {
        match self {
            Self::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.join("scale.db")).unwrap();
                // Its rows lie in the tree of the primary key.
                let sql = "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE 'session%' \
                    GROUP BY name ORDER BY name";
                let mut statement = connection.prepare(sql).unwrap();
                let rows = statement
                    .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())));
                rows.unwrap().map(Result::unwrap).collect()
            }
            Self::Postgres { url, .. } => {
                let sql = "SELECT c.relname, pg_table_size(c.oid) FROM pg_class c \
                    WHERE c.relnamespace = 'hallpass'::regnamespace AND c.relkind IN ('r', 'i') \
                    AND (c.relname = 'session' OR c.oid IN (SELECT indexrelid FROM pg_index \
                        WHERE indrelid = 'hallpass.session'::regclass)) ORDER BY c.relkind DESC, 1";
                let rows = ask(url, sql).await;
                rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
            }
        }
    }

    /// Writes these sessions past the store.
    pub(crate) async fn fill(&self, store: &dyn Store, rows: Rows) {
        match self {
            Self::Sqlite(dir) => bulk::fill_sqlite(&dir.join("scale.db"), store, rows).await,
            Self::Postgres { url, .. } => bulk::fill_postgres(url, store, rows).await,
        }
    }

    /// The process of the server that listens, if it is one of this machine.
    pub(crate) async fn server(&self) -> Option<u32> {
        let Self::Postgres { url, .. } = self else { return None };
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        let rows = client.simple_query("SELECT pg_backend_pid()").await.unwrap();
        let mine = rows.iter().find_map(|row| match row {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        let listens = mine.and_then(cpu::parent);
        driver.abort();
        listens
    }

    /// How many transactions the server has committed for it.
    pub(crate) async fn commits(&self) -> Option<u64> {
        let Self::Postgres { url, .. } = self else { return None };
        // Sessions tell what they did once a second or so.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        ask(url, sql).await[0][0].parse().ok()
    }

    /// How many sessions are at this generation and live.
    pub(crate) async fn at_generation(&self, generation: u32) -> u64 {
        let from = |table| {
            format!(
                "SELECT count(*) FROM {table} WHERE generation = {generation} AND ended_at IS NULL"
            )
        };
        match self {
            Self::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.join("scale.db")).unwrap();
                let count = connection.query_row(&from("session"), [], |row| row.get::<_, i64>(0));
                count.unwrap().unsigned_abs()
            }
            Self::Postgres { url, .. } => {
                ask(url, &from("hallpass.session")).await[0][0].parse().unwrap()
            }
        }
    }

    pub(crate) async fn remove(self) {
        match self {
            Self::Sqlite(dir) => fs::remove_dir_all(dir).unwrap(),
            Self::Postgres { server, url } => {
                let (_, name) = url.rsplit_once('/').unwrap();
                ask(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
        }
    }
}

async fn ask(url: &str, sql: &str) -> Vec<Vec<String>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let rows = client.simple_query(sql).await.unwrap();
    driver.abort();
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    rows.iter().filter_map(text).collect()
}
