//! Knows which resources, actions and words a service has, and reads scopes strictly by them.
//! Must not know what a permission covers, nor change the meaning of anything that has a colon.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::canonical;
use super::declare::VocabularyBuilder;
use super::error::ScopeError;
use super::fault::Fault;
use super::limits::Limits;
use super::parse::{self, Rules};
use super::set::{Lossy, Scope};

/// What a bare name such as `book` means.
///
/// ```
/// use hallpass::scope::{BareWords, Vocabulary};
///
/// let declared = Vocabulary::builder().resource("book");
/// assert_eq!(declared.clone().build()?.parse("book")?.as_str(), "book:*:*");
/// let explicit = declared.bare_words(BareWords::Deny).build()?;
/// assert!(explicit.parse("book").is_err(), "too much for four letters");
/// assert!(explicit.parse("book:*").is_ok());
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a host that matches on this must see a new reading")]
pub enum BareWords {
    /// Every operation on the resource of that name, declared or not.
    Resource,
    /// The same, but only for declared resources; the default of a vocabulary.
    Declared,
    /// An error that asks for `book:*`.
    Deny,
}

/// The resources, actions and words of one service.
///
/// Without a vocabulary any name is a resource, so that a misspelt scope is a valid scope. With
/// one, a misspelling is an error that says what was probably meant. Cloning is cheap.
///
/// ```
/// use hallpass::scope::Vocabulary;
///
/// let vocabulary = Vocabulary::builder()
///     .resource("book")
///     .resource_with("report", ["run"])
///     .actions(["read", "write"])
///     .opaque("https://www.googleapis.com/auth/drive.readonly")
///     .build()?;
///
/// assert_eq!(vocabulary.parse("book report:run")?.as_str(), "book:*:* report:*:run");
/// assert_eq!(
///     vocabulary.parse("boook").unwrap_err().to_string(),
///     "scope item 1 (`boook`): not a declared resource or word; did you mean `book`?"
/// );
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vocabulary {
    pub(super) known: Arc<Known>,
}

/// Actions of one resource; `None` where nothing was said about it alone.
pub(super) type Actions = Option<BTreeSet<Box<str>>>;

#[derive(Debug)]
pub(super) struct Known {
    pub(super) resources: BTreeMap<Box<str>, Actions>,
    pub(super) actions: BTreeSet<Box<str>>,
    pub(super) opaque: BTreeSet<Box<str>>,
    pub(super) reserved: BTreeSet<Box<str>>,
    pub(super) bare: BareWords,
    pub(super) limits: Limits,
}

impl Vocabulary {
    /// Starts an empty vocabulary.
    #[must_use]
    pub fn builder() -> VocabularyBuilder {
        VocabularyBuilder::default()
    }

    /// Reads what a person or a client wrote; all of it or nothing.
    ///
    /// # Errors
    /// The first item that cannot be read or is not known, or a limit that is exceeded.
    pub fn parse(&self, text: &str) -> Result<Scope, ScopeError> {
        Scope::read(text, &self.rules())
    }

    /// Reads the items of an array claim, one scope item each.
    ///
    /// # Errors
    /// As [`Vocabulary::parse`]; a space in an element is an error, not a separator.
    pub fn parse_items<I>(&self, items: I) -> Result<Scope, ScopeError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Scope::read_items(items, &self.rules())
    }

    /// Reads text that this crate wrote, including the opaque words registered here.
    ///
    /// # Errors
    /// Anything that this crate would not have written.
    pub fn parse_canonical(&self, text: &str) -> Result<Scope, ScopeError> {
        let spans = canonical::scan(text, &self.known.limits, Some(self))?;
        Ok(Scope::from_scanned(text, spans))
    }

    /// Reads a foreign token's scope: what cannot be read is dropped and reported.
    #[must_use]
    pub fn parse_lossy(&self, text: &str) -> Lossy {
        Scope::read_lossy(text, &self.rules())
    }

    /// The limits of everything read through this vocabulary.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.known.limits
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules { limits: &self.known.limits, bare: self.known.bare, vocabulary: Some(self) }
    }

    pub(super) fn is_opaque(&self, word: &str) -> bool {
        self.known.opaque.contains(word)
    }

    pub(super) fn is_extra_reserved(&self, word: &str) -> bool {
        self.known.reserved.contains(word)
    }

    pub(super) fn extra_reserved_look_alike(&self, word: &str) -> Option<&str> {
        let mut reserved = self.known.reserved.iter().map(|known| &**known);
        reserved.find(|known| *known != word && known.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_resource(&self, name: &str) -> bool {
        self.known.resources.contains_key(name)
    }

    /// Checks the names of an item with a colon. A vocabulary without resources checks none.
    pub(super) fn check<'a>(
        &'a self,
        resource: &'a str,
        action: &'a str,
        two_parts: bool,
    ) -> Result<(), Fault<'a>> {
        let known = &*self.known;
        let star = resource == "*";
        if !star && !known.resources.is_empty() && !known.resources.contains_key(resource) {
            let swapped = two_parts
                && known.resources.contains_key(action)
                && known.allows_action(Some(action), resource);
            return Err(if swapped {
                Fault::Swapped { resource: action, action: resource }
            } else {
                Fault::UnknownResource(resource)
            });
        }
        let resource = (!star).then_some(resource);
        if action == "*" || known.allows_action(resource, action) {
            return Ok(());
        }
        Err(Fault::UnknownAction { action, resource, two_parts })
    }

    /// The declared resource or word that was probably meant.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let known = &*self.known;
        let candidates = known.resources.keys().chain(&known.opaque).chain(&known.reserved);
        candidates
            .map(|candidate| (distance(candidate, name), &**candidate))
            .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
            .min()
            .map(|(_, candidate)| candidate)
    }
}

impl Known {
    /// Whether the action is one of the resource, or of any resource if none is given.
    fn allows_action(&self, resource: Option<&str>, action: &str) -> bool {
        if self.actions.contains(action) {
            return true;
        }
        let allows = |own: &Actions| match own {
            Some(own) => own.contains(action),
            // Nothing declared for it, neither alone nor for all: nothing to check.
            None => self.actions.is_empty(),
        };
        match resource {
            Some(name) => self.resources.get(name).map_or(self.actions.is_empty(), allows),
            None if self.resources.is_empty() => self.actions.is_empty(),
            None => self.resources.values().any(allows),
        }
    }
}

/// Edits between two names. Both are short: an item has a limit.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, x) in (1..).zip(a.bytes()) {
        let mut left = above;
        let mut diagonal = above - 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(left + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = above;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// What a word would mean if it were not registered; the builder asks.
pub(super) fn reads_as_permission(word: &str, limits: &Limits) -> bool {
    let place = super::fault::Place { item: word, number: 1, start: 0, stored: false };
    let read = parse::read(&place, &Rules::plain(limits));
    matches!(read, Ok(parse::Read::Permission { .. }))
}
