//! Knows how a cookie is read (RFC 6265 §5.4), and from which pages one is believed.
//! Must not know how one is set.

use zeroize::Zeroizing;

use super::{token68, trim};
use crate::web::{Refusal, RequestHead};

/// The value of the cookie; nothing if it is absent or empty, as one that was cleared is.
pub(in crate::web) fn find(
    name: &str,
    head: &RequestHead<'_>,
) -> Result<Option<Zeroizing<String>>, Refusal> {
    let mut found = None;
    let pairs = head.values("cookie").flat_map(|value| value.split(|byte| *byte == b';'));
    for pair in pairs {
        let pair = trim(pair);
        let Some(at) = pair.iter().position(|byte| *byte == b'=') else { continue };
        let (known, value) = pair.split_at(at);
        if known != name.as_bytes() {
            continue;
        }
        let value = value.strip_prefix(b"=").unwrap_or(value);
        let value = match value {
            [b'"', inner @ .., b'"'] => inner,
            plain => plain,
        };
        if value.is_empty() {
            continue;
        }
        let token = token68(value).ok_or(Refusal::MALFORMED)?;
        // Somebody has put a second one beside ours, and which is ours cannot be known.
        if found.replace(token).is_some() {
            return Err(Refusal::TWO_CREDENTIALS);
        }
    }
    Ok(found)
}

/// Refuses a request that changes something unless it says that a page of this site, or of a
/// listed origin, made it.
pub(in crate::web) fn refuse_cross_site(
    head: &RequestHead<'_>,
    origins: &[String],
) -> Result<(), Refusal> {
    let is_safe = matches!(head.method(), "GET" | "HEAD" | "OPTIONS");
    // A WebSocket begins with a GET, and no CORS rule stands before it.
    if is_safe && head.values("upgrade").next().is_none() {
        return Ok(());
    }
    // `none`: the user typed the address or opened a bookmark.
    let site = head.single("sec-fetch-site");
    if matches!(site, Some(b"same-origin" | b"none")) {
        return Ok(());
    }
    let origin = head.single("origin");
    match origin {
        Some(origin) if origins.iter().any(|known| known.as_bytes() == origin) => Ok(()),
        _ => Err(Refusal::CROSS_SITE),
    }
}
