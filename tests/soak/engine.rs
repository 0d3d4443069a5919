//! Knows the store that both instances share: where it is, how it is broken, how many rows it has.
//! Must not know what the rows should be.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tokio_postgres::NoTls;

/// What is kept until a deadline, and has to go after it.
pub(crate) const TABLES: [&str; 4] = ["session", "code", "revocation", "once"];

pub(crate) enum Engine {
    Sqlite(PathBuf),
    Postgres {
        url: String,
        /// Where the server is, if it is the tests' own and may be restarted.
        dir: Option<String>,
    },
}

impl Engine {
    /// SQLite beside the configuration, or a database of its own.
    pub(crate) async fn new(name: &str, data: &Path) -> Self {
        match name {
            "sqlite" => Self::Sqlite(data.join("auth.db")),
            "postgres" => {
                let server = env::var("HALLPASS_TEST_POSTGRES")
                    .expect("tests/soak/run sets HALLPASS_TEST_POSTGRES");
                let database = format!("soak_{}", std::process::id());
                ask(&server, &format!("CREATE DATABASE {database}")).await.unwrap();
                let (address, _) = server.rsplit_once('/').unwrap();
                let dir = env::var("HALLPASS_TEST_POSTGRES_DIR").ok();
                Self::Postgres { url: format!("{address}/{database}"), dir }
            }
            other => panic!("`{other}` is no engine of the soak: sqlite, postgres"),
        }
    }

    /// What the configuration calls it.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    pub(crate) fn can_restart(&self) -> bool {
        matches!(self, Self::Postgres { dir: Some(_), .. })
    }

    /// Ends the server as a crash does, and starts it again.
    pub(crate) fn restart(&self) -> Result<(), String> {
        let Self::Postgres { dir: Some(dir), .. } = self else { return Ok(()) };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/postgres");
        let run = Command::new(script).args(["restart", dir]).output();
        let run = run.map_err(|why| why.to_string())?;
        match run.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&run.stderr).into_owned()),
        }
    }

    /// Cuts every connection of both instances; on SQLite, holds the lock against them.
    pub(crate) async fn cut(&self) -> Result<(), String> {
        match self {
            Self::Postgres { url, .. } => {
                let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
                ask(url, cut).await.map(drop)
            }
            Self::Sqlite(file) => {
                let file = file.clone();
                let hold = move || -> Result<(), rusqlite::Error> {
                    let connection = rusqlite::Connection::open(file)?;
                    connection.busy_timeout(Duration::from_secs(10))?;
                    connection.execute_batch("BEGIN IMMEDIATE")?;
                    std::thread::sleep(Duration::from_millis(1500));
                    connection.execute_batch("ROLLBACK")
                };
                let done = tokio::task::spawn_blocking(hold).await;
                done.map_err(|why| why.to_string())?.map_err(|why| why.to_string())
            }
        }
    }

    /// How many rows each of [`TABLES`] has.
    pub(crate) async fn rows(&self) -> Result<[u64; 4], String> {
        let mut rows = [0; 4];
        for (count, table) in rows.iter_mut().zip(TABLES) {
            let found = match self {
                Self::Postgres { url, .. } => {
                    let table = if table == "once" { "replay" } else { table };
                    ask(url, &format!("SELECT count(*) FROM hallpass.{table}")).await?
                }
                Self::Sqlite(file) => {
                    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
                    let connection = rusqlite::Connection::open_with_flags(file, flags);
                    let connection = connection.map_err(|why| why.to_string())?;
                    let sql = format!("SELECT count(*) FROM {table}");
                    connection
                        .query_row(&sql, [], |row| row.get(0))
                        .map_err(|why| why.to_string())?
                }
            };
            *count = u64::try_from(found).unwrap_or_default();
        }
        Ok(rows)
    }

    /// Takes away what it made.
    pub(crate) async fn remove(&self) {
        if let (Self::Postgres { url, .. }, Ok(server)) = (self, env::var("HALLPASS_TEST_POSTGRES"))
        {
            let (_, database) = url.rsplit_once('/').unwrap();
            let _ = ask(&server, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
        }
    }
}

/// A statement on a connection of its own, and the number it gives.
async fn ask(url: &str, sql: &str) -> Result<i64, String> {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected.map_err(|why| why.to_string())?;
    let driver = tokio::spawn(connection);
    let rows = client.simple_query(sql).await.map_err(|why| why.to_string());
    driver.abort();
    let number = rows?.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    Ok(number.unwrap_or_default())
}
