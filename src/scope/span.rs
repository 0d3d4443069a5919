//! Knows where the parts of one item are and how two items compare.
//! Must not know how the text was read, nor keep any text of its own.

use std::cmp::Ordering;

use super::grammar::decoded_bytes;

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
    pub(super) fn fits(self, wanted: Triple<'_>) -> bool {
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
