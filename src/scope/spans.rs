//! Knows where the items of a canonical text begin, and how they are searched.
//! Must not know how the text was read, nor keep any text of its own.

use std::sync::Arc;

use super::index::Index;
use super::span::{Span, Triple, supersets};

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
