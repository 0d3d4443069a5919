//! Knows which claims a token may carry and where they lie in the payload (RFC 7519 §4, RFC 9068 §2.2).
//! Must not know whether a token is acceptable: [`Rules`](super::Rules) judges what is read here.

mod digits;
mod fast;
mod json;
mod names;
mod ours;
mod plain;
mod slow;
mod texts;
mod write;

use crate::clock::Timestamp;

pub(crate) use json::Sink;
pub(crate) use names::Claim;
use names::Shape;
pub use texts::Texts;
pub(crate) use write::AccessClaims;
pub use write::{ClaimsWriteError, CustomClaims};

/// The deepest nesting of arrays and objects in a payload.
pub(crate) const MAX_DEPTH: usize = 32;

/// A stretch of the buffer that holds the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// `None` where the stretch lies beyond what sixteen bits address.
    pub(crate) fn new(start: usize, end: usize) -> Option<Self> {
        Some(Self { start: u16::try_from(start).ok()?, end: u16::try_from(end).ok()? })
    }

    fn bytes(self, buffer: &[u8]) -> &[u8] {
        buffer.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// The text; the reader has checked that the payload is UTF-8 and spans fall on characters.
    pub(crate) fn text(self, buffer: &[u8]) -> &str {
        str::from_utf8(self.bytes(buffer)).unwrap_or_default()
    }
}

/// Why a payload is not a set of claims.
///
/// ```
#[doc = a_foreign_token!()]
/// use hallpass::{id::KeyId, key::VerifyingKey, token::ClaimsError};
/// use hallpass::verifier::{Verifier, VerifyError};
///
/// let key = VerifyingKey::hmac(Algorithm::HS256, secret)?.with_kid(KeyId::parse("one")?);
/// let verifier = Verifier::builder("https://auth.example.com").audience("api").key(key);
/// let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"one"}"#;
/// let token = sign(header, r#"{"sub":"ada","sub":"root"}"#); // the signature holds
/// match verifier.stateless().build()?.verify_jwt(&token) {
///     Err(VerifyError::Claims(ClaimsError::Duplicate { claim })) => assert_eq!(claim, "sub"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The payload is not UTF-8 (RFC 7519 §7.2 step 10, RFC 8259 §8.1).
    #[error("the claims are not UTF-8")]
    NotUtf8,
    /// The payload is not a JSON object (RFC 7519 §7.2 step 10).
    #[error("the claims are not a JSON object")]
    NotAnObject,
    /// The payload nests deeper than 32 levels.
    #[error("the claims nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The payload is larger than a token may be.
    #[error("the claims are too large")]
    TooLarge,
    /// A claim is written twice, which two readers may read in two ways (RFC 7519 §4).
    #[error("the claim `{claim}` is written twice")]
    Duplicate {
        /// Its name.
        claim: &'static str,
    },
    /// A claim has another JSON type than its definition.
    #[error("the claim `{claim}` has the wrong type")]
    WrongType {
        /// Its name.
        claim: &'static str,
    },
    /// A number does not fit: not finite, or no unsigned 32-bit integer where one is asked.
    #[error("a number in the claims is out of range")]
    OutOfRange,
}

/// Where the claims lie in the payload, and what the numbers among them are.
///
/// Texts are kept as spans: reading a payload allocates nothing unless it holds escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    seen: u32,
    scope_is_list: bool,
    generation: u32,
    spans: [Span; Claim::COUNT],
    dates: [Timestamp; 4],
}

impl Claims {
    const fn empty() -> Self {
        Self {
            seen: 0,
            scope_is_list: false,
            generation: 0,
            spans: [Span { start: 0, end: 0 }; Claim::COUNT],
            dates: [Timestamp::EPOCH; 4],
        }
    }

    /// Notes a claim as seen; `false` if it was seen before.
    #[inline]
    fn note(&mut self, claim: Claim) -> bool {
        let fresh = self.seen & claim.bit() == 0;
        self.seen |= claim.bit();
        fresh
    }

    #[inline]
    fn set_span(&mut self, claim: Claim, span: Span) {
        if let Some(slot) = self.spans.get_mut(claim as usize) {
            *slot = span;
        }
    }

    #[inline]
    fn set_date(&mut self, claim: Claim, at: Timestamp) {
        if let Some(slot) = self.dates.get_mut(date_slot(claim)) {
            *slot = at;
        }
    }

    pub(crate) const fn has(&self, claim: Claim) -> bool {
        self.seen & claim.bit() != 0
    }

    fn span(&self, claim: Claim) -> Option<Span> {
        if self.has(claim) { self.spans.get(claim as usize).copied() } else { None }
    }

    /// The text of a claim that is a string.
    pub(crate) fn text<'b>(&self, claim: Claim, buffer: &'b [u8]) -> Option<&'b str> {
        self.span(claim).map(|span| span.text(buffer))
    }

    /// The bytes of a claim that is a string, to compare them.
    pub(crate) fn bytes<'b>(&self, claim: Claim, buffer: &'b [u8]) -> Option<&'b [u8]> {
        self.span(claim).map(|span| span.bytes(buffer))
    }

    /// The date of a claim that is one. Before the epoch counts as the epoch, far ahead as the
    /// last moment of year 9999, and a fraction is cut to milliseconds.
    pub(crate) fn date(&self, claim: Claim) -> Option<Timestamp> {
        if self.has(claim) { self.dates.get(date_slot(claim)).copied() } else { None }
    }

    pub(crate) const fn generation(&self) -> Option<u32> {
        if self.has(Claim::Generation) { Some(self.generation) } else { None }
    }

    /// Whether `scope` is an array, which only the relaxed profile reads.
    pub(crate) const fn scope_is_list(&self) -> bool {
        self.scope_is_list
    }

    /// The texts of a claim that is an array, or a single string where that is allowed.
    pub(crate) fn list<'b>(&self, claim: Claim, buffer: &'b [u8]) -> Texts<'b> {
        Texts { rest: self.span(claim).map(|span| span.bytes(buffer)).unwrap_or_default() }
    }
}

fn date_slot(claim: Claim) -> usize {
    match claim {
        Claim::Expires => 0,
        Claim::NotBefore => 1,
        Claim::IssuedAt => 2,
        _ => 3,
    }
}

/// A payload that was read: the spans, and the texts that had to be unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) claims: Claims,
    /// What spans beyond the payload point to: the buffer is the payload followed by this.
    /// Empty, and not allocated, for every payload without escapes.
    pub(crate) unescaped: Vec<u8>,
}

/// Reads a payload in one pass.
///
/// The first reader knows the form in which we write claims, the second reads any plain form, from
/// where the first has stopped; neither ever refuses. What they cannot read is left to the strict
/// one. So there is one verdict, and one owner of every error.
pub(crate) fn parse(payload: &[u8]) -> Result<Parsed, ClaimsError> {
    let mut parsed = Parsed { claims: Claims::empty(), unescaped: Vec::new() };
    let read = ours::begin(payload, &mut parsed.claims);
    // Then all of it is ASCII.
    if payload.get(read..) == Some(b"}") && read > 0 {
        return Ok(parsed);
    }
    let text = str::from_utf8(payload).map_err(|_| ClaimsError::NotUtf8)?;
    match fast::go_on(payload, read, &mut parsed.claims) {
        Some(()) => Ok(parsed),
        None => slow::parse(text),
    }
}

#[cfg(test)]
mod tests;
