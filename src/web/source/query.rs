//! Knows how the query parameter `access_token` is read (RFC 6750 §2.3).
//! Must not know any other parameter.

use zeroize::Zeroizing;

use super::token68;
use crate::web::{Refusal, RequestHead};

/// The parameter of a GET or HEAD request; with other methods it is not a credential.
pub(super) fn read(head: &RequestHead<'_>) -> Result<Option<Zeroizing<String>>, Refusal> {
    if !matches!(head.method(), "GET" | "HEAD") {
        return Ok(None);
    }
    let mut found = None;
    for pair in head.query().unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(name).is_none_or(|name| *name != b"access_token") {
            continue;
        }
        let value = decode(value).and_then(|value| token68(&value)).ok_or(Refusal::MALFORMED)?;
        if found.replace(value).is_some() {
            return Err(Refusal::TWO_CREDENTIALS);
        }
    }
    Ok(found)
}

/// Decodes `application/x-www-form-urlencoded`; nothing where an escape is broken.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let [high, low, tail @ ..] = rest else { return None };
                rest = tail;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()?
            }
            plain => *plain,
        });
    }
    Some(out)
}
