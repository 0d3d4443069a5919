//! Knows how to answer questions about a scope that lies in someone else's memory.
//! Must not know how to make a new scope but by copying the whole.

use std::borrow::Cow;

use super::Spans;
use super::grammar;
use super::limits::DEFAULT_ID_BYTES;
use super::permission::{Part, Permission};
use super::require::Requirement;
use super::set::Scope;
use super::span::{ANY_ACTION, ANY_RESOURCE, Span, Triple};

/// A scope borrowed from where it lies: a [`Scope`], or the payload of a token.
///
/// Asking it a question allocates nothing.
///
/// ```
/// use hallpass::scope::Scope;
///
/// let scope = Scope::parse("openid invoice:*:read")?;
/// let granted = scope.view(); // a handler has it from `Verified::scope`
/// assert!(granted.covers_permission("invoice", "a:b", "read"));
/// assert!(!granted.covers_permission("invoice", "", "read"), "nothing is no id");
/// assert!(granted.has_word("openid"));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ScopeView<'a> {
    text: &'a str,
    spans: &'a Spans,
}

impl<'a> ScopeView<'a> {
    /// The spans must come from this very text. If they do not, no memory is at risk and nothing
    /// panics, but the answers are about some other scope.
    pub(crate) fn new(text: &'a str, spans: &'a Spans) -> Self {
        Self { text, spans }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether the scope allows nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.spans.as_slice().is_empty()
    }

    /// The number of items.
    #[must_use]
    pub fn len(self) -> usize {
        self.spans.as_slice().len()
    }

    /// Whether one permission of this scope holds all of `resource:id:action`, whose parts are
    /// given as they are, without escapes. `*` as a whole part means all of them.
    ///
    /// Parts that no permission can have (an empty one, a star among other characters, a control
    /// character) are never covered.
    #[must_use]
    pub fn covers_permission(self, resource: &str, id: &str, action: &str) -> bool {
        let covered = with_written_id(id, |id| {
            let wanted = Triple::new(resource.as_bytes(), id, action.as_bytes());
            self.spans.cover(self.text, wanted)
        });
        // What equals a literal of the scope is a name, as the literal is one. Only what a `*`
        // let through has still to be looked at.
        covered.flatten().is_some_and(|shape| {
            (shape & ANY_RESOURCE == 0 || is_name_or_star(resource))
                && (shape & ANY_ACTION == 0 || is_name_or_star(action))
        })
    }

    /// Whether the scope has the word. No wildcard stands for a word.
    #[must_use]
    pub fn has_word(self, word: &str) -> bool {
        self.spans.words().binary_search_by(|span| span.of(self.text).cmp(word)).is_ok()
    }

    /// Whether the requirement is met.
    #[must_use]
    pub fn meets<R: Requirement + ?Sized>(self, requirement: &R) -> bool {
        requirement.is_met_by(self)
    }

    /// Whether every item of the other scope is covered by one item of this one.
    #[must_use]
    pub fn covers(self, required: ScopeView<'_>) -> bool {
        required.words().all(|word| self.has_word(word))
            && required.triples().all(|wanted| self.holds(wanted))
    }

    /// Copies the scope.
    pub fn to_scope(self) -> Scope {
        Scope::from_scanned(self.text, self.spans.clone())
    }

    pub(super) fn holds(self, wanted: Triple<'_>) -> bool {
        self.spans.cover(self.text, wanted).is_some()
    }

    pub(super) fn spans(self) -> &'a Spans {
        self.spans
    }

    pub(super) fn words(self) -> impl Iterator<Item = &'a str> {
        self.spans.words().iter().map(move |span| span.of(self.text))
    }

    pub(super) fn triples(self) -> impl Iterator<Item = Triple<'a>> {
        self.spans.permissions().iter().map(move |span| span.triple(self.text))
    }
}

/// Longer than any accepted id once every byte of it is escaped.
const ESCAPED_BYTES: usize = 3 * DEFAULT_ID_BYTES;

fn is_name_or_star(name: &str) -> bool {
    name == "*" || grammar::is_name(name.as_bytes())
}

/// Whether a permission can have these decoded parts.
pub(super) fn is_permission(resource: &str, id: &str, action: &str) -> bool {
    is_name_or_star(resource) && is_name_or_star(action) && with_written_id(id, |_| ()).is_some()
}

