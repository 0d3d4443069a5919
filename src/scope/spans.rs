//! Knows where the items of a canonical text begin and how two items compare.
//! Must not know how the text was read, nor keep any text of its own.

use std::cmp::Ordering;
use std::sync::Arc;

use super::grammar::decoded_bytes;
use super::index::Index;

/// Bits of [`Span::shape`]: which slots are `*`.
pub(super) const ANY_RESOURCE: u8 = 1;
pub(super) const ANY_ID: u8 = 2;
pub(super) const ANY_ACTION: u8 = 4;

/// One item: where it starts in the text, and where its parts start in the item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    /// Zero for a word, which has no parts.
    pub(super) id: u16,
    pub(super) action: u16,
    pub(super) len: u16,
    pub(super) shape: u8,
    /// Whether the id has an escape, so that its order is not the order of its bytes.
    pub(super) escaped: bool,
}

impl Span {
    pub(super) fn is_word(self) -> bool {
        self.id == 0
    }

    /// The whole item. An offset outside the text gives nothing, which matches nothing.
    pub(super) fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + usize::from(self.len)).unwrap_or_default()
    }

    /// The three parts as they are written.
    pub(super) fn triple(self, text: &str) -> Triple<'_> {
        let text = text.as_bytes();
        let start = self.start as usize;
        let id = start + usize::from(self.id);
        let action = start + usize::from(self.action);
        let end = start + usize::from(self.len);
        Triple {
            resource: text.get(start..id.saturating_sub(1)).unwrap_or_default(),
            id: text.get(id..action.saturating_sub(1)).unwrap_or_default(),
            action: text.get(action..end).unwrap_or_default(),
            shape: self.shape,
            escaped: self.escaped,
        }
    }
}

/// A permission as three written parts, borrowed from wherever they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple<'a> {
    pub(super) resource: &'a [u8],
    pub(super) id: &'a [u8],
    pub(super) action: &'a [u8],
    pub(super) shape: u8,
    pub(super) escaped: bool,
}

impl<'a> Triple<'a> {
    /// The caller has checked the parts.
    pub(super) fn new(resource: &'a [u8], id: &'a [u8], action: &'a [u8]) -> Self {
        let mut shape = 0;
        if resource == b"*" {
            shape |= ANY_RESOURCE;
        }
        if id == b"*" {
            shape |= ANY_ID;
        }
        if action == b"*" {
            shape |= ANY_ACTION;
        }
        Self { resource, id, action, shape, escaped: id.contains(&b'%') }
    }

    fn any(self, slot: u8) -> bool {
        self.shape & slot != 0
    }

    /// Whether this permission holds everything that the other one does.
    pub(super) fn covers(self, other: Triple<'_>) -> bool {
        // INVARIANT (one star): a literal is never `*`, so comparing bytes also says that a
        // literal does not cover a star.
        (self.any(ANY_RESOURCE) || self.resource == other.resource)
            && (self.any(ANY_ACTION) || self.action == other.action)
            && (self.any(ANY_ID) || self.id == other.id)
    }

    /// The permission that both hold, if there is one.
    pub(super) fn meet(self, other: Triple<'a>) -> Option<Triple<'a>> {
        let slot = |bit: u8, mine: &'a [u8], theirs: &'a [u8]| {
            if self.any(bit) {
                Some(theirs)
            } else {
                (other.any(bit) || mine == theirs).then_some(mine)
            }
        };
        let resource = slot(ANY_RESOURCE, self.resource, other.resource)?;
        let action = slot(ANY_ACTION, self.action, other.action)?;
        let id = slot(ANY_ID, self.id, other.id)?;
        Some(Triple {
            resource,
            id,
            action,
            shape: self.shape & other.shape,
            escaped: self.escaped || other.escaped,
        })
    }

    /// The canonical order: by resource, id and action, `*` before any literal, literals by the
    /// bytes they stand for.
    pub(super) fn order(self, other: Triple<'_>) -> Ordering {
        let star = |bit: u8| self.any(bit).cmp(&other.any(bit)).reverse();
        star(ANY_RESOURCE)
            .then_with(|| self.resource.cmp(other.resource))
            .then_with(|| star(ANY_ID))
            .then_with(|| {
                if self.escaped || other.escaped {
                    decoded_bytes(self.id).cmp(decoded_bytes(other.id))
                } else {
                    self.id.cmp(other.id)
                }
            })
            .then_with(|| star(ANY_ACTION))
            .then_with(|| self.action.cmp(other.action))
    }
}

/// The canonical order of two items: words first, by their bytes.
pub(super) fn order(text: &str, a: Span, b: Span) -> Ordering {
    match (a.is_word(), b.is_word()) {
        (true, true) => a.of(text).cmp(b.of(text)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.triple(text).order(b.triple(text)),
    }
}

/// How many items are kept without a heap allocation and searched without an index.
pub(super) const INLINE: usize = 8;

/// Where every item of one canonical text is.
///
/// Up to [`INLINE`] items live in the value itself. Beyond that an index is built once, so that a
/// decision costs the same at ten items and at ten thousand.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    items: Items,
    words: u32,
    shapes: u8,
}

#[derive(Clone, Debug)]
enum Items {
    Few { len: u8, spans: [Span; INLINE] },
    Many(Arc<Many>),
}

#[derive(Debug)]
struct Many {
    spans: Vec<Span>,
    index: Index,
}

impl Spans {
    pub(super) fn as_slice(&self) -> &[Span] {
        match &self.items {
            Items::Few { len, spans } => spans.get(..usize::from(*len)).unwrap_or_default(),
            Items::Many(many) => &many.spans,
        }
    }

