//! Knows how a record lies in the columns of its row.
//! Must not guess: what this version cannot read is refused.

use std::{fmt::Display, time::Duration};

use rusqlite::{Row, params, params_from_iter, types::Value};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    super::{api_key::ApiKeyRecord, ended::EndReason, session::SessionRecord},
    error::Error,
    statement::{INSERT_API_KEY, INSERT_SESSION},
    step::Step,
    unread::Unread,
};
use crate::{clock::Timestamp, scope::Scope};

/// How rows are written today.
pub(super) const FORMAT: i64 = 1;

/// The columns of a row, taken from left to right.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    fn take<T: rusqlite::types::FromSql>(&mut self) -> Result<T, Error> {
        let column = self.next;
        self.next += 1;
        Ok(self.row.get(column)?)
    }

    pub(super) fn wrong(&self, why: impl Display) -> Error {
        Error::row(self.next.saturating_sub(1), why.to_string())
    }

    pub(super) fn integer(&mut self) -> Result<i64, Error> {
        self.take()
    }

    pub(super) fn number<T: TryFrom<i64, Error: Display>>(&mut self) -> Result<T, Error> {
        T::try_from(self.integer()?).map_err(|error| self.wrong(error))
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        match self.integer()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.wrong(format_args!("{other} is neither 0 nor 1"))),
        }
    }

    pub(super) fn duration(&mut self) -> Result<Duration, Error> {
        Ok(Duration::from_millis(self.number()?))
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_unix_millis(self.number()?))
    }

    pub(super) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, Error> {
        let millis: Option<i64> = self.take()?;
        let millis = millis.map(u64::try_from).transpose().map_err(|error| self.wrong(error))?;
        Ok(millis.map(Timestamp::from_unix_millis))
    }

    pub(super) fn text(&mut self) -> Result<&'r str, Error> {
        self.maybe_text()?.ok_or_else(|| self.wrong("it is empty"))
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<&'r str>, Error> {
        let column = self.next;
        self.next += 1;
        self.row.get_ref(column)?.as_str_or_null().map_err(|error| Error::row(column, error))
    }

    pub(super) fn parsed<T, E: Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Error> {
        let text = self.text()?;
        parse(text).map_err(|error| self.wrong(error))
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        self.parsed(|text| serde_json::from_str(text))
    }

    pub(super) fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let text = self.maybe_text()?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.wrong(error))
    }

    pub(super) fn maybe_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Error> {
        let column = self.next;
        self.next += 1;
        let bytes =
            self.row.get_ref(column)?.as_blob_or_null().map_err(|e| Error::row(column, e))?;
        bytes.map(TryInto::try_into).transpose().map_err(|error| self.wrong(error))
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.maybe_bytes()?.ok_or_else(|| self.wrong("it is empty"))
    }

    pub(super) fn blob(&mut self) -> Result<Vec<u8>, Error> {
        self.take()
    }

    pub(super) fn format(&mut self) -> Result<(), Error> {
        match self.integer()? {
            FORMAT => Ok(()),
            found => Err(Error::Format { found }),
        }
    }

    pub(super) fn ended(&mut self) -> Result<Option<(Timestamp, EndReason)>, Error> {
        let at = self.maybe_instant()?;
        let reason = self.maybe_text()?;
        match (at, reason) {
            (None, None) => Ok(None),
            (Some(at), Some(reason)) => {
                let reason =
                    serde::de::value::StrDeserializer::<serde::de::value::Error>::new(reason);
                let reason = serde::Deserialize::deserialize(reason);
                reason.map(|reason| Some((at, reason))).map_err(|error| self.wrong(error))
            }
            _ => Err(self.wrong("an end has a time and a reason")),
        }
    }
}

pub(super) fn session(row: &Row<'_>) -> Result<SessionRecord, Error> {
    session_of(&mut Columns::of(row))
}

/// The session in the next columns.
pub(super) fn session_of(columns: &mut Columns<'_>) -> Result<SessionRecord, Error> {
    Unread::of(columns)?.read()
}

