//! Knows which paths mean one thing only, and what their parts are.
//! Must not mend a path: what a service behind the proxy might read differently is refused.

/// A path that every sensible reader takes apart in the same way: no `.` or `..`, no empty part,
/// no `;`, no escape that need not be one, no escaped `/` or `\`, no control character, and
/// nothing that becomes one of these for who decodes once more, or drops what follows a `;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CanonicalPath<'r>(&'r str);

impl<'r> CanonicalPath<'r> {
    /// Reads the target of a request, its query aside.
    pub(super) fn of_target(target: &'r str) -> Option<Self> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        Self::parse(path)
    }

    /// Reads a path.
    pub(super) fn parse(path: &'r str) -> Option<Self> {
        let parts = path.strip_prefix('/')?;
        let mut parts = parts.split('/').peekable();
        while let Some(part) = parts.next() {
            // The last part may be empty: `/` and `/a/` are paths of their own.
            let is_last = parts.peek().is_none();
            if !(is_canonical_part(part) || is_last && part.is_empty()) {
                return None;
            }
        }
        Some(Self(path))
    }

    pub(super) const fn as_str(self) -> &'r str {
        self.0
    }
}

fn is_canonical_part(part: &str) -> bool {
    if matches!(part, "" | "." | "..") {
        return false;
    }
    let mut rest = part.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) if may_be_escaped(high << 4 | low) => tail,
                _ => return false,
            },
            _ if is_plain(*byte) => tail,
            _ => return false,
        };
    }
    !part.contains('%') || stays_itself(part)
}

/// Whether a part is still one part, and no dots, for a service that decodes it, or decodes it
/// twice or three times (`%252e%252e`), and that drops what follows a `;`, `#` or `?` (`..%3b`).
fn stays_itself(part: &str) -> bool {
    let mut bytes = decode_bytes(part.as_bytes());
    for _ in 0..3 {
        let ends = |byte: &u8| matches!(byte, b';' | b'#' | b'?');
        let head = bytes.split(ends).next().unwrap_or_default().trim_ascii();
        let splits = |byte: &u8| matches!(byte, b'/' | b'\\') || byte.is_ascii_control();
        if matches!(head, b"." | b"..") || bytes.iter().any(splits) {
            return false;
        }
        bytes = decode_bytes(&bytes);
    }
    true
}

/// What stands for itself in a path (RFC 3986 §3.3), but for `;`: some services take it for the
/// start of parameters and drop what follows.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')')
        || matches!(byte, b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

/// Whether an escape of this byte is one that every reader leaves where it is. An escaped `/` or
/// `\` is a separator to some; an escaped letter is another path to those who compare before they
/// decode.
const fn may_be_escaped(byte: u8) -> bool {
    !byte.is_ascii_control()
        && !matches!(byte, b'/' | b'\\')
        && !byte.is_ascii_alphanumeric()
        && !matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// A part of a canonical path, decoded once. Bytes that are no UTF-8 become U+FFFD, which no id
/// may have.
pub(super) fn decode(part: &str) -> String {
    let bytes = decode_bytes(part.as_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| "\u{FFFD}".to_owned())
}

/// What is no escape stays as it is.
fn decode_bytes(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rest.len());
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let escaped = match (byte, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = rest.get(2..).unwrap_or_default();
            }
            None => out.push(*byte),
        }
    }
    out
}