    pub(super) fn words(&self) -> &[Span] {
        self.as_slice().get(..self.words as usize).unwrap_or_default()
    }

    pub(super) fn permissions(&self) -> &[Span] {
        self.as_slice().get(self.words as usize..).unwrap_or_default()
    }

    /// Whether one item covers the permission.
    pub(super) fn cover(&self, text: &str, wanted: Triple<'_>) -> bool {
        match &self.items {
            Items::Few { .. } => {
                self.permissions().iter().any(|span| span.triple(text).covers(wanted))
            }
            Items::Many(many) => {
                many.index.find(text, &many.spans, wanted, supersets(wanted.shape) & self.shapes)
            }
        }
    }

    /// Whether an item covers another, distinct one: then the text is not reduced.
    pub(super) fn covered_elsewhere(&self, text: &str, span: Span) -> bool {
        let wider = supersets(span.shape) & !(1 << span.shape) & self.shapes;
        if span.is_word() || wider == 0 {
            return false;
        }
        let wanted = span.triple(text);
        match &self.items {
            Items::Few { .. } => self
                .permissions()
                .iter()
                .any(|other| wider & 1 << other.shape != 0 && other.triple(text).covers(wanted)),
            Items::Many(many) => many.index.find(text, &many.spans, wanted, wider),
        }
    }
}

/// The shapes that have a `*` wherever this one has: only they can cover it.
fn supersets(shape: u8) -> u8 {
    // Bit `w` of entry `s` is set where `w & s == s`.
    const TABLE: [u8; 8] = [
        0b1111_1111,
        0b1010_1010,
        0b1100_1100,
        0b1000_1000,
        0b1111_0000,
        0b1010_0000,
        0b1100_0000,
        0b1000_0000,
    ];
    TABLE.get(usize::from(shape)).copied().unwrap_or_default()
}

/// Collects the spans of a text that is written or read in canonical order.
#[derive(Debug)]
pub(super) struct SpansBuilder {
    few: [Span; INLINE],
    many: Vec<Span>,
    len: usize,
    words: u32,
    shapes: u8,
}

impl SpansBuilder {
    pub(super) fn with_capacity(items: usize) -> Self {
        let many = if items > INLINE { Vec::with_capacity(items) } else { Vec::new() };
        Self { few: [Span::default(); INLINE], many, len: 0, words: 0, shapes: 0 }
    }

    pub(super) fn push(&mut self, span: Span) {
        if span.is_word() {
            self.words += 1;
        } else {
            self.shapes |= 1 << span.shape;
        }
        match self.few.get_mut(self.len) {
            Some(free) if self.many.capacity() == 0 => *free = span,
            _ => {
                if self.many.is_empty() {
                    self.many.extend_from_slice(self.few.get(..self.len).unwrap_or_default());
                }
                self.many.push(span);
            }
        }
        self.len += 1;
    }

    pub(super) fn finish(mut self, text: &str) -> Spans {
        if let (Ok(len), true) = (u8::try_from(self.len), self.len <= INLINE) {
            let mut spans = self.few;
            for (free, span) in spans.iter_mut().zip(self.many.drain(..)) {
                *free = span;
            }
            let items = Items::Few { len, spans };
            return Spans { items, words: self.words, shapes: self.shapes };
        }
        let index = Index::build(text, &self.many);
        let items = Items::Many(Arc::new(Many { spans: self.many, index }));
        Spans { items, words: self.words, shapes: self.shapes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shapes_with_a_star_wherever_this_one_has_it_are_probed() {
        for shape in 0..8u8 {
            let wider = (0..8u8).filter(|wider| wider & shape == shape);
            assert_eq!(supersets(shape), wider.fold(0, |mask, wider| mask | 1 << wider));
        }
    }
}
