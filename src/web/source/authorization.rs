//! Knows how the `Authorization` header is read (RFC 9110 §11.4, RFC 6750 §2.1).
//! Must not know any other place for a credential.

use zeroize::Zeroizing;

use super::{token68, trim};
use crate::web::{Refusal, RequestHead};

/// The token under `scheme`. Credentials of another scheme are somebody else's: nothing.
pub(super) fn read(
    scheme: &str,
    head: &RequestHead<'_>,
) -> Result<Option<Zeroizing<String>>, Refusal> {
    let mut values = head.values("authorization");
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::TWO_CREDENTIALS);
    }
    let value = trim(value);
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (named, rest) = value.split_at(end);
    if named.is_empty() || !named.iter().all(is_token_byte) {
        return Err(Refusal::MALFORMED_AUTHORIZATION);
    }
    // RFC 9110 §11.1: the scheme is matched without regard to case.
    if !named.eq_ignore_ascii_case(scheme.as_bytes()) {
        return Ok(None);
    }
    // One or more spaces, and no other white space (RFC 6750 §2.1).
    let mut token = rest;
    while let [b' ', tail @ ..] = token {
        token = tail;
    }
    token68(token).map(Some).ok_or(Refusal::MALFORMED_AUTHORIZATION)
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}
