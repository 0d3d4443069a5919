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
        let (start, len) = (self.start as usize, usize::from(self.len));
        let (id, action) = (usize::from(self.id), usize::from(self.action));
        let item = text.as_bytes().get(start..).and_then(|rest| rest.get(..len));
        let item = item.unwrap_or_default();
        let (head, last) = item.split_at_checked(action).unwrap_or_default();
        let (first, middle) = head.split_at_checked(id).unwrap_or_default();
        Triple {
            resource: without_colon(first),
            id: without_colon(middle),
            action: last,
            shape: self.shape,
            escaped: self.escaped,
        }
    }
}

impl Span {
    /// Whether the lengths allow this item to cover the permission. Most that do not cover it are
    /// told apart here, without a look at the text.
    fn fits(self, wanted: Triple<'_>) -> bool {
        let (id, action, len) =
            (usize::from(self.id), usize::from(self.action), usize::from(self.len));
        (self.shape & ANY_RESOURCE != 0 || id == wanted.resource.len() + 1)
            && (self.shape & ANY_ID != 0 || action == id + wanted.id.len() + 1)
            && (self.shape & ANY_ACTION != 0 || len == action + wanted.action.len())
    }
}

fn without_colon(part: &[u8]) -> &[u8] {
    part.split_last().map_or(part, |(_, part)| part)
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
            && (self.any(ANY_ID) || self.id == other.id)
            && (self.any(ANY_ACTION) || self.action == other.action)
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
        // A name never begins below `*`, so that bytes order stars and names alike. Ids may begin
        // with a `!`, for one.
        self.resource
            .cmp(other.resource)
            .then_with(|| self.any(ANY_ID).cmp(&other.any(ANY_ID)).reverse())
            .then_with(|| {
                if self.escaped || other.escaped {
                    decoded_bytes(self.id).cmp(decoded_bytes(other.id))
                } else {
                    self.id.cmp(other.id)
                }
            })
            .then_with(|| self.action.cmp(other.action))
    }
}

/// The canonical order of two items: words first, by their bytes.
pub(super) fn order(text: &str, a: Span, b: Span) -> Ordering {
    match (a.is_word(), b.is_word()) {
        (false, false) => a.triple(text).order(b.triple(text)),
        (true, true) => a.of(text).cmp(b.of(text)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
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

    /// The shape of an item that covers the permission, if there is one.
    pub(super) fn cover(&self, text: &str, wanted: Triple<'_>) -> Option<u8> {
        match &self.items {
            Items::Few { .. } => cover_among(self.permissions(), text, wanted),
            Items::Many(many) => {
                many.index.find(text, &many.spans, wanted, supersets(wanted.shape) & self.shapes)
            }
        }
    }
}

fn cover_among(permissions: &[Span], text: &str, wanted: Triple<'_>) -> Option<u8> {
    let covers = |span: &&Span| span.fits(wanted) && span.triple(text).covers(wanted);
    permissions.iter().find(covers).map(|span| span.shape)
}

/// The shapes that have a `*` wherever this one has: only they can cover it.
pub(super) fn supersets(shape: u8) -> u8 {
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
    expected: usize,
    len: usize,
    words: u32,
    shapes: u8,
}

impl SpansBuilder {
    /// The expected number of items matters only when there are many.
    pub(super) fn with_capacity(expected: usize) -> Self {
        let few = [Span::default(); INLINE];
        Self { few, many: Vec::new(), expected, len: 0, words: 0, shapes: 0 }
    }

    pub(super) fn push(&mut self, span: Span) {
        if span.is_word() {
            self.words += 1;
        } else {
            self.shapes |= 1 << span.shape;
        }
        match self.few.get_mut(self.len) {
            Some(free) => *free = span,
            None => {
                if self.many.is_empty() {
                    self.many.reserve(self.expected.max(2 * INLINE));
                    self.many.extend_from_slice(&self.few);
                }
                self.many.push(span);
            }
        }
        self.len += 1;
    }

    /// The caller knows that no item covers another.
    pub(super) fn finish(self, text: &str) -> Spans {
        self.build(text, false).0
    }

    /// Also tells which items another one covers, by their number.
    pub(super) fn finish_checked(self, text: &str) -> (Spans, Vec<usize>) {
        // Of two items of one shape neither covers the other.
        let mixed = self.shapes.count_ones() > 1;
        self.build(text, mixed)
    }

    fn build(self, text: &str, check: bool) -> (Spans, Vec<usize>) {
        let Self { few, many, len, words, shapes, .. } = self;
        let few_len = u8::try_from(len).unwrap_or(u8::MAX);
        if len > INLINE {
            let wider = if check { shapes } else { 0 };
            let (index, covered) = Index::build(text, &many, wider);
            let items = Items::Many(Arc::new(Many { spans: many, index }));
            return (Spans { items, words, shapes }, covered);
        }
        let spans = Spans { items: Items::Few { len: few_len, spans: few }, words, shapes };
        let covered = if check { covered_among(&spans, text) } else { Vec::new() };
        (spans, covered)
    }
}

/// The numbers of the items that another one covers.
fn covered_among(spans: &Spans, text: &str) -> Vec<usize> {
    let permissions = spans.permissions();
    let covered = |span: &Span| {
        let (wanted, wider) = (span.triple(text), supersets(span.shape) & !(1 << span.shape));
        wider & spans.shapes != 0
            && permissions
                .iter()
                .filter(|other| wider & 1 << other.shape != 0 && other.fits(wanted))
                .any(|other| other.triple(text).covers(wanted))
    };
    let numbers = (spans.words as usize..).zip(permissions);
    numbers.filter(|(_, span)| covered(span)).map(|(number, _)| number).collect()
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
