//! Knows how the query parameter `access_token` is read (RFC 6750 §2.3).
//! Must not know any other parameter.

use zeroize::Zeroizing;

use super::token68;
use crate::web::{Refusal, RequestHead, urlencoded};

/// The parameter of a GET or HEAD request; with other methods it is not a credential.
pub(super) fn read(head: &RequestHead<'_>) -> Result<Option<Zeroizing<String>>, Refusal> {
    if !matches!(head.method(), "GET" | "HEAD") {
        return Ok(None);
    }
    let mut found = None;
    for (name, value) in urlencoded::pairs(head.query().unwrap_or_default()) {
        if urlencoded::decode(name).is_none_or(|name| *name != b"access_token") {
            continue;
        }
        let value = urlencoded::decode(value).and_then(|value| token68(&value));
        let value = value.ok_or(Refusal::MALFORMED)?;
        if found.replace(value).is_some() {
            return Err(Refusal::TWO_CREDENTIALS);
        }
    }
    Ok(found)
}
