//! A request as a test writes it, and what came back.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn new(method: &'static str, target: &str) -> Self {
        Self { method, target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A form, each value encoded.
    pub(crate) fn form(target: &str, parameters: &[(&str, &str)]) -> Self {
        Self::raw_form(target, encoded(parameters))
    }

    /// A form with this body, as it is.
    pub(crate) fn raw_form(target: &str, body: impl Into<Vec<u8>>) -> Self {
        let sent = Self { body: body.into(), ..Self::new("POST", target) };
        sent.header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_owned()));
        self
    }

    /// `client_secret_basic`.
    pub(crate) fn basic(self, client: &str, secret: &str) -> Self {
        let pair = format!("{}:{}", percent(client), percent(secret));
        self.header("authorization", format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// Parameters as a form or a query has them.
pub(crate) fn encoded(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub(crate) fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(b));
            }
            _ => write!(out, "%{b:02X}").unwrap(),
        }
        out
    })
}

/// What came back: the status, every header but those of the connection, the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn new<'h>(
        status: u16,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        body: &[u8],
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut headers: Vec<_> = headers
            .filter(|(name, _)| *name != "content-length")
            .map(|(name, value)| (name.to_owned(), text(value)))
            .collect();
        headers.sort();
        Self { status, headers, body: text(body) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}