/// Writes a new row; says whether its id was free.
pub(super) fn insert_session(step: &Step<'_>, record: &SessionRecord) -> Result<bool, Error> {
    let mut values = session_values(record)?;
    values.push(at(record.prune_after()).into());
    Ok(step.execute(INSERT_SESSION, params_from_iter(values))? == 1)
}

/// The columns of a session, in the order of the statements.
pub(super) fn session_values(record: &SessionRecord) -> Result<Vec<Value>, Error> {
    let SessionRecord { policy, state, .. } = record;
    Ok(vec![
        record.id.as_bytes().to_vec().into(),
        FORMAT.into(),
        record.subject.as_str().to_owned().into(),
        record.client.as_str().to_owned().into(),
        record.scope.as_str().to_owned().into(),
        json(&record.audience)?.into(),
        json(&record.claims)?.into(),
        record.cnf.as_ref().map(json).transpose()?.into(),
        record.label.clone().into(),
        millis(policy.access_lifetime).into(),
        millis_up(policy.retry_window).into(),
        millis_up(policy.retry_after_loss).into(),
        millis(policy.idle).into(),
        millis(policy.max_skew).into(),
        policy.rotation.into(),
        policy.strict.into(),
        policy.client_proof.into(),
        at(record.absolute_expires_at).into(),
        state.generation.into(),
        state.sealing_key.into(),
        state.attempt.map(|attempt| attempt.as_bytes().to_vec()).into(),
        state.rotated_at.map(at).into(),
        state.confirmed_at.map(at).into(),
        at(state.idle_expires_at).into(),
        state.ended.map(|(ended_at, _)| at(ended_at)).into(),
        state.ended.map(|(_, reason)| reason.as_str().to_owned()).into(),
    ])
}

pub(super) fn api_key(row: &Row<'_>) -> Result<ApiKeyRecord, Error> {
    let mut columns = Columns::of(row);
    let id = crate::id::ApiKeyId::from_bytes(columns.bytes()?);
    columns.format()?;
    Ok(ApiKeyRecord {
        id,
        subject: columns.parsed(str::parse)?,
        client: columns.parsed(str::parse)?,
        name: columns.text()?.to_owned(),
        scope: columns.parsed(Scope::parse_canonical)?,
        audience: columns.json()?,
        claims: columns.json()?,
        expires_at: columns.maybe_instant()?,
        last_used_at: columns.maybe_instant()?,
        replaced_by: columns.maybe_bytes()?.map(crate::id::ApiKeyId::from_bytes),
        ended: columns.ended()?,
    })
}

/// Writes a new row; says whether its id was free.
pub(super) fn insert_api_key(step: &Step<'_>, record: &ApiKeyRecord) -> Result<bool, Error> {
    let written = step.execute(
        INSERT_API_KEY,
        params![
            record.id.as_bytes(),
            FORMAT,
            record.subject.as_str(),
            record.client.as_str(),
            record.name,
            record.scope.as_str(),
            json(&record.audience)?,
            json(&record.claims)?,
            record.expires_at.map(at),
            record.last_used_at.map(at),
            record.replaced_by.as_ref().map(crate::id::ApiKeyId::as_bytes),
            record.ended.map(|(ended_at, _)| at(ended_at)),
            record.ended.map(|(_, reason)| reason.as_str()),
            record.stops_at().map(at),
        ],
    )?;
    Ok(written == 1)
}

pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::Engine(rusqlite::Error::ToSqlConversionFailure(error.into())))
}

/// Unix milliseconds. Year 9999 fits.
pub(super) fn at(instant: Timestamp) -> i64 {
    i64::try_from(instant.as_unix_millis()).unwrap_or(i64::MAX)
}

/// Whole milliseconds, rounded down: what arithmetic with instants makes of a duration.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Whole milliseconds, rounded up. `elapsed < window` and `expiry <= now` then mean the same for
/// times that are whole milliseconds themselves.
pub(super) fn millis_up(duration: Duration) -> i64 {
    let spare = i64::from(!duration.subsec_nanos().is_multiple_of(1_000_000));
    millis(duration).saturating_add(spare)
}
