//! Knows for how long an answer says that it is fresh (RFC 9111 §4.2).
//! Must not know what the answer is, nor the bounds that we set.

use std::time::Duration;

use super::FetchResponse;

/// How much longer the answer may be used by its own word, if it says so.
pub(super) fn lifetime(response: &FetchResponse) -> Option<Duration> {
    let mut lifetime = None;
    for directive in response.cache_control.as_deref()?.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") {
            let seconds = seconds(value.trim().trim_matches('"'));
            // Of two that disagree the shorter holds (RFC 9111 §4.2.1 leaves it to us).
            lifetime = Some(lifetime.map_or(seconds, |known: Duration| known.min(seconds)));
        }
    }
    lifetime.map(|lifetime| lifetime.saturating_sub(response.age.unwrap_or_default()))
}

/// What is no number is stale; what is too big for one is very long (RFC 9111 §1.2.2).
fn seconds(text: &str) -> Duration {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits => Duration::from_secs(seconds),
        Err(_) if digits => Duration::from_secs(u64::from(u32::MAX)),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cache_control: &str, age: u64, expected: Option<u64>) {
        let response = FetchResponse::new(200, Vec::new())
            .cache_control(cache_control)
            .age(Duration::from_secs(age));
        assert_eq!(lifetime(&response), expected.map(Duration::from_secs), "{cache_control}");
    }

    #[test]
    fn table() {
        assert_eq!(lifetime(&FetchResponse::new(200, Vec::new())), None);
        check("", 0, None);
        check("public", 0, None);
        check("max-age=60", 0, Some(60));
        check("public, MAX-AGE = 60 , immutable", 0, Some(60));
        check("max-age=\"60\"", 0, Some(60));
        check("max-age=60", 20, Some(40));
        check("max-age=60", 90, Some(0));
        check("max-age=60, max-age=30", 0, Some(30));
        check("s-maxage=60", 0, None);
        check("no-store, max-age=60", 0, Some(0));
        check("max-age=60, no-cache", 0, Some(0));
        check("max-age=-1", 0, Some(0));
        check("max-age=+5", 0, Some(0));
        check("max-age=x", 0, Some(0));
        check("max-age", 0, Some(0));
        check("max-age=99999999999999999999999", 0, Some(u64::from(u32::MAX)));
    }
}
