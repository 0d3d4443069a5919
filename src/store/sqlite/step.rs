//! Knows what a command may do inside the transaction it runs in.
//! Must not know where the transaction begins or ends.

use std::cell::{Cell, RefCell};

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::{
    super::revocation::RevocationRecord, error::Error, prepared::Prepared, statement::Sql,
};

/// Pages beyond the limit for what forgets.
const RESERVE: i64 = 32;

/// The transaction of a batch, as a command sees it. One for each thread, because it keeps what is
/// prepared: [`begin`](Self::begin) makes it new.
pub(super) struct Step<'c> {
    prepared: Prepared<'c>,
    written: RefCell<Vec<RevocationRecord>>,
    statements: Cell<u64>,
}

impl<'c> Step<'c> {
    pub(super) fn on(connection: &'c Connection) -> Self {
        let prepared = Prepared::on(connection);
        Self { prepared, written: RefCell::default(), statements: Cell::new(0) }
    }

    /// Forgets what an earlier transaction counted and noted.
    pub(super) fn begin(&self) -> &Prepared<'c> {
        self.statements.set(0);
        self.written.take();
        &self.prepared
    }

    /// Runs a statement; says how many rows it changed.
    pub(super) fn execute(&self, sql: Sql, params: impl Params) -> Result<usize, Error> {
        self.count();
        self.prepared.with(sql, |statement| Ok(statement.execute(params)?))
    }

    /// Runs a statement that gives room back. It may use a few pages more than
    /// [`max_bytes`](super::SqliteOptions::max_bytes) allows, else a full file could never be
    /// emptied: taking a row out of a tree may need a page for a moment.
    pub(super) fn execute_beyond_limit(
        &self,
        sql: Sql,
        params: impl Params,
    ) -> Result<usize, Error> {
        let connection = self.prepared.connection();
        let pages: i64 = connection.query_row("PRAGMA max_page_count", [], |row| row.get(0))?;
        self.limit_pages(pages.saturating_add(RESERVE))?;
        let done = self.execute(sql, params);
        self.limit_pages(pages)?;
        done
    }

    fn limit_pages(&self, pages: i64) -> Result<(), Error> {
        let sql = format!("PRAGMA max_page_count = {pages}");
        Ok(self.prepared.connection().query_row(&sql, [], |_| Ok(()))?)
    }

    /// The only row of a statement, if there is one.
    pub(super) fn find<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.count();
        self.prepared.with(sql, |statement| {
            statement.query_row(params, |row| Ok(read(row))).optional()?.transpose()
        })
    }

    /// Every row of a statement.
    pub(super) fn list<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.count();
        self.prepared.with(sql, |statement| {
            let mut rows = statement.query(params)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        })
    }

    /// Notes a record that becomes known once the transaction is durable.
    pub(super) fn note(&self, record: RevocationRecord) {
        self.written.borrow_mut().push(record);
    }

    /// The records that the transaction wrote.
    pub(super) fn take_written(&self) -> Vec<RevocationRecord> {
        self.written.take()
    }

    pub(super) fn statements(&self) -> u64 {
        self.statements.get()
    }

    fn count(&self) {
        #[cfg(test)]
        super::killed::point();
        self.statements.set(self.statements.get() + 1);
    }
}
