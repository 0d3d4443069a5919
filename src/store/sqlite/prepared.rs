//! Knows the statements of a connection, each prepared when it is first used.
//! Must not know what they say.

use std::cell::Cell;

use rusqlite::{Connection, PrepFlags, Statement};

use super::{
    error::Error,
    statement::{COUNT, Sql},
};

/// A connection and what it has prepared.
pub(super) struct Prepared<'c> {
    connection: &'c Connection,
    /// By the number of the statement; nothing while it is in use.
    kept: [Cell<Option<Statement<'c>>>; COUNT],
}

impl<'c> Prepared<'c> {
    pub(super) fn on(connection: &'c Connection) -> Self {
        Self { connection, kept: [const { Cell::new(None) }; COUNT] }
    }

    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Lends a statement for as long as `run` takes.
    pub(super) fn with<T>(
        &self,
        sql: Sql,
        run: impl FnOnce(&mut Statement<'c>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let kept = self.kept.get(sql.number());
        let mut statement = match kept.and_then(Cell::take) {
            Some(statement) => statement,
            None => {
                let flags = PrepFlags::SQLITE_PREPARE_PERSISTENT;
                self.connection.prepare_with_flags(sql.text(), flags)?
            }
        };
        let done = run(&mut statement);
        if let Some(kept) = kept {
            kept.set(Some(statement));
        }
        done
    }

    /// Runs a statement without parameters.
    pub(super) fn execute(&self, sql: Sql) -> Result<usize, Error> {
        self.with(sql, |statement| Ok(statement.execute([])?))
    }
}
