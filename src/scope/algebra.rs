//! Knows how scopes relate and combine: covers, meet, join and the two honest differences.
//! Must not know any text form; it works on items that are already in order.

use super::draft::{self, Draft};
use super::error::ScopeError;
use super::limits::Limits;
use super::set::Scope;
use super::span::{ANY_RESOURCE, Span, Triple};
use super::view::ScopeView;

/// How many items a result in the making may have before it is reduced, beyond its limit.
const SLACK: usize = 1 << 16;

impl Scope {
    /// Whether everything that `required` holds is held here: every item of it is covered by one
    /// item of this scope.
    ///
    /// A finite set never adds up to a wildcard: `book:read book:write` does not cover `book:*`,
    /// because books may have other actions tomorrow. No wildcard covers a word.
    #[must_use]
    pub fn covers(&self, required: &Self) -> bool {
        self.view().covers(required.view())
    }

    /// Whether there is anything that both scopes hold.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.view(), other.view());
        a.words().any(|word| b.has_word(word)) || a.triples().any(|triple| overlaps(b, triple))
    }

    /// What both scopes hold, exactly: never more than either of them.
    ///
    /// ```
    /// use hallpass::scope::Scope;
    ///
    /// let (token, user) = (Scope::parse("book:read")?, Scope::parse("book:1:*")?);
    /// assert_eq!(token.meet(&user)?.as_str(), "book:1:read"); // in neither list
    /// # Ok::<(), hallpass::scope::ScopeError>(())
    /// ```
    ///
    /// # Errors
    /// The result exceeds the default limits; see [`Scope::meet_within`].
    pub fn meet(&self, other: &Self) -> Result<Self, ScopeError> {
        self.meet_within(other, &Limits::DEFAULT)
    }

    /// As [`Scope::meet`], with other limits.
    ///
    /// # Errors
    /// The result exceeds the limits. It can have as many items as both scopes multiplied.
    pub fn meet_within(&self, other: &Self, limits: &Limits) -> Result<Self, ScopeError> {
        let (few, many) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        let (few, many) = (few.view(), many.view());
        let mut draft = Draft::default();
        for word in few.words().filter(|word| many.has_word(word)) {
            draft.push_word(word);
        }
        let most = limits.items.saturating_mul(2).saturating_add(SLACK);
        for triple in few.triples() {
            if many.holds(triple) {
                draft.push(triple);
                continue;
            }
            for both in candidates(many, triple).filter_map(|other| triple.meet(other)) {
                draft.push(both);
                if draft.len() > most {
                    draft.compact();
                    if draft.len() > most / 2 {
                        return Err(ScopeError::too_many_items(draft.len(), limits.items));
                    }
                }
            }
        }
        draft.finish(limits)
    }

    /// What either scope holds.
    ///
    /// # Errors
    /// The result exceeds the default limits; see [`Scope::join_within`].
    pub fn join(&self, other: &Self) -> Result<Self, ScopeError> {
        self.join_within(other, &Limits::DEFAULT)
    }

    /// As [`Scope::join`], with other limits.
    ///
    /// # Errors
    /// The result exceeds the limits.
    pub fn join_within(&self, other: &Self, limits: &Limits) -> Result<Self, ScopeError> {
        draft::union([self, other], limits)
    }

    /// The items of this scope that `other` does not cover.
    ///
    /// Nothing of the true difference is lost, but something of `other` may be kept: a scope
    /// cannot say "all books but one". Use it to tell which requested items were refused.
    pub fn not_covered_by(&self, other: &Self) -> Self {
        let other = other.view();
        self.keep(|word| !other.has_word(word), |triple| !other.holds(triple))
    }

    /// The items of this scope that have nothing in common with `other`.
    ///
    /// Nothing of `other` is kept, but more than it may be lost. Use it to take rights away.
    pub fn strip_overlapping(&self, other: &Self) -> Self {
        let other = other.view();
        self.keep(|word| !other.has_word(word), |triple| !overlaps(other, triple))
    }

    fn keep(&self, word: impl Fn(&str) -> bool, permission: impl Fn(Triple<'_>) -> bool) -> Self {
        let (view, text) = (self.view(), self.as_str());
        let kept = |span: &&Span| {
            if span.is_word() { word(span.of(text)) } else { permission(span.triple(text)) }
        };
        // INVARIANT (subset): part of a sorted, reduced list is sorted and reduced.
        draft::write(text, view.spans().as_slice().iter().filter(kept))
    }
}

pub(super) fn overlaps(scope: ScopeView<'_>, triple: Triple<'_>) -> bool {
    scope.holds(triple) || candidates(scope, triple).any(|other| triple.meet(other).is_some())
}

/// The permissions that may have something in common with this one: items are sorted by resource,
/// `*` first, so that two runs of them are enough.
fn candidates<'a>(
    scope: ScopeView<'a>,
    triple: Triple<'_>,
) -> impl Iterator<Item = Triple<'a>> + use<'a> {
    let all = scope.spans().permissions();
    let text = scope.as_str();
    let (any, same) = if triple.shape & ANY_RESOURCE != 0 {
        (all, Default::default())
    } else {
        let stars = all.partition_point(|span| span.shape & ANY_RESOURCE != 0);
        let (any, named) = all.split_at_checked(stars).unwrap_or_default();
        let start = named.partition_point(|span| span.triple(text).resource < triple.resource);
        let rest = named.get(start..).unwrap_or_default();
        let end = rest.partition_point(|span| span.triple(text).resource == triple.resource);
        (any, rest.get(..end).unwrap_or_default())
    };
    any.iter().chain(same).map(move |span| span.triple(text))
}