/// Hands on the written form of a decoded id, or `*`, without allocating. `None` if it is no id.
fn with_written_id<T>(id: &str, ask: impl FnOnce(&[u8]) -> T) -> Option<T> {
    if id.is_empty() || id.len() > DEFAULT_ID_BYTES {
        return None;
    }
    if id == "*" || id.bytes().all(grammar::is_id_byte) {
        return Some(ask(id.as_bytes()));
    }
    grammar::check_id(id).ok()?;
    let mut buffer = [0; ESCAPED_BYTES];
    let mut free = buffer.iter_mut();
    for byte in id.bytes() {
        if grammar::is_id_byte(byte) {
            *free.next()? = byte;
        } else {
            for escaped in grammar::escape(byte) {
                *free.next()? = escaped;
            }
        }
    }
    let unused = free.len();
    buffer.get(..ESCAPED_BYTES - unused).map(ask)
}

/// One item of a scope.
///
/// ```
/// use hallpass::scope::{Item, Scope};
///
/// let scope = Scope::parse("openid invoice:*:read")?;
/// let (mut words, mut resources) = (Vec::new(), Vec::new());
/// for item in &scope {
///     match item {
///         Item::Word(word) => words.push(word),
///         Item::Permission(permission) => resources.push(permission.resource()),
///     }
/// }
/// assert_eq!(words, ["openid"]);
/// assert_eq!(resources[0].as_str(), Some("invoice"));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the data model has exactly these two")]
pub enum Item<'a> {
    /// A word, equal only to itself.
    Word(&'a str),
    /// A permission.
    Permission(PermissionRef<'a>),
}

impl<'a> Item<'a> {
    /// The canonical text of the item.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Word(word) => word,
            Self::Permission(permission) => permission.as_str(),
        }
    }
}

/// A permission borrowed from a scope.
///
/// ```
/// use hallpass::scope::{Item, Scope};
///
/// let scope = Scope::parse("doc:urn%3Aisbn%3A0451450523:read")?;
/// let Some(Item::Permission(first)) = scope.iter().next() else { panic!("no permission") };
/// assert_eq!(first.id().as_str(), Some("urn:isbn:0451450523"), "decoded");
/// assert_eq!(first.as_str(), "doc:urn%3Aisbn%3A0451450523:read");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PermissionRef<'a> {
    text: &'a str,
    span: Span,
}

impl<'a> PermissionRef<'a> {
    pub(super) fn new(text: &'a str, span: Span) -> Self {
        Self { text, span }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.span.of(self.text)
    }

    /// The resource.
    #[must_use]
    pub fn resource(self) -> Part<'a> {
        Part::plain(self.triple().resource)
    }

    /// The id, decoded.
    #[must_use]
    pub fn id(self) -> Part<'a> {
        let written = str::from_utf8(self.triple().id).unwrap_or_default();
        match written {
            "*" => Part::Any,
            // INVARIANT (checked): the id was decoded once when it was read.
            _ => Part::Is(grammar::decode_id(written).unwrap_or(Cow::Borrowed(written))),
        }
    }

    /// The action.
    #[must_use]
    pub fn action(self) -> Part<'a> {
        Part::plain(self.triple().action)
    }

    /// Copies the permission.
    pub fn to_permission(self) -> Permission {
        Permission::from_checked(self.as_str().to_owned().into(), Span { start: 0, ..self.span })
    }

    pub(super) fn triple(self) -> Triple<'a> {
        self.span.triple(self.text)
    }
}

/// The items of a scope in canonical order. See [`Scope::iter`].
///
/// ```
/// use hallpass::scope::{Item, Scope};
///
/// let scope = Scope::parse("page:read book:read openid")?;
/// let items = scope.iter();
/// assert_eq!(items.len(), 3);
/// assert!(items.map(Item::as_str).eq(["openid", "book:*:read", "page:*:read"]));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Items<'a> {
    text: &'a str,
    spans: std::slice::Iter<'a, Span>,
}

impl<'a> IntoIterator for ScopeView<'a> {
    type Item = Item<'a>;
    type IntoIter = Items<'a>;

    fn into_iter(self) -> Items<'a> {
        Items { text: self.text, spans: self.spans.as_slice().iter() }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let span = *self.spans.next()?;
        Some(if span.is_word() {
            Item::Word(span.of(self.text))
        } else {
            Item::Permission(PermissionRef::new(self.text, span))
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for Items<'_> {}
