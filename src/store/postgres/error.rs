//! Knows how PostgreSQL and the way to it fail, and which kind of trouble each failure is.
//! Must not know the statement that failed.

use std::sync::Arc;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use super::super::{StoreError, StoreErrorKind};

pub(super) const ENGINE: &str = "postgres";

/// What went wrong, for the operator's log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the server refused the statement or the connection failed")]
    Driver(#[source] tokio_postgres::Error),
    #[error("no connection could be had")]
    Pool(#[source] PoolError),
    #[error("there was no certain answer in time")]
    Timeout,
    #[error("the column `{column}` holds what this version cannot read")]
    Row {
        column: &'static str,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("the column `{column}` cannot hold a duration over 292 years")]
    Duration { column: &'static str },
    #[error("the answer does not fit the command: {0}")]
    Answer(&'static str),
    #[error("this place in the feed is not of this server")]
    Cursor,
    #[error("the server's clock differs by {} ms, more than allowed", .0)]
    Skew(i64),
    #[error("{0}")]
    Setup(Box<str>),
}

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing was sent, or what was sent was undone: any command may be sent again.
    Repeat,
    /// It is not known whether the command was carried out.
    Resend,
    /// Sending it again would not help.
    None,
}

impl Error {
    pub(super) fn row(column: &'static str) -> Self {
        Self::Row { column, source: None }
    }

    pub(super) fn row_because(
        column: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Row { column, source: Some(source.into()) }
    }

    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Driver(error) | Self::Pool(PoolError::Backend(error)) => error.code(),
            _ => None,
        }
    }

    /// The kind of trouble, once for all.
    pub(super) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Timeout | Self::Answer(_) => StoreErrorKind::Unavailable,
            Self::Row { .. } | Self::Duration { .. } | Self::Cursor => StoreErrorKind::Corrupt,
            Self::Skew(_) | Self::Setup(_) => StoreErrorKind::Misconfigured,
            Self::Pool(PoolError::Timeout(TimeoutType::Wait)) => StoreErrorKind::Busy,
            Self::Driver(_) | Self::Pool(_) => {
                self.state().map_or(StoreErrorKind::Unavailable, |state| kind_of(state.code()))
            }
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match (self, self.state().map(SqlState::code)) {
            (Self::Pool(PoolError::Timeout(_) | PoolError::Closed), _) => Remedy::None,
            (Self::Pool(_), None) => Remedy::Repeat,
            (Self::Driver(_), None) => Remedy::Resend,
            // Serialization failure, deadlock; a plan or statement that the server has dropped;
            // a server that is starting; a standby that is to become the primary.
            (_, Some("40001" | "40P01" | "0A000" | "26000" | "57P03" | "25006")) => Remedy::Repeat,
            // Shut down, or this connection was ended: what had not been committed was undone.
            (_, Some("57P01" | "57P02" | "57P05")) => Remedy::Resend,
            (_, Some(state)) if state.starts_with("08") => Remedy::Resend,
            _ => Remedy::None,
        }
    }

    /// Whether the connection it came from can still be used.
    pub(super) fn spoils_connection(&self) -> bool {
        match self.state().map(SqlState::code) {
            None => true,
            Some(state) => {
                state.starts_with("08")
                    || state.starts_with("57P")
                    || matches!(state, "0A000" | "26000" | "25006")
            }
        }
    }
}

fn kind_of(state: &str) -> StoreErrorKind {
    match state {
        // Disk full.
        "53100" => StoreErrorKind::Full,
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => StoreErrorKind::Busy,
        // Our own: the isolation level.
        "HP001" | "HP002" => StoreErrorKind::Misconfigured,
        _ => match state.get(..2) {
            Some("53") => StoreErrorKind::Busy,
            // Data the server cannot hold, or a row that breaks a constraint.
            Some("22" | "23") => StoreErrorKind::Corrupt,
            // No schema or table, no right to it, no such database or role, an old server.
            Some("42" | "3F" | "3D" | "28") => StoreErrorKind::Misconfigured,
            _ => StoreErrorKind::Unavailable,
        },
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), ENGINE).with_source(error)
    }
}

/// One failure that several callers are told of.
pub(super) fn shared(error: &Arc<Error>) -> StoreError {
    StoreError::new(error.kind(), ENGINE).with_source(Arc::clone(error))
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_server_is_one_kind_of_trouble() {
        let table = [
            ("53100", StoreErrorKind::Full),
            ("53300", StoreErrorKind::Busy),
            ("40P01", StoreErrorKind::Busy),
            ("55P03", StoreErrorKind::Busy),
            ("57014", StoreErrorKind::Unavailable),
            ("57P01", StoreErrorKind::Unavailable),
            ("08006", StoreErrorKind::Unavailable),
            ("25006", StoreErrorKind::Unavailable),
            ("42P01", StoreErrorKind::Misconfigured),
            ("28P01", StoreErrorKind::Misconfigured),
            ("3D000", StoreErrorKind::Misconfigured),
            ("22021", StoreErrorKind::Corrupt),
            ("23514", StoreErrorKind::Corrupt),
            ("XX000", StoreErrorKind::Unavailable),
        ];
        for (state, kind) in table {
            assert_eq!(kind_of(state), kind, "{state}");
        }
    }
}
