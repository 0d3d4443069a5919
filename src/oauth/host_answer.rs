//! Knows how a host writes an answer of its own: a page, a redirect, a header more.
//! Must not know which page it is.

use crate::{event, web::Answer};

/// Pages of the host.
impl Answer {
    /// A page of HTML. The host has escaped what is not its own.
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::text(status, "text/html; charset=utf-8", body)
    }

    /// Sends the browser elsewhere by GET (303, RFC 9110 §15.4.4). What an address cannot hold
    /// is percent-encoded.
    pub fn see_other(address: &str) -> Self {
        let mut location = String::with_capacity(address.len());
        for byte in address.bytes() {
            match byte {
                b'!'..=b'~' => location.push(char::from(byte)),
                odd => location.push_str(&format!("%{odd:02X}")),
            }
        }
        Self::empty(303).with_header("location", location)
    }

    /// The same with one more header, such as `Set-Cookie`. What HTTP does not allow in a header
    /// is left out, and the operator told.
    pub fn and_header(self, name: &str, value: &str) -> Self {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let named = !name.is_empty() && name.bytes().all(token);
        if !named || !value.bytes().all(|b| matches!(b, b' '..=b'~')) {
            event::misconfigured(&"a header of the host's answer is none, and was left out");
            return self;
        }
        self.with_header(&name.to_ascii_lowercase(), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_ends_early() {
        assert_eq!(
            Answer::see_other("https://a/\r\nset-cookie: x=1 é").header("location"),
            Some("https://a/%0D%0Aset-cookie:%20x=1%20%C3%A9")
        );
        let answer = Answer::empty(200)
            .and_header("Set-Cookie", "a=1\r\nb: c")
            .and_header("se t", "x")
            .and_header("Set-Cookie", "a=1; Path=/");
        assert_eq!(answer.headers().collect::<Vec<_>>(), [("set-cookie", "a=1; Path=/")]);
    }
}
