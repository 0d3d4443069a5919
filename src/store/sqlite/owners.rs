//! Knows up to which birth an owner's access is revoked, and how all that an owner has ends.
//! Must not know what a row holds beside that.

use rusqlite::params;

use super::{
    super::{ended::EndReason, revocation::Owner},
    error::Error,
    row::{Columns, at},
    statement::{self, Sql},
    step::Step,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
};

/// An owner's name in columns.
pub(super) struct Name<'o> {
    pub(super) kind: &'static str,
    pub(super) subject: Option<&'o str>,
    pub(super) client: Option<&'o str>,
}

impl<'o> Name<'o> {
    pub(super) fn of(owner: &'o Owner) -> Self {
        let (kind, subject, client) = match owner {
            Owner::Subject(subject) => ("subject", Some(subject.as_str()), None),
            Owner::Client(client) => ("client", None, Some(client.as_str())),
            Owner::SubjectAtClient(subject, client) => {
                ("subject_at_client", Some(subject.as_str()), Some(client.as_str()))
            }
        };
        Self { kind, subject, client }
    }
}

/// The latest revocation that reaches this subject at this client.
pub(super) fn not_before(
    step: &Step<'_>,
    subject: &Subject,
    client: &ClientId,
) -> Result<Option<Timestamp>, Error> {
    let read = |row: &rusqlite::Row<'_>| Columns::of(row).maybe_instant();
    let found = step.find(statement::FIND_MARK, [subject.as_str(), client.as_str()], read)?;
    Ok(found.flatten())
}

/// Remembers a mark; a later one stands.
pub(super) fn raise(
    step: &Step<'_>,
    owner: &Owner,
    not_before: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let Name { kind, subject, client } = Name::of(owner);
    let (subject, client) = (subject.unwrap_or_default(), client.unwrap_or_default());
    let mark = params![kind, subject, client, at(not_before), at(expires_at)];
    step.execute(statement::RAISE_MARK, mark)?;
    Ok(())
}

/// Which rows of an owner.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    Sessions,
    ApiKeys,
}

/// How many of an owner's rows were live, and the latest birth among those that ended.
pub(super) type Ended = (u64, Option<Timestamp>);

/// Ends all that has not ended. Two statements, whatever there is.
pub(super) fn end(
    step: &Step<'_>,
    rows: Rows,
    owner: &Owner,
    reason: EndReason,
    now: Timestamp,
) -> Result<Ended, Error> {
    let (look, end) = statements(rows, owner);
    let Name { subject, client, .. } = Name::of(owner);
    let ended = step.find(look, params![subject, client, at(now)], |row| {
        let mut columns = Columns::of(row);
        let live = u64::try_from(columns.integer()?).map_err(|error| columns.wrong(error))?;
        let latest = columns.maybe_bytes()?.map(crate::id::SessionId::from_bytes);
        Ok((live, latest.map(|id| id.born())))
    })?;
    let ended = ended.unwrap_or_default();
    if ended.1.is_some() {
        step.execute(end, params![subject, client, at(now), reason.as_str()])?;
    }
    Ok(ended)
}

/// Reads a page of an owner's live sessions.
pub(super) fn list(owner: &Owner) -> Sql {
    match owner {
        Owner::Subject(_) => statement::LIST_SESSIONS_OF_SUBJECT,
        Owner::Client(_) => statement::LIST_SESSIONS_OF_CLIENT,
        Owner::SubjectAtClient(..) => statement::LIST_SESSIONS_OF_SUBJECT_AT_CLIENT,
    }
}

fn statements(rows: Rows, owner: &Owner) -> (Sql, Sql) {
    use statement::*;
    match (rows, owner) {
        (Rows::Sessions, Owner::Subject(_)) => (SESSIONS_OF_SUBJECT, END_SESSIONS_OF_SUBJECT),
        (Rows::Sessions, Owner::Client(_)) => (SESSIONS_OF_CLIENT, END_SESSIONS_OF_CLIENT),
        (Rows::Sessions, Owner::SubjectAtClient(..)) => {
            (SESSIONS_OF_SUBJECT_AT_CLIENT, END_SESSIONS_OF_SUBJECT_AT_CLIENT)
        }
        (Rows::ApiKeys, Owner::Subject(_)) => (API_KEYS_OF_SUBJECT, END_API_KEYS_OF_SUBJECT),
        (Rows::ApiKeys, Owner::Client(_)) => (API_KEYS_OF_CLIENT, END_API_KEYS_OF_CLIENT),
        (Rows::ApiKeys, Owner::SubjectAtClient(..)) => {
            (API_KEYS_OF_SUBJECT_AT_CLIENT, END_API_KEYS_OF_SUBJECT_AT_CLIENT)
        }
    }
}
