//! Knows how to read plain claims in one pass without allocating: no escapes, whole seconds.
//! Must not know an error: whatever it does not read is left to the strict reader (RFC 8259).

use super::{Claim, Claims, MAX_DEPTH, Shape, Span};
use crate::clock::Timestamp;

/// More digits than this may lose precision or overflow; the strict reader judges them.
const MAX_DIGITS: usize = 15;

/// The claims of `payload`, which is UTF-8, or `None` where the strict reader must look.
pub(super) fn parse(payload: &[u8]) -> Option<Claims> {
    let mut cursor = Cursor { bytes: payload, at: 0 };
    let mut claims = Claims::empty();
    cursor.space();
    cursor.expect(b'{')?;
    cursor.space();
    if !cursor.take(b'}') {
        loop {
            cursor.space();
            let name = cursor.string()?.bytes(payload);
            cursor.space();
            cursor.expect(b':')?;
            cursor.space();
            match Claim::of(name) {
                Some(claim) => {
                    if !claims.note(claim) {
                        return None;
                    }
                    cursor.registered(claim, &mut claims)?;
                }
                None => cursor.skip(1)?,
            }
            cursor.space();
            if cursor.take(b',') {
                continue;
            }
            cursor.expect(b'}')?;
            break;
        }
    }
    cursor.space();
    (cursor.at == payload.len()).then_some(claims)
}

struct Cursor<'p> {
    bytes: &'p [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A string without escapes, as the span between its quotes.
    fn string(&mut self) -> Option<Span> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let length = plain_length(rest)?;
        self.at = start + length;
        self.expect(b'"')?;
        Span::new(start, start + length)
    }

    fn registered(&mut self, claim: Claim, claims: &mut Claims) -> Option<()> {
        match claim.shape() {
            Shape::Text => claims.set_span(claim, self.string()?),
            Shape::TextOrList if self.peek() == Some(b'"') => {
                let inner = self.string()?;
                // `scope` is read as one text, `aud` as a list of one: with its quotes.
                let quoted = Span { start: inner.start.checked_sub(1)?, end: inner.end + 1 };
                claims.set_span(claim, if claim == Claim::Scope { inner } else { quoted });
            }
            Shape::TextOrList | Shape::List => {
                claims.scope_is_list |= claim == Claim::Scope;
                claims.set_span(claim, self.strings()?);
            }
            Shape::Date => {
                let seconds = self.integer()?;
                claims.set_date(claim, Timestamp::from_unix_seconds(seconds));
            }
            Shape::Counter => claims.generation = u32::try_from(self.integer()?).ok()?,
            Shape::Object => {
                let start = self.at;
                if self.peek() != Some(b'{') {
                    return None;
                }
                self.skip(1)?;
                claims.set_span(claim, Span::new(start, self.at)?);
            }
            Shape::Anything => self.skip(1)?,
        }
        Some(())
    }

    /// An array of strings without escapes, as the span with its brackets.
    fn strings(&mut self) -> Option<Span> {
        let start = self.at;
        self.expect(b'[')?;
        self.space();
        if !self.take(b']') {
            loop {
                self.space();
                self.string()?;
                self.space();
                if !self.take(b',') {
                    break;
                }
            }
            self.expect(b']')?;
        }
        Span::new(start, self.at)
    }

    /// A plain integer from 0, without fraction or exponent.
    fn integer(&mut self) -> Option<u64> {
        let start = self.at;
        let mut value = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value * 10 + u64::from(digit - b'0');
            self.at += 1;
            if self.at - start > MAX_DIGITS {
                return None;
            }
        }
        let digits = self.at - start;
        let leading_zero = digits > 1 && self.bytes.get(start) == Some(&b'0');
        let more = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        (digits > 0 && !leading_zero && !more).then_some(value)
    }

    /// Passes over any value, checking its syntax; `depth` is the nesting it stands at.
    fn skip(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' | b'[' if depth > MAX_DEPTH => None,
            b'{' => self.skip_members(b'}', depth, true),
            b'[' => self.skip_members(b']', depth, false),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => {
                self.take(b'-');
                self.integer().map(drop)
            }
        }
    }

    fn skip_members(&mut self, close: u8, depth: usize, named: bool) -> Option<()> {
        self.at += 1;
        self.space();
        if self.take(close) {
            return Some(());
        }
        loop {
            self.space();
            if named {
                self.string()?;
                self.space();
                self.expect(b':')?;
                self.space();
            }
            self.skip(depth + 1)?;
            self.space();
            if !self.take(b',') {
                return self.expect(close);
            }
        }
    }

    fn literal(&mut self, text: &[u8]) -> Option<()> {
        let found = self.bytes.get(self.at..)?.starts_with(text);
        self.at += text.len();
        found.then_some(())
    }
}

/// How many bytes of a string come before the first quote, backslash or control character, eight
/// of them looked at in one go.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The high bit of every byte below `than`. A borrow may mark a byte after the first that
        // is marked with right, never one before it.
        let below = |word: u64, than: u64| word.wrapping_sub(ONES * than) & !word & HIGH;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let marked = quote | backslash | below(word, 0x20);
        if marked != 0 {
            return Some(at * 8 + (marked.trailing_zeros() / 8) as usize);
        }
    }
    let end = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20)?;
    Some(words.len() * 8 + end)
}
