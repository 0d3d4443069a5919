//! Knows how SQLite fails, and which kind of trouble that is for a caller.
//! Must not know what was being done.

use std::{error::Error as StdError, sync::Arc};

use rusqlite::ErrorCode;

use super::super::error::{StoreError, StoreErrorKind};

/// The name of this engine in errors.
const ENGINE: &str = "sqlite";

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("sqlite refused the command")]
    Engine(#[from] rusqlite::Error),
    #[error("column {column} of the row cannot be read")]
    Row { column: usize, source: Box<dyn StdError + Send + Sync> },
    #[error("the row is written in format {found}, which this version does not know")]
    Format { found: i64 },
    #[error("the cursor is not of this feed, or the file is older than the cursor")]
    Cursor,
    #[error("this needs schema version {needed}, and the file has version {found}; run `migrate`")]
    Unmigrated { found: i64, needed: i64 },
    #[error(
        "the file has schema version {found}, for programs of version {works_from} or later; this is version {ours}"
    )]
    TooNew { found: i64, works_from: i64, ours: i64 },
    #[error("the file is a database of something else")]
    Foreign,
    #[error("write-ahead logging is not available for this file; it is `{found}`")]
    Journal { found: String },
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
    #[error("the id of the new record is taken")]
    TakenId,
    #[error("too many commands wait")]
    Crowded,
    #[error("no answer within the time allowed")]
    Late,
    #[error("the store's thread has ended")]
    Gone,
    #[error("the transaction of this command failed")]
    Batch(#[source] Arc<Error>),
}

impl Error {
    pub(super) fn row(column: usize, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Row { column, source: source.into() }
    }

    /// Whether another holds a lock: worth another try.
    pub(super) fn is_busy(&self) -> bool {
        self.kind() == StoreErrorKind::Busy
    }

    pub(super) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Engine(error) => engine_kind(error),
            Self::Row { .. } | Self::Format { .. } | Self::Cursor | Self::TakenId => {
                StoreErrorKind::Corrupt
            }
            Self::Unmigrated { .. }
            | Self::TooNew { .. }
            | Self::Foreign
            | Self::Journal { .. } => StoreErrorKind::Misconfigured,
            Self::Crowded => StoreErrorKind::Busy,
            Self::Thread(_) | Self::Late | Self::Gone => StoreErrorKind::Unavailable,
            Self::Batch(error) => error.kind(),
        }
    }
}

fn engine_kind(error: &rusqlite::Error) -> StoreErrorKind {
    use rusqlite::Error as Sqlite;
    match error {
        Sqlite::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Busy,
            ErrorCode::DiskFull => StoreErrorKind::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreErrorKind::Corrupt,
            ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::SchemaChanged
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::NoLargeFileSupport => StoreErrorKind::Misconfigured,
            // SQLITE_ERROR: a table or column is not there.
            ErrorCode::Unknown => StoreErrorKind::Misconfigured,
            _ => StoreErrorKind::Unavailable,
        },
        Sqlite::FromSqlConversionFailure(..)
        | Sqlite::IntegralValueOutOfRange(..)
        | Sqlite::Utf8Error(..)
        | Sqlite::InvalidColumnType(..) => StoreErrorKind::Corrupt,
        Sqlite::InvalidPath(_) | Sqlite::NulError(_) => StoreErrorKind::Misconfigured,
        _ => StoreErrorKind::Unavailable,
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), ENGINE).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[track_caller]
    fn check(code: i32, kind: StoreErrorKind) {
        let error = Error::Engine(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert_eq!(StoreError::from(error).kind(), kind);
    }

    #[test]
    fn what_sqlite_says_becomes_what_a_caller_can_do() {
        check(ffi::SQLITE_BUSY, StoreErrorKind::Busy);
        check(ffi::SQLITE_BUSY_SNAPSHOT, StoreErrorKind::Busy);
        check(ffi::SQLITE_LOCKED, StoreErrorKind::Busy);
        check(ffi::SQLITE_FULL, StoreErrorKind::Full);
        check(ffi::SQLITE_CORRUPT, StoreErrorKind::Corrupt);
        check(ffi::SQLITE_NOTADB, StoreErrorKind::Corrupt);
        check(ffi::SQLITE_READONLY, StoreErrorKind::Misconfigured);
        check(ffi::SQLITE_CANTOPEN, StoreErrorKind::Misconfigured);
        check(ffi::SQLITE_ERROR, StoreErrorKind::Misconfigured);
        check(ffi::SQLITE_IOERR_FSYNC, StoreErrorKind::Unavailable);
        check(ffi::SQLITE_NOMEM, StoreErrorKind::Unavailable);
    }

    #[test]
    fn the_text_names_the_engine_and_nothing_else() {
        let error = StoreError::from(Error::Foreign);
        assert_eq!(error.to_string(), "the sqlite store is not set up as it must be");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("the file is a database of something else"));
    }
}
