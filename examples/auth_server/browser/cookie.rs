//! Knows the cookies: their names, their attributes, how they are read.
//! Must not know what is in them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// The two cookies: who is signed in, and what forms of this browser are bound to.
#[derive(Debug)]
pub(crate) struct Cookies {
    is_secure: bool,
    lifetime: Duration,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    Form,
}

impl Cookies {
    /// `__Host-` names need TLS; on plain http, which is loopback, the names are plain.
    pub(crate) const fn new(is_secure: bool, lifetime: Duration) -> Self {
        Self { is_secure, lifetime }
    }

    const fn name(&self, cookie: Cookie) -> &'static str {
        match (cookie, self.is_secure) {
            (Cookie::Session, true) => "__Host-session",
            (Cookie::Session, false) => "session",
            (Cookie::Form, true) => "__Host-form",
            (Cookie::Form, false) => "form",
        }
    }

    /// The value, if it was sent once. Sent twice it is nobody's: one may be planted.
    pub(crate) fn read<'h>(&self, cookie: Cookie, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).into_iter();
        let mut values = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// The header that sets it.
    pub(crate) fn set(&self, cookie: Cookie, value: &str) -> Option<HeaderValue> {
        self.header(cookie, value, self.lifetime.as_secs())
    }

    /// The header that takes it away.
    pub(crate) fn clear(&self, cookie: Cookie) -> Option<HeaderValue> {
        self.header(cookie, "", 0)
    }

    fn header(&self, cookie: Cookie, value: &str, seconds: u64) -> Option<HeaderValue> {
        let (name, secure) = (self.name(cookie), if self.is_secure { "; Secure" } else { "" });
        // Lax: an application sends people here by a link, and they must be signed in then.
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}
