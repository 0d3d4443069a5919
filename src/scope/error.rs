//! Knows what can be wrong with a scope as a whole, and how much of the input an error may show.
//! Must not know how a fault was found, nor print a byte that a header could not carry.

use std::fmt::{self, Write as _};

use super::fault::Place;

/// What is wrong with a scope.
///
/// ```
/// use hallpass::scope::{Scope, ScopeErrorKind};
///
/// let advice = |text: &str| match Scope::parse(text).map_err(|error| error.kind()) {
///     Ok(_) => "fine",
///     Err(ScopeErrorKind::ListSeparator) => "put spaces between items",
///     Err(ScopeErrorKind::TooLong | ScopeErrorKind::TooManyItems) => "ask for less, or for `*`",
///     Err(_) => "see the error's text",
/// };
/// assert_eq!(advice("book:read,page:read"), "put spaces between items");
/// assert_eq!(advice(&"book:read ".repeat(999)), "ask for less, or for `*`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeErrorKind {
    /// A part between, before or after colons is empty.
    EmptyPart,
    /// More than three parts.
    TooManyParts,
    /// A character that may not stand where it stands.
    InvalidCharacter,
    /// `*` is only part of a part.
    MisplacedWildcard,
    /// A comma, which some other systems read as a list.
    ListSeparator,
    /// A leading `!` or `-`, which some other systems read as "not".
    Negation,
    /// A `%` without two hex digits, or one that hides a star, a control character or bad UTF-8.
    BadEscape,
    /// A bare name that differs from a reserved word only in case.
    ReservedCase,
    /// A bare name that the vocabulary does not know, or refuses.
    UnknownBareWord,
    /// A resource that the vocabulary does not know.
    UnknownResource,
    /// An action that the vocabulary does not know.
    UnknownAction,
    /// `action:resource` where `resource:action` was meant.
    SwappedParts,
    /// Too many bytes in the text, in one item or in one id.
    TooLong,
    /// Too many items.
    TooManyItems,
    /// Text that should have been canonical is not.
    NotCanonical,
    /// A resource was declared under a reserved name.
    ReservedResource,
    /// An opaque word was registered that can be read in another way.
    AmbiguousOpaque,
    /// A requirement consists of a bare reserved word.
    ReservedWordInRequirement,
    /// A word stands where only a permission can.
    WordNotPermission,
    /// A template's parameter is not the whole id.
    MisplacedParameter,
}

/// A scope, requirement or vocabulary that cannot be read, and where.
///
/// The text is safe to put into `error_description` and `WWW-Authenticate`: it has only the
/// characters that [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
/// allows there, and shows at most 64 bytes of the input.
///
/// ```
/// use hallpass::scope::{Scope, ScopeErrorKind};
///
/// let error = Scope::parse("page:read book::read").unwrap_err();
/// assert_eq!(error.kind(), ScopeErrorKind::EmptyPart);
/// assert_eq!((error.item(), error.offset()), (Some(2), Some(15)));
/// assert_eq!(
///     error.to_string(),
///     "scope item 2 (`book::read`): the id is empty; write `*` for every id"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScopeError {
    kind: ScopeErrorKind,
    item: Option<usize>,
    offset: Option<usize>,
    message: Box<str>,
}

impl ScopeError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ScopeErrorKind {
        self.kind
    }

    /// The number of the item, counted from one, if the fault is in one item.
    #[must_use]
    pub fn item(&self) -> Option<usize> {
        self.item
    }

    /// The byte where the fault is, counted from zero at the start of the whole text.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    pub(super) fn in_item(
        kind: ScopeErrorKind,
        place: &Place<'_>,
        offset: usize,
        message: String,
    ) -> Self {
        Self {
            kind,
            item: (place.number > 0).then_some(place.number),
            offset: Some(place.start + offset),
            message: message.into(),
        }
    }

    fn whole(kind: ScopeErrorKind, message: String) -> Self {
        Self { kind, item: None, offset: None, message: message.into() }
    }

    pub(super) fn text_too_long(bytes: usize, limit: usize) -> Self {
        let message = format!("scope is {bytes} bytes, the limit is {limit}");
        Self::whole(ScopeErrorKind::TooLong, message)
    }

    /// For an item that an operation put together from parts of several.
    pub(super) fn item_too_long(bytes: usize, limit: usize) -> Self {
        let message = format!("scope item would be {bytes} bytes, the limit is {limit}");
        Self::whole(ScopeErrorKind::TooLong, message)
    }

    pub(super) fn too_many_items(items: usize, limit: usize) -> Self {
        let message = format!("scope has {items} items, the limit is {limit}");
        Self::whole(ScopeErrorKind::TooManyItems, message)
    }

    pub(super) fn reserved_resource(name: &str) -> Self {
        let message = format!(
            "a resource may not be called {}: the bare word means the OpenID Connect scope",
            Shown(name)
        );
        Self::whole(ScopeErrorKind::ReservedResource, message)
    }

    pub(super) fn ambiguous_opaque(word: &str, why: &str) -> Self {
        let message = format!("the word `{}` cannot be registered: {why}", Shown(word));
        Self::whole(ScopeErrorKind::AmbiguousOpaque, message)
    }

    pub(super) fn bad_declaration(what: &str, name: &str) -> Self {
        let message = format!("`{}` is not {what}", Shown(name));
        Self::whole(ScopeErrorKind::InvalidCharacter, message)
    }

    pub(super) fn reserved_requirement(word: &str, item: usize, offset: usize) -> Self {
        let word = Shown(word);
        let message =
            format!("requirement `{word}`: write `{word}:*` for the resource or use Require::word");
        Self {
            kind: ScopeErrorKind::ReservedWordInRequirement,
            item: Some(item),
            offset: Some(offset),
            message: message.into(),
        }
    }
}

/// Input as an error may show it: cut at 64 bytes, and nothing that would need quoting in a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a>(pub(super) &'a str);

const SHOWN_BYTES: usize = 64;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut end = self.0.len().min(SHOWN_BYTES);
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        for c in self.0.get(..end).unwrap_or_default().chars() {
            match c {
                ' ' | '!' | '#'..='[' | ']'..='~' => f.write_char(c)?,
                _ => write!(f, "U+{:04X}", u32::from(c))?,
            }
        }
        if end < self.0.len() { f.write_str("...") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_cut_at_64_bytes_and_never_inside_a_character() {
        assert_eq!(Shown(&"x".repeat(64)).to_string(), "x".repeat(64));
        assert_eq!(Shown(&"x".repeat(65)).to_string(), format!("{}...", "x".repeat(64)));
        let text = format!("{}\u{e9}", "x".repeat(63));
        assert_eq!(Shown(&text).to_string(), format!("{}...", "x".repeat(63)));
        assert_eq!(Shown("a\"\\\u{e9}\n").to_string(), "aU+0022U+005CU+00E9U+000A");
    }
}
