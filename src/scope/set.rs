//! Knows what a scope is: canonical text and where its items are.
//! Must not know any grammar, nor what covers what.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use super::draft::Draft;
use super::error::ScopeError;
use super::fault::Place;
use super::limits::Limits;
use super::parse::{self, Rules};
use super::permission::Permission;
use super::spans::Spans;
use super::view::{Items, ScopeView};

/// What may be done: a reduced, sorted set of permissions and words.
///
/// Two scopes are equal exactly if they mean the same, however they were written. The order of
/// `Ord` serves maps and sorting and says nothing about which scope holds more; for that there is
/// [`Scope::covers`]. Cloning is cheap.
///
/// ```
/// use hallpass::scope::Scope;
///
/// let granted = Scope::parse("invoice:read invoice:7:* invoice:7:read openid")?;
/// assert_eq!(granted.to_string(), "openid invoice:*:read invoice:7:*");
/// assert_eq!(format!("{granted:#}"), "openid invoice:read invoice:7:*");
/// assert!(granted.covers(&Scope::parse("invoice:42:read")?));
/// assert!(!granted.covers(&Scope::parse("invoice:42:write")?));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Scope {
    text: Arc<str>,
    spans: Spans,
}

/// What could be read of a foreign scope.
///
/// ```
/// use hallpass::scope::Scope;
///
/// let lossy = Scope::parse_lossy("book:read book::write"); // of a foreign token
/// assert_eq!(lossy.scope.as_str(), "book:*:read");
/// assert_eq!(lossy.dropped[0].item(), Some(2));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lossy {
    /// The items that could be read.
    pub scope: Scope,
    /// Why the others could not.
    pub dropped: Vec<ScopeError>,
}

impl Scope {
    /// The scope that allows nothing.
    pub fn empty() -> Self {
        Self::from_scanned("", super::spans::SpansBuilder::with_capacity(0).finish(""))
    }

    /// Reads what a person or a client wrote, without a vocabulary; all of it or nothing.
    ///
    /// Any name is taken for a resource. Services do better with a
    /// [`Vocabulary`](super::Vocabulary).
    ///
    /// # Errors
    /// The first item that cannot be read, or a limit that is exceeded.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::parse_within(text, &Limits::DEFAULT)
    }

    /// As [`Scope::parse`], with other limits.
    ///
    /// # Errors
    /// As [`Scope::parse`].
    pub fn parse_within(text: &str, limits: &Limits) -> Result<Self, ScopeError> {
        Self::read(text, &Rules::plain(limits))
    }

    /// Reads the items of an array claim, one scope item each.
    ///
    /// # Errors
    /// As [`Scope::parse`]; a space in an element is an error, not a separator.
    pub fn parse_items<I>(items: I) -> Result<Self, ScopeError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::read_items(items, &Rules::plain(&Limits::DEFAULT))
    }

    /// Reads text that this crate wrote.
    ///
    /// Canonical text has only full permissions and words, so a bare name is always a word here
    /// and grants no resource. A registered word that is no plain name, such as a URL, can only
    /// be read by [`Vocabulary::parse_canonical`](super::Vocabulary::parse_canonical).
    ///
    /// # Errors
    /// Anything that this crate would not have written.
    pub fn parse_canonical(text: &str) -> Result<Self, ScopeError> {
        Self::parse_canonical_within(text, &Limits::DEFAULT)
    }

    /// As [`Scope::parse_canonical`], with other limits.
    ///
    /// # Errors
    /// As [`Scope::parse_canonical`].
    pub fn parse_canonical_within(text: &str, limits: &Limits) -> Result<Self, ScopeError> {
        Ok(Self::from_scanned(text, Spans::scan(text, limits)?))
    }

    /// Reads a foreign token's scope: what cannot be read is dropped and reported. Dropping can
    /// only reduce access.
    #[must_use]
    pub fn parse_lossy(text: &str) -> Lossy {
        Self::read_lossy(text, &Rules::plain(&Limits::DEFAULT))
    }

    /// The scope of these permissions.
    ///
    /// # Errors
    /// A limit that is exceeded.
    pub fn from_permissions<I>(permissions: I) -> Result<Self, ScopeError>
    where
        I: IntoIterator<Item = Permission>,
    {
        let mut draft = Draft::default();
        for permission in permissions {
            draft.push(permission.triple());
        }
        draft.finish(&Limits::DEFAULT)
    }

    pub(super) fn read(text: &str, rules: &Rules<'_>) -> Result<Self, ScopeError> {
        parse::check_sizes(text, rules.limits)?;
        let mut draft = Draft::with_capacity(text.len());
        for place in parse::items(text) {
            draft.push_read(&parse::read(&place, rules)?);
        }
        draft.finish(rules.limits)
    }

    pub(super) fn read_items<I>(items: I, rules: &Rules<'_>) -> Result<Self, ScopeError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let (mut draft, mut bytes) = (Draft::default(), 0);
        for (number, item) in (1..).zip(items) {
            let item = item.as_ref();
            bytes += item.len();
            if number > rules.limits.items {
                return Err(ScopeError::too_many_items(number, rules.limits.items));
            }
            if bytes > rules.limits.bytes {
                return Err(ScopeError::text_too_long(bytes, rules.limits.bytes));
            }
            let place = Place { item, number, start: 0, stored: false };
            draft.push_read(&parse::read(&place, rules)?);
        }
        draft.finish(rules.limits)
    }

    pub(super) fn read_lossy(text: &str, rules: &Rules<'_>) -> Lossy {
        let mut dropped = Vec::new();
        if let Err(error) = parse::check_sizes(text, rules.limits) {
            return Lossy { scope: Self::empty(), dropped: vec![error] };
        }
        let mut draft = Draft::with_capacity(text.len());
        for place in parse::items(text) {
            match parse::read(&place, rules) {
                Ok(read) => draft.push_read(&read),
                Err(error) => dropped.push(error),
            }
        }
        let scope = draft.finish(rules.limits).unwrap_or_else(|error| {
            dropped.push(error);
            Self::empty()
        });
        Lossy { scope, dropped }
    }

    pub(super) fn from_scanned(text: &str, spans: Spans) -> Self {
        Self { text: Arc::from(text), spans }
    }

    /// The scope, borrowed.
    #[must_use]
    pub fn view(&self) -> ScopeView<'_> {
        ScopeView::new(&self.text, &self.spans)
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scope allows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.as_slice().len()
    }

    /// The items in canonical order.
    pub fn iter(&self) -> Items<'_> {
        self.view().into_iter()
    }
}

impl<'a> IntoIterator for &'a Scope {
    type Item = super::view::Item<'a>;
    type IntoIter = Items<'a>;

    fn into_iter(self) -> Items<'a> {
        self.iter()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::empty()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

// INVARIANT (one spelling): every meaning has exactly one canonical text, so comparing texts
// compares meanings.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Scope {}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for Scope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of the texts: total, and unrelated to what covers what.
impl Ord for Scope {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
