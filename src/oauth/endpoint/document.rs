//! Knows how a public document is answered: kept for a while, by anybody (RFC 9111, RFC 9110 §13).
//! Must not know what is in it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::super::Request;
use crate::{Timestamp, crypto::sha256, key::KeyRing, web::Answer};

/// A document that says something of the keys, so that it is kept no longer than they allow
/// (INVARIANTS 67).
pub(super) fn answer(
    request: &Request<'_>,
    content_type: &str,
    body: String,
    (ring, now): (&KeyRing, Timestamp),
) -> Answer {
    // Half a second that is rounded away is half a second less.
    let max_age = ring.jwks_max_age(now).as_secs();
    let [a, b, c, d, e, f, ..] = sha256(&[body.as_bytes()]);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode([a, b, c, d, e, f]));
    let mut answer = if is_known(request, &tag) {
        Answer::empty(304)
    } else {
        Answer::text(200, content_type, body)
    };
    let kept = match max_age {
        0 => "no-store".to_owned(),
        seconds => format!("public, max-age={seconds}"),
    };
    answer = answer.with_header("cache-control", kept);
    answer.with_header("etag", tag)
}

/// RFC 9110 §13.1.2: weak comparison.
fn is_known(request: &Request<'_>, tag: &str) -> bool {
    let mut sent =
        request.head.values("if-none-match").filter_map(|value| str::from_utf8(value).ok());
    sent.any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    })
}
