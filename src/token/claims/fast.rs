//! Knows how to read plain claims in one pass without allocating: no escapes, whole seconds.
//! Must not know an error: whatever it does not read is left to the strict reader (RFC 8259).

use super::{
    Claim, Claims, MAX_DEPTH, Shape, Span,
    digits::{MAX_DIGITS, leading},
    plain::plain_length,
};
use crate::clock::Timestamp;

/// Reads the claims of `payload`, which is UTF-8, into `claims`, or says by `None` that the strict
/// reader must look. What stands before `at` was read: nothing, or members to the end of the last
/// one's value.
pub(super) fn go_on(payload: &[u8], at: usize, claims: &mut Claims) -> Option<()> {
    let mut cursor = Cursor { bytes: payload, at };
    let mut more = if at == 0 { cursor.begins()? } else { cursor.more()? };
    while more {
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
                cursor.registered(claim, claims)?;
            }
            None => cursor.skip(1)?,
        }
        more = cursor.more()?;
    }
    cursor.space();
    (cursor.at == payload.len()).then_some(())
}

struct Cursor<'p> {
    bytes: &'p [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// Issuers that write for machines write no space: one look is enough to see that.
    #[inline]
    fn space(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.spaces();
        }
    }

    #[cold]
    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether a first member follows.
    fn begins(&mut self) -> Option<bool> {
        self.space();
        self.expect(b'{')?;
        self.space();
        Some(!self.take(b'}'))
    }

    /// Whether another member follows.
    #[inline]
    fn more(&mut self) -> Option<bool> {
        self.space();
        if self.take(b',') {
            return Some(true);
        }
        self.expect(b'}')?;
        Some(false)
    }

    /// A string without escapes, as the span between its quotes.
    #[inline]
    fn string(&mut self) -> Option<Span> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let length = plain_length(rest)?;
        self.at = start + length;
        self.expect(b'"')?;
        Span::new(start, start + length)
    }

    #[inline]
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
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let start = self.at;
        let (value, digits) = leading(self.bytes.get(start..)?);
        self.at += digits;
        let leading_zero = digits > 1 && self.bytes.get(start) == Some(&b'0');
        let more = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        ((1..=MAX_DIGITS).contains(&digits) && !leading_zero && !more).then_some(value)
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
