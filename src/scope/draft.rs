//! Knows how a heap of items becomes a scope: sorted, without duplicates, reduced, within limits.
//! Must not know where the items came from.

use super::error::ScopeError;
use super::limits::Limits;
use super::parse::Read;
use super::set::Scope;
use super::span::{Span, Triple, order};
use super::spans::SpansBuilder;
use super::view::Item;

/// Items in any order, each one valid.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    spans: Vec<Span>,
    /// Bytes that did not fit the offsets. Such a draft never becomes a scope.
    overflow: bool,
}

impl Draft {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let items = (bytes / 8).max(4);
        Self {
            text: String::with_capacity(bytes + 32),
            spans: Vec::with_capacity(items),
            overflow: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn push_read(&mut self, read: &Read<'_>) {
        match read {
            Read::Word(word) => self.push_word(word),
            Read::Permission { resource, id, action } => {
                self.push_parts(resource, id, action);
            }
        }
    }

    fn push_item(&mut self, item: Item<'_>) {
        match item {
            Item::Word(word) => self.push_word(word),
            Item::Permission(permission) => self.push(permission.triple()),
        }
    }

    pub(super) fn push_word(&mut self, word: &str) {
        let start = self.text.len();
        self.text.push_str(word);
        self.push_span(start, 0, 0, 0, false);
    }

    pub(super) fn push(&mut self, triple: Triple<'_>) {
        // INVARIANT (text): the parts were cut from text at colons, so they are text.
        let part = |bytes| str::from_utf8(bytes).unwrap_or_default();
        self.push_parts(part(triple.resource), part(triple.id), part(triple.action));
    }

    fn push_parts(&mut self, resource: &str, id: &str, action: &str) {
        let triple = Triple::new(resource.as_bytes(), id.as_bytes(), action.as_bytes());
        let start = self.text.len();
        self.text.push_str(resource);
        self.text.push(':');
        let id_at = self.text.len() - start;
        self.text.push_str(id);
        self.text.push(':');
        let action_at = self.text.len() - start;
        self.text.push_str(action);
        self.push_span(start, id_at, action_at, triple.shape, triple.escaped);
    }

    fn push_span(&mut self, start: usize, id: usize, action: usize, shape: u8, escaped: bool) {
        let len = u16::try_from(self.text.len() - start);
        let (id, action) = (u16::try_from(id), u16::try_from(action));
        match (u32::try_from(start), id, action, len) {
            (Ok(start), Ok(id), Ok(action), Ok(len)) => {
                self.spans.push(Span { start, id, action, len, shape, escaped });
            }
            _ => self.overflow = true,
        }
    }

    /// The scope, if it is within limits. What was read is measured again: canonical text may be
    /// longer (`book` becomes `book:*:*`), and a scope that cannot be read back is of no use.
    pub(super) fn finish(mut self, limits: &Limits) -> Result<Scope, ScopeError> {
        if self.overflow {
            return Err(ScopeError::text_too_long(self.text.len(), limits.bytes));
        }
        self.compact();
        if self.spans.len() > limits.items {
            return Err(ScopeError::too_many_items(self.spans.len(), limits.items));
        }
        let longest = self.spans.iter().map(|span| usize::from(span.len)).max().unwrap_or(0);
        if longest > limits.item_bytes {
            return Err(ScopeError::item_too_long(longest, limits.item_bytes));
        }
        let scope = write(&self.text, &self.spans);
        let bytes = scope.as_str().len();
        if bytes > limits.bytes {
            return Err(ScopeError::text_too_long(bytes, limits.bytes));
        }
        Ok(scope)
    }

    /// The scope of what stands in the source, which no peer can make large.
    pub(super) fn finish_unbounded(mut self) -> Scope {
        self.compact();
        write(&self.text, &self.spans)
    }

    /// Sorts, and drops every item that another one covers.
    pub(super) fn compact(&mut self) {
        let text = &self.text;
        let sorted = |pair: &[Span]| match pair {
            [a, b] => order(text, *a, *b).is_lt(),
            _ => true,
        };
        if !self.spans.windows(2).all(sorted) {
            self.spans.sort_unstable_by(|a, b| order(text, *a, *b));
            self.spans.dedup_by(|a, b| order(text, *a, *b).is_eq());
        }
        let mut builder = SpansBuilder::with_capacity(self.spans.len());
        self.spans.iter().for_each(|span| builder.push(*span));
        let (_, covered) = builder.finish_checked(text);
        let mut covered = covered.into_iter().peekable();
        let mut number = 0;
        self.spans.retain(|_| {
            let gone = covered.next_if_eq(&number).is_some();
            number += 1;
            !gone
        });
    }
}

/// Writes sorted, reduced items as one canonical text.
pub(super) fn write<'a>(text: &str, sorted: impl IntoIterator<Item = &'a Span>) -> Scope {
    let sorted = sorted.into_iter();
    let mut out = String::with_capacity(text.len() + 16);
    let mut spans = SpansBuilder::with_capacity(sorted.size_hint().1.unwrap_or(0));
    for span in sorted {
        if !out.is_empty() {
            out.push(' ');
        }
        // INVARIANT (offsets fit): what is written is never longer than what it was cut from plus
        // one space an item, and `Limits` keeps that far below 4 GiB.
        let start = u32::try_from(out.len()).unwrap_or(u32::MAX);
        out.push_str(span.of(text));
        spans.push(Span { start, ..*span });
    }
    let spans = spans.finish(&out);
    Scope::from_scanned(&out, spans)
}

/// The scope of one item that was part of a scope.
pub(super) fn single(item: Item<'_>) -> Scope {
    let mut draft = Draft::default();
    draft.push_item(item);
    write(&draft.text, &draft.spans)
}

/// Everything that any of the scopes holds.
pub(super) fn union<'a>(
    scopes: impl IntoIterator<Item = &'a Scope>,
    limits: &Limits,
) -> Result<Scope, ScopeError> {
    let mut draft = Draft::default();
    for item in scopes.into_iter().flatten() {
        draft.push_item(item);
    }
    draft.finish(limits)
}
