//! Knows how to check canonical text in one pass: sorted, reduced, every part in its one spelling.
//! Must not know resources, actions or any policy about bare words.

use std::cmp::Ordering;

use super::error::ScopeError;
use super::fault::{Fault, Place};
use super::grammar::{self, decode_id, encode_id};
use super::limits::Limits;
use super::parse;
use super::span::{ANY_ACTION, ANY_ID, ANY_RESOURCE, Span, order};
use super::spans::{Spans, SpansBuilder};
use super::vocabulary::Vocabulary;

impl Spans {
    /// Reads text that this crate wrote. One pass, one allocation at most beyond eight items.
    pub(crate) fn scan(text: &str, limits: &Limits) -> Result<Self, ScopeError> {
        scan(text, limits, None)
    }
}

pub(super) fn scan(
    text: &str,
    limits: &Limits,
    vocabulary: Option<&Vocabulary>,
) -> Result<Spans, ScopeError> {
    parse::check_sizes(text, limits)?;
    let mut spans = SpansBuilder::with_capacity(text.len() / 16);
    let reader = Reader { text, limits, vocabulary };
    let mut previous: Option<Span> = None;
    let mut start = 0;
    let mut number = 0;
    while start < text.len() || number > 0 {
        number += 1;
        let span = reader.item(start, number)?;
        let end = start + usize::from(span.len);
        if let Some(previous) = previous
            && order(text, previous, span) != Ordering::Less
        {
            return Err(reader.fault(start, number, Fault::NotCanonical("the canonical order")));
        }
        spans.push(span);
        previous = Some(span);
        if end == text.len() {
            break;
        }
        // The item ended before the text did, so a space follows; an empty item after it is seen
        // as such by the next turn.
        start = end + 1;
    }
    let (spans, covered) = spans.finish_checked(text);
    match covered.first() {
        None => Ok(spans),
        Some(at) => {
            let start = spans.as_slice().get(*at).map_or(0, |span| span.start as usize);
            let expected = Fault::NotCanonical("no item that another one covers");
            Err(reader.fault(start, at + 1, expected))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    limits: &'a Limits,
    vocabulary: Option<&'a Vocabulary>,
}

impl Reader<'_> {
    fn item(&self, start: usize, number: usize) -> Result<Span, ScopeError> {
        // The fast path says only yes; whatever it does not know is looked at again in words.
        match self.fast(start) {
            Some(span) => Ok(span),
            None => self.slow(start, number),
        }
    }

    /// A plain word or a permission, if the text at this place is one.
    fn fast(&self, start: usize) -> Option<Span> {
        let bytes = self.text.as_bytes().get(start..)?;
        let (resource, any_resource) = name_length(bytes)?;
        if bytes.get(resource) != Some(&b':') {
            let ends = matches!(bytes.get(resource), None | Some(b' '));
            return (ends && !any_resource && self.is_plain_word(start, resource))
                .then(|| word_span(start, resource))?;
        }
        let id = resource + 1;
        let rest = bytes.get(id..)?;
        let any_id = rest.first() == Some(&b'*');
        let mut escaped = false;
        let id_length = if any_id {
            1
        } else {
            let end = rest.iter().position(|byte| {
                escaped |= *byte == b'%';
                !grammar::is_written_id_byte(*byte)
            })?;
            if end == 0 || (escaped && !self.is_canonical_id(start + id, end)) {
                return None;
            }
            end
        };
        if rest.get(id_length) != Some(&b':') {
            return None;
        }
        let action = id + id_length + 1;
        let (action_length, any_action) = name_length(bytes.get(action..)?)?;
        let length = action + action_length;
        if !matches!(bytes.get(length), None | Some(b' ')) || length > self.limits.item_bytes {
            return None;
        }
        if id_length > self.limits.id_bytes && !escaped {
            return None;
        }
        let bit = |any: bool, bit: u8| if any { bit } else { 0 };
        Some(Span {
            start: u32::try_from(start).ok()?,
            id: u16::try_from(id).ok()?,
            action: u16::try_from(action).ok()?,
            len: u16::try_from(length).ok()?,
            shape: bit(any_resource, ANY_RESOURCE)
                | bit(any_id, ANY_ID)
                | bit(any_action, ANY_ACTION),
            escaped,
        })
    }

    fn is_plain_word(&self, start: usize, length: usize) -> bool {
        length <= self.limits.item_bytes
            && self
                .text
                .get(start..start + length)
                .is_some_and(|word| parse::reserved_look_alike(word, &parse::RESERVED).is_none())
    }

    fn is_canonical_id(&self, start: usize, length: usize) -> bool {
        let Some(written) = self.text.get(start..start + length) else { return false };
        match decode_id(written) {
            Ok(id) => id.len() <= self.limits.id_bytes && encode_id(&id) == written,
            Err(_) => false,
        }
    }

    #[cold]
    fn slow(&self, start: usize, number: usize) -> Result<Span, ScopeError> {
        let rest = self.text.get(start..).unwrap_or_default();
        let item = rest.split(' ').next().unwrap_or_default();
        let known = |vocabulary: &Vocabulary| vocabulary.is_opaque(item);
        if item.len() <= self.limits.item_bytes
            && self.vocabulary.is_some_and(known)
            && let Some(span) = word_span(start, item.len())
        {
            return Ok(span);
        }
        let place = Place { item, number, start, stored: true };
        if item.is_empty() {
            return Err(Fault::NotCanonical("one space between items and none around").at(&place));
        }
        // What no grammar reads is told as such; what only the external one reads is not ours.
        parse::read(&place, &parse::Rules::plain(self.limits))?;
        let expected = match item.split(':').count() {
            3 => "the id in its canonical spelling",
            _ => "a word or three parts",
        };
        Err(Fault::NotCanonical(expected).at(&place))
    }

    fn fault(&self, start: usize, number: usize, fault: Fault<'_>) -> ScopeError {
        let rest = self.text.get(start..).unwrap_or_default();
        let item = rest.split(' ').next().unwrap_or_default();
        fault.at(&Place { item, number, start, stored: true })
    }
}

fn word_span(start: usize, length: usize) -> Option<Span> {
    let start = u32::try_from(start).ok()?;
    Some(Span { start, len: u16::try_from(length).ok()?, ..Span::default() })
}

/// The length of the name or the star that the bytes begin with, and whether it is the star.
fn name_length(bytes: &[u8]) -> Option<(usize, bool)> {
    let (first, rest) = bytes.split_first()?;
    if *first == b'*' {
        return Some((1, true));
    }
    if !grammar::is_name_start(*first) {
        return None;
    }
    let more = rest.iter().position(|byte| !grammar::is_name_byte(*byte));
    Some((1 + more.unwrap_or(rest.len()), false))
}
