//! Knows how to read claims in the very form in which [`AccessClaims`](super::AccessClaims) writes
//! them: names as a whole, one after the other, without looking for where each ends.
//! Must not know an error, nor another form: it says how far it came, and another reader goes on.

use super::{
    Claim, Claims, Span,
    digits::{MAX_DIGITS, leading},
    plain::ascii_length,
};
use crate::clock::Timestamp;

/// Reads into `claims` what stands at the beginning of `payload` as we write it, and says how many
/// bytes that is: up to the end of the last value that was read. All of them are ASCII.
///
/// Members come in one order only, so that none comes twice; one that comes again later is seen by
/// whoever reads on.
#[inline]
pub(super) fn begin(payload: &[u8], claims: &mut Claims) -> usize {
    let mut reader = Reader { length: payload.len(), rest: payload, claims };
    let _ = reader.read();
    reader.length - reader.rest.len()
}

struct Reader<'p, 'c> {
    length: usize,
    /// What comes after the last value that was read.
    rest: &'p [u8],
    claims: &'c mut Claims,
}

impl Reader<'_, '_> {
    /// `None` where something stands that is not written by us.
    #[inline]
    fn read(&mut self) -> Option<()> {
        self.text(br#"{"iss":""#, Claim::Issuer)?;
        // What follows begins with a comma, which must not come first.
        if !self.claims.has(Claim::Issuer) {
            return None;
        }
        self.text(br#","sub":""#, Claim::Subject)?;
        self.text(br#","aud":""#, Claim::Audience)?;
        self.date(br#","exp":"#, Claim::Expires)?;
        self.date(br#","iat":"#, Claim::IssuedAt)?;
        self.text(br#","jti":""#, Claim::TokenId)?;
        self.text(br#","client_id":""#, Claim::ClientId)?;
        self.text(br#","scope":""#, Claim::Scope)?;
        self.text(br#","sid":""#, Claim::SessionId)?;
        if let Some((generation, rest)) = number(self.rest, br#","gen":"#)? {
            self.claims.generation = u32::try_from(generation).ok()?;
            self.claims.note(Claim::Generation);
            self.rest = rest;
        }
        Some(())
    }

    /// A text, up to its closing quote. One that is absent is passed over.
    #[inline]
    fn text<const N: usize>(&mut self, name: &[u8; N], claim: Claim) -> Option<()> {
        let Some(text) = after(self.rest, name) else { return Some(()) };
        let start = self.length - text.len();
        let end = start + ascii_length(text)?;
        let (quote, rest) = text.get(end - start..)?.split_first()?;
        if *quote != b'"' {
            return None;
        }
        // A single audience is read as a list of one: with its quotes.
        let span = match claim {
            Claim::Audience => Span::new(start - 1, end + 1)?,
            _ => Span::new(start, end)?,
        };
        self.claims.note(claim);
        self.claims.set_span(claim, span);
        self.rest = rest;
        Some(())
    }

    #[inline]
    fn date<const N: usize>(&mut self, name: &[u8; N], claim: Claim) -> Option<()> {
        if let Some((seconds, rest)) = number(self.rest, name)? {
            self.claims.note(claim);
            self.claims.set_date(claim, Timestamp::from_unix_seconds(seconds));
            self.rest = rest;
        }
        Some(())
    }
}

#[inline]
fn after<'p, const N: usize>(text: &'p [u8], name: &[u8; N]) -> Option<&'p [u8]> {
    text.split_first_chunk::<N>().filter(|(head, _)| *head == name).map(|(_, rest)| rest)
}

/// A plain integer behind its name, and what follows; nothing where the name does not stand there.
#[inline]
fn number<'p, const N: usize>(text: &'p [u8], name: &[u8; N]) -> Option<Option<(u64, &'p [u8])>> {
    let Some(digits) = after(text, name) else { return Some(None) };
    let (value, length) = leading(digits);
    let rest = digits.get(length..)?;
    let leading_zero = length > 1 && digits.first() == Some(&b'0');
    // Anything else may belong to the number.
    let ends = matches!(rest.first(), Some(b',' | b'}'));
    let plain = (1..=MAX_DIGITS).contains(&length) && !leading_zero && ends;
    plain.then_some(Some((value, rest)))
}
