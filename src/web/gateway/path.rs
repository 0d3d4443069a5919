//! Knows which paths mean one thing only, and what their parts are.
//! Must not mend a path: what a service behind the proxy might read differently is refused.

/// A path that every sensible reader takes apart in the same way: no `.` or `..`, no empty part,
/// no `;`, no escape that need not be one, no escaped `/` or `\`, no control character.
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
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let (high, low) = (hex(*high).unwrap_or(0), hex(*low).unwrap_or(0));
                out.push(high << 4 | low);
                rest = tail;
            }
            _ => out.push(*byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| "\u{FFFD}".to_owned())
}
