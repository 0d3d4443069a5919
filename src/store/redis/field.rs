//! Knows how single values are written in a row and read back.
//! Must not know which fields a row has.

use std::{str::FromStr, time::Duration};

use super::error::Error;
use crate::{clock::Timestamp, store::EndReason};

const REASONS: [EndReason; 9] = [
    EndReason::SignedOut,
    EndReason::Administrative,
    EndReason::SubjectRevoked,
    EndReason::ClientRevoked,
    EndReason::ConsentWithdrawn,
    EndReason::Reused,
    EndReason::OverCap,
    EndReason::CodeReplayed,
    EndReason::Replaced,
];

/// Bytes as hexadecimal digits: the text of an identifier sorts as its bytes do.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(super) fn unhex<const N: usize>(text: &str, field: &'static str) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::Field(field));
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = str::from_utf8(pair).map_err(|_| Error::Field(field))?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| Error::Field(field))?;
    }
    Ok(bytes)
}

/// Whole milliseconds, rounded up: a window never closes early by the rounding.
pub(super) fn millis(duration: Duration) -> u64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).unwrap_or(u64::MAX).min(Timestamp::MAX.as_unix_millis())
}

pub(super) fn time(at: Timestamp) -> u64 {
    at.as_unix_millis()
}

pub(super) fn optional_time(at: Option<Timestamp>) -> String {
    at.map(|at| time(at).to_string()).unwrap_or_default()
}

pub(super) fn parse<T: FromStr>(text: &str, field: &'static str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Field(field))
}

pub(super) fn parse_time(text: &str, field: &'static str) -> Result<Timestamp, Error> {
    let millis = parse(text, field)?;
    if millis > Timestamp::MAX.as_unix_millis() {
        return Err(Error::Field(field));
    }
    Ok(Timestamp::from_unix_millis(millis))
}

pub(super) fn parse_optional_time(
    text: &str,
    field: &'static str,
) -> Result<Option<Timestamp>, Error> {
    if text.is_empty() { Ok(None) } else { parse_time(text, field).map(Some) }
}

pub(super) fn parse_reason(text: &str) -> Result<EndReason, Error> {
    REASONS.into_iter().find(|reason| reason.as_str() == text).ok_or(Error::Field("reason"))
}

/// When and why something ended.
pub(super) fn parse_end(at: &str, reason: &str) -> Result<Option<(Timestamp, EndReason)>, Error> {
    match parse_optional_time(at, "ended")? {
        Some(at) => Ok(Some((at, parse_reason(reason)?))),
        None if reason.is_empty() => Ok(None),
        None => Err(Error::Field("reason")),
    }
}
