//! Knows the versions of the schema and how a file comes to the newest.
//! Must not know what the tables are for.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::error::Error;

/// Marks a file as ours.
const APPLICATION: i64 = 1_752_200_307;

/// Every migration, the first one first: the file `migrations/0001_….sql` makes version 1. Each
/// sets its `user_version` and, where older programs could not go on, `setting.works_from`.
const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_start.sql"), include_str!("migrations/0002_client_lists.sql")];

/// The version this program was written for.
const CURRENT: i64 = 2;

/// What a file says of itself.
struct Found {
    application: i64,
    version: i64,
}

/// Brings the file to the current version. Does nothing where it is there already; safe when many
/// processes start at once, because all of it is one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    if look(connection)?.version >= CURRENT {
        return check(connection);
    }
    let step = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let found = look(&step)?;
    if found.application != APPLICATION && !is_empty(&step)? {
        return Err(Error::Foreign);
    }
    let done = usize::try_from(found.version).map_err(|_| Error::Foreign)?;
    for migration in MIGRATIONS.iter().skip(done) {
        step.execute_batch(migration)?;
    }
    step.commit()?;
    check(connection)
}

/// Whether this program can use the file as it is.
pub(super) fn check(connection: &Connection) -> Result<(), Error> {
    let found = look(connection)?;
    if found.version == 0 && is_empty(connection)? {
        return Err(Error::Unmigrated { found: 0, needed: CURRENT });
    }
    if found.application != APPLICATION {
        return Err(Error::Foreign);
    }
    if found.version < CURRENT {
        return Err(Error::Unmigrated { found: found.version, needed: CURRENT });
    }
    let works_from = connection
        .query_row("SELECT works_from FROM setting WHERE id = 1", [], |row| row.get(0))
        .optional()?;
    match works_from {
        Some(works_from) if works_from <= CURRENT => Ok(()),
        works_from => Err(Error::TooNew {
            found: found.version,
            works_from: works_from.unwrap_or(found.version),
            ours: CURRENT,
        }),
    }
}

fn look(connection: &Connection) -> Result<Found, Error> {
    Ok(Found {
        application: connection.query_row("PRAGMA application_id", [], |row| row.get(0))?,
        version: connection.query_row("PRAGMA user_version", [], |row| row.get(0))?,
    })
}

fn is_empty(connection: &Connection) -> Result<bool, Error> {
    Ok(connection
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?)
}
