//! Knows which successes a shared cache must not keep (RFC 6750 §2.3).
//! Must not know a framework's headers.

/// What is asked of caches for the answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caching {
    /// Nothing: a cache sees an `Authorization` header and keeps away (RFC 9111 §3.5), and of
    /// other headers the service itself must say so.
    Silent,
    /// The address holds the token, and is the key of every cache on the way.
    Private,
}

impl Caching {
    /// The `Cache-Control` that a response shall have in place of its own.
    pub(super) fn instead_of<'h>(
        self,
        status: u16,
        mut own: impl Iterator<Item = &'h [u8]>,
    ) -> Option<&'static str> {
        let keeps_away = |directive: &[u8]| {
            let directive = directive.trim_ascii();
            directive.eq_ignore_ascii_case(b"private")
                || directive.eq_ignore_ascii_case(b"no-store")
        };
        let is_success = (200..300).contains(&status);
        let mut says_so = || own.any(|value| value.split(|byte| *byte == b',').any(keeps_away));
        (self == Self::Private && is_success && !says_so()).then_some("private")
    }
}

#[cfg(test)]
mod tests {
    use super::Caching;

    #[track_caller]
    fn becomes(status: u16, own: &[&str], expected: Option<&str>) {
        let own = || own.iter().map(|value| value.as_bytes());
        assert_eq!(Caching::Private.instead_of(status, own()), expected);
        assert_eq!(Caching::Silent.instead_of(status, own()), None);
    }

    #[test]
    fn a_success_by_query_is_private_at_least() {
        becomes(200, &[], Some("private"));
        becomes(204, &["public, max-age=60"], Some("private"));
        becomes(200, &["max-age=60", "Private"], None);
        becomes(200, &["max-age=0 , NO-STORE"], None);
        becomes(200, &["private=\"set-cookie\""], Some("private"));
        becomes(304, &[], None);
        becomes(401, &[], None);
    }
}
