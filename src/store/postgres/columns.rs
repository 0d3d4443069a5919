//! Knows how to read the columns of a row, one after the other, and what is wrong with one.
//! Must not know what a row means.

use std::time::Duration;

use tokio_postgres::{Row, types::FromSql};

use super::{
    error::Error,
    rows::{FORMAT, end_reason, instant},
};
use crate::{
    clock::Timestamp,
    id::Audience,
    store::{CarriedClaims, EndReason},
};

/// Reads the columns of a row one after the other.
pub(super) struct Columns<'a> {
    row: &'a Row,
    next: usize,
    names: std::slice::Iter<'static, (&'static str, &'static str)>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(
        row: &'a Row,
        from: usize,
        names: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { row, next: from, names: names.iter() }
    }

    pub(super) fn take<T: FromSql<'a>>(&mut self) -> Result<(&'static str, T), Error> {
        let name = self.names.next().map_or("?", |(name, _)| *name);
        let value = self.row.try_get(self.next).map_err(|error| Error::row_because(name, error))?;
        self.next += 1;
        Ok((name, value))
    }

    pub(super) fn value<T: FromSql<'a>>(&mut self) -> Result<T, Error> {
        self.take().map(|(_, value)| value)
    }

    /// A text that some type parses.
    pub(super) fn parsed<T, E>(&mut self, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Error>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (name, text): (_, &str) = self.take()?;
        parse(text).map_err(|error| Error::row_because(name, error))
    }

    pub(super) fn format(&mut self) -> Result<(), Error> {
        let (name, format): (_, i16) = self.take()?;
        if format == FORMAT { Ok(()) } else { Err(Error::row(name)) }
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Error> {
        let (name, bytes): (_, Option<&[u8]>) = self.take()?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| Error::row(name))).transpose()
    }

    pub(super) fn id(&mut self) -> Result<[u8; 18], Error> {
        self.bytes()?.ok_or(Error::row("id"))
    }

    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, Error> {
        let (name, number): (_, i64) = self.take()?;
        T::try_from(number).map_err(|_| Error::row(name))
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Error> {
        self.maybe_instant()?.ok_or(Error::row("instant"))
    }

    pub(super) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, Error> {
        let (name, at): (_, Option<i64>) = self.take()?;
        at.map(|at| instant(name, at)).transpose()
    }

    pub(super) fn duration(&mut self) -> Result<Duration, Error> {
        self.number().map(Duration::from_nanos)
    }

    pub(super) fn audience(&mut self) -> Result<Vec<Audience>, Error> {
        let (name, texts): (_, Vec<&str>) = self.take()?;
        let parse =
            |text: &&str| Audience::parse(text).map_err(|error| Error::row_because(name, error));
        texts.iter().map(parse).collect()
    }

    pub(super) fn claims(&mut self) -> Result<CarriedClaims, Error> {
        self.parsed(|text| serde_json::from_str(text))
    }

    pub(super) fn ended(&mut self) -> Result<Option<(Timestamp, EndReason)>, Error> {
        let at = self.maybe_instant()?;
        let (name, reason): (_, Option<&str>) = self.take()?;
        match (at, reason) {
            (Some(at), Some(reason)) => Ok(Some((at, end_reason(name, reason)?))),
            (None, None) => Ok(None),
            _ => Err(Error::row(name)),
        }
    }
}
