//! Knows the versions of the schema and how one becomes the next.
//! Must not know what the tables are for.

use tokio::time::timeout;

use super::{PostgresStore, error::Error, run::Repeatable};
use crate::store::StoreError;

/// The migrations, first to last: version `n` is the `n`th. Never change one that was released.
const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_tables.sql"), include_str!("migrations/0002_client_lists.sql")];

/// The oldest version of the software that works with each version of the schema.
const RUNS_SINCE: [i32; 2] = [1, 1];

/// The version of the schema that this software was written for.
const VERSION: i32 = 2;

/// The advisory lock under which one instance migrates and the others wait: `hallpass`.
const LOCK: i64 = 0x6861_6c6c_7061_7373;

impl PostgresStore {
    /// The migrations as SQL, first to last, for people who run them themselves.
    #[must_use]
    pub fn migrations() -> &'static [&'static str] {
        &MIGRATIONS
    }

    /// Brings the schema to this version, in one transaction. Does nothing where it has it, and
    /// is safe when many instances start at once. A newer schema that still works with this
    /// version is left as it is.
    ///
    /// # Errors
    /// [`StoreError`]: misconfigured where the schema is too new for this version, or the role
    /// may not create it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let steps = async {
            if self.is_current().await? {
                return Ok(());
            }
            self.migrate_under_lock().await
        };
        // Other instances may be at it: many times a call, but not for ever.
        timeout(self.inner.call_timeout * 12, steps)
            .await
            .unwrap_or(Err(Error::Timeout))
            .map_err(StoreError::from)
    }

    /// Whether nothing is to be done; asked first, so that a role without the right to create
    /// tables can start on a schema that someone else has prepared.
    async fn is_current(&self) -> Result<bool, Error> {
        let schema = self.inner.schema.as_str();
        let exists = "SELECT to_regclass(format('%I.migration', $1::text)) IS NOT NULL";
        let rows = self.inner.query(exists, &[&schema], Repeatable::Yes).await?;
        let exists: bool = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => return Err(Error::Answer("no schema")),
        };
        if !exists {
            return Ok(false);
        }
        let rows = self.inner.query(&self.inner.statements.version, &[], Repeatable::Yes).await?;
        let row = rows.first().ok_or(Error::Answer("no version"))?;
        judge(row.try_get(0)?, row.try_get(1)?).map(|from| from >= VERSION)
    }

    async fn migrate_under_lock(&self) -> Result<(), Error> {
        let schema = self.inner.schema.as_str();
        let mut client = self.inner.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction
            .batch_execute(&format!(
                "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
                 SELECT pg_advisory_xact_lock({LOCK})"
            ))
            .await?;
        transaction
            .batch_execute(&format!(
                "CREATE SCHEMA IF NOT EXISTS \"{schema}\"; \
                 SET LOCAL search_path TO \"{schema}\", pg_temp; \
                 SET LOCAL check_function_bodies = on"
            ))
            .await?;
        let prepared = "SELECT to_regclass('migration') IS NOT NULL";
        let from = if transaction.query_one(prepared, &[]).await?.try_get(0)? {
            let row = transaction.query_one(&self.inner.statements.version, &[]).await?;
            judge(row.try_get(0)?, row.try_get(1)?)?
        } else {
            0
        };
        let done = usize::try_from(from).unwrap_or(0);
        let steps = (1_i32..).zip(MIGRATIONS).zip(RUNS_SINCE).skip(done);
        for ((version, sql), runs_since) in steps {
            transaction.batch_execute(sql).await?;
            let note = "INSERT INTO migration (version, runs_since) VALUES ($1, $2)";
            transaction.execute(note, &[&version, &runs_since]).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// The version the schema has, if this software can work with it.
fn judge(version: Option<i32>, runs_since: Option<i32>) -> Result<i32, Error> {
    if let Some(needed) = runs_since.filter(|needed| *needed > VERSION) {
        let text = format!(
            "the schema has version {} and needs software for version {needed} or later; this is \
             for version {VERSION}",
            version.unwrap_or_default()
        );
        return Err(Error::Setup(text.into()));
    }
    Ok(version.unwrap_or(0))
}
