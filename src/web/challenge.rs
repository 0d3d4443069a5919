//! Knows how a `WWW-Authenticate` challenge is written (RFC 9110 §11.6.1, RFC 6750 §3).
//! Must not know why one is sent. Whatever a value holds, it stays inside its quotes.

/// A challenge under construction.
#[derive(Debug)]
pub(super) struct Challenge {
    text: String,
    has_parameter: bool,
}

impl Challenge {
    /// The bare challenge: the scheme alone. Characters that no scheme has are left out.
    pub(super) fn new(scheme: &str) -> Self {
        let is_token = |c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*c);
        Self { text: scheme.chars().filter(is_token).collect(), has_parameter: false }
    }

    /// One more parameter, as a quoted-string. `"` and `\` are escaped; what no header value may
    /// have becomes `?`.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.text.push_str(if self.has_parameter { ", " } else { " " });
        self.has_parameter = true;
        self.text.push_str(name);
        self.text.push_str("=\"");
        for c in value.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                ' '..='~' => self.text.push(c),
                _ => self.text.push('?'),
            }
        }
        self.text.push('"');
        self
    }

    /// The same, if there is a value.
    pub(super) fn with_some(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The header value.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let written = Challenge::new("Bearer\r\n x").with("realm", "a\"b\\c\r\nSet-Cookie: é");
        assert_eq!(written.finish(), r#"Bearerx realm="a\"b\\c??Set-Cookie: ?""#);
    }

    #[test]
    fn parameters_are_separated_by_commas() {
        let written = Challenge::new("Bearer").with("realm", "a").with_some("scope", None);
        assert_eq!(written.with("error", "b").finish(), r#"Bearer realm="a", error="b""#);
        assert_eq!(Challenge::new("Bearer").finish(), "Bearer");
    }
}
