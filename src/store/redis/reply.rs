//! Knows how a script's answer is taken apart.
//! Must not know a record.

use redis::Value;

use super::error::Error;
use crate::clock::Timestamp;

/// The rest of an answer, taken from the front.
pub(super) struct Reply(std::vec::IntoIter<Value>);

impl Reply {
    /// The answer's first word, and the rest. A row that cannot be read is an error at once.
    pub(super) fn open(value: Value) -> Result<(String, Self), Error> {
        Self::from_list(Self::list(value)?)
    }

    /// The same of an answer within an answer.
    pub(super) fn from_list(mut reply: Self) -> Result<(String, Self), Error> {
        let word = reply.text()?;
        if word == "corrupt" { Err(Error::Row) } else { Ok((word, reply)) }
    }

    fn list(value: Value) -> Result<Self, Error> {
        match value {
            Value::Array(items) => Ok(Self(items.into_iter())),
            _ => Err(Error::Reply),
        }
    }

    pub(super) fn next_list(&mut self) -> Result<Self, Error> {
        Self::list(self.value()?)
    }

    fn value(&mut self) -> Result<Value, Error> {
        self.0.next().ok_or(Error::Reply)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        match self.value()? {
            Value::BulkString(bytes) => Ok(bytes),
            _ => Err(Error::Reply),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        String::from_utf8(self.bytes()?).map_err(|_| Error::Reply)
    }

    pub(super) fn integer(&mut self) -> Result<i64, Error> {
        match self.value()? {
            Value::Int(number) => Ok(number),
            _ => Err(Error::Reply),
        }
    }

    /// A number that is not negative.
    pub(super) fn count<T: TryFrom<i64>>(&mut self) -> Result<T, Error> {
        T::try_from(self.integer()?).map_err(|_| Error::Reply)
    }

    /// A number written as text.
    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Result<T, Error> {
        self.text()?.parse().map_err(|_| Error::Reply)
    }

    /// Milliseconds; nothing where the script says -1.
    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, Error> {
        let millis = self.integer()?;
        Ok(u64::try_from(millis).ok().map(Timestamp::from_unix_millis))
    }
}
