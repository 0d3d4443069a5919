//! Knows what can go wrong between this store and its server, and maps it to the store's kinds.
//! Must not know an operation, and never holds a command: its arguments stay out of errors.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::{StoreError, StoreErrorKind};

pub(super) const ENGINE: &str = "redis";

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the server or the connection to it failed")]
    Server(#[from] RedisError),
    #[error("no answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    #[error("{acknowledged} of {wanted} replicas have the write after {} ms", .within.as_millis())]
    Replicas { acknowledged: i64, wanted: u32, within: Duration },
    #[error("the field `{0}` of a row cannot be read")]
    Field(&'static str),
    #[error("a row has a version that this one does not know, or lacks a field")]
    Row,
    #[error("the server's answer has not the form of the script's")]
    Reply,
    #[error("the successor's id is taken")]
    Taken,
    #[error("a cursor of another store")]
    Cursor,
    #[error("this is not a server's address: {0}")]
    Url(RedisError),
    #[error(
        "a key prefix has 1 to 64 letters, digits or characters of `:._-`, and ends in no letter \
         or digit, such as `hallpass:`"
    )]
    Prefix,
    #[error(
        "the server's `maxmemory-policy` is `{0}`, and it must be `noeviction`: a server that \
         evicts keys forgets sessions and revocations"
    )]
    Eviction(String),
    #[error(
        "the server is part of a cluster: ending a session also writes the revocation feed, which \
         lies in another slot; use one primary with replicas, or another engine"
    )]
    Cluster,
    #[error(
        "the server's clock and this one differ by {} ms, more than the {} ms allowed",
        .by.as_millis(), .allowed.as_millis()
    )]
    Skew { by: Duration, allowed: Duration },
    #[error("the server's `INFO` lacks `{0}`")]
    Info(&'static str),
}

impl Error {
    fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Server(error) => server_kind(error),
            Self::Deadline(_) | Self::Replicas { .. } => StoreErrorKind::Unavailable,
            Self::Taken | Self::Field(_) | Self::Row | Self::Reply | Self::Cursor => {
                StoreErrorKind::Corrupt
            }
            Self::Url(_)
            | Self::Prefix
            | Self::Eviction(_)
            | Self::Cluster
            | Self::Skew { .. }
            | Self::Info(_) => StoreErrorKind::Misconfigured,
        }
    }

    /// Whether the connection should be replaced: the server cannot be heard through it, or is no
    /// longer the primary.
    pub(super) fn needs_new_connection(&self) -> bool {
        match self {
            Self::Deadline(_) => true,
            Self::Server(error) => {
                error.is_io_error()
                    || error.is_unrecoverable_error()
                    || code(error) == Some("READONLY")
            }
            _ => false,
        }
    }

    /// Whether the command cannot have reached the server.
    pub(super) fn was_not_sent(&self) -> bool {
        matches!(self, Self::Server(error) if error.is_connection_refusal())
    }

    /// Whether the connection was lost, so that the command may or may not have been carried out.
    pub(super) fn lost_the_connection(&self) -> bool {
        matches!(self, Self::Server(error) if error.is_connection_dropped())
    }

    pub(super) fn has_no_script(&self) -> bool {
        matches!(self, Self::Server(error)
            if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
    }
}

fn server_kind(error: &RedisError) -> StoreErrorKind {
    match code(error) {
        Some("OOM") => StoreErrorKind::Full,
        Some("BUSY") => StoreErrorKind::Busy,
        Some("WRONGTYPE") => StoreErrorKind::Corrupt,
        Some("NOPERM" | "NOAUTH" | "WRONGPASS") => StoreErrorKind::Misconfigured,
        _ if error.kind() == ErrorKind::AuthenticationFailed => StoreErrorKind::Misconfigured,
        _ => StoreErrorKind::Unavailable,
    }
}

/// The server's word for what went wrong. Before version 7 it says `ERR` of a script, and the word
/// of the command that failed in it comes later in the text.
fn code(error: &RedisError) -> Option<&str> {
    let code = error.code()?;
    let within = || error.detail()?.split_once(": -")?.1.split(' ').next();
    if code == "ERR" { within().or(Some(code)) } else { Some(code) }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), ENGINE).with_source(error)
    }
}
