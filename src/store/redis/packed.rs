//! Knows how numbers and texts are packed, as `struct.unpack` of the scripts reads them.
//! Must not know what they stand for.

use super::error::Error;
use crate::clock::Timestamp;

/// Bytes that are written one value after the other.
#[derive(Default)]
pub(super) struct Pack(Vec<u8>);

impl Pack {
    pub(super) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `I4`.
    pub(super) fn count(self, count: u32) -> Self {
        self.bytes(&count.to_be_bytes())
    }

    /// `i8`, of what is below 2^53, as times are.
    pub(super) fn millis(self, millis: u64) -> Self {
        self.bytes(&millis.to_be_bytes())
    }

    /// `i8`, -1 for none.
    pub(super) fn optional_time(self, at: Option<Timestamp>) -> Self {
        self.bytes(&at.map_or(u64::MAX, Timestamp::as_unix_millis).to_be_bytes())
    }

    /// `Bc0`.
    pub(super) fn word(self, word: &[u8], field: &'static str) -> Result<Self, Error> {
        let length = u8::try_from(word.len()).map_err(|_| Error::Field(field))?;
        Ok(self.byte(length).bytes(word))
    }

    /// `I2c0`.
    pub(super) fn text(self, text: &str, field: &'static str) -> Result<Self, Error> {
        let length = u16::try_from(text.len()).map_err(|_| Error::Field(field))?;
        Ok(self.bytes(&length.to_be_bytes()).bytes(text.as_bytes()))
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// What is left of packed bytes, taken from the front.
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl<'a> Packed<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Row)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Error::Row)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Error> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Field(field)),
        }
    }

    pub(super) fn count(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn millis(&mut self, field: &'static str) -> Result<u64, Error> {
        match u64::from_be_bytes(self.array()?) {
            millis if millis <= Timestamp::MAX.as_unix_millis() => Ok(millis),
            _ => Err(Error::Field(field)),
        }
    }

    pub(super) fn time(&mut self, field: &'static str) -> Result<Timestamp, Error> {
        self.millis(field).map(Timestamp::from_unix_millis)
    }

    pub(super) fn optional_time(
        &mut self,
        field: &'static str,
    ) -> Result<Option<Timestamp>, Error> {
        match self.0.split_first_chunk() {
            Some((&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], rest)) => {
                self.0 = rest;
                Ok(None)
            }
            _ => self.time(field).map(Some),
        }
    }

    pub(super) fn word(&mut self) -> Result<&'a [u8], Error> {
        let length = self.byte()?;
        self.take(length.into())
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<&'a str, Error> {
        let length = u16::from_be_bytes(self.array()?);
        str::from_utf8(self.take(length.into())?).map_err(|_| Error::Field(field))
    }

    /// Nothing more may follow.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Row) }
    }
}
