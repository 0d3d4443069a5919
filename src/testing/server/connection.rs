//! Knows how one request is read from a connection and one answer written (HTTP/1.1, RFC 9112).
//! Must not know what is asked for.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// The longest head and the longest body that are read, in bytes.
const LONGEST: u64 = 256 * 1024;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The request line and the headers, as they were sent.
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn read(stream: &TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut reader = BufReader::new(stream).take(LONGEST);
        let mut head = String::new();
        while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
        if !head.ends_with("\r\n\r\n") {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut asked = Self { head, body: String::new() };
        let length = asked.header("content-length").and_then(|length| length.parse().ok());
        reader.set_limit(LONGEST);
        reader.take(length.unwrap_or(0)).read_to_string(&mut asked.body)?;
        Ok(asked)
    }

    fn line(&self) -> impl Iterator<Item = &str> {
        self.head.lines().next().unwrap_or_default().split(' ')
    }

    pub(super) fn method(&self) -> &str {
        self.line().next().unwrap_or_default()
    }

    pub(super) fn target(&self) -> &str {
        self.line().nth(1).unwrap_or_default()
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.map(|(name, value)| (name, value.trim()))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers().find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// What it is answered.
#[derive(Debug, Clone, Default)]
pub(in crate::testing) struct Reply {
    pub(in crate::testing) status: u16,
    pub(in crate::testing) headers: Vec<(String, String)>,
    pub(in crate::testing) body: String,
}

impl Reply {
    pub(in crate::testing) fn new(
        status: u16,
        content_type: &str,
        body: impl Into<String>,
    ) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self { status, headers, body } = self;
        let mut text = format!("HTTP/1.1 {status} {status}\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        text.into_bytes()
    }
}

/// Sends the bytes and ends the connection in a way that lets the client read them all.
pub(super) fn finish(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.shutdown(std::net::Shutdown::Write)
}
