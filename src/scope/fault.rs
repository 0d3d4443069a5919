//! Knows what can be wrong with one item, and the exact words that say so.
//! Must not know how the fault was found.

use std::fmt::{self, Write as _};

use super::error::{ScopeError, ScopeErrorKind, Shown};

/// Where an item was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) item: &'a str,
    /// Counted from one; zero for a permission built from its parts.
    pub(super) number: usize,
    /// The byte at which the item starts.
    pub(super) start: usize,
    /// Whether the text should have been canonical.
    pub(super) stored: bool,
}

/// What is wrong with one item. Offsets count from the start of the item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault<'a> {
    Empty { index: usize, parts: usize },
    TooManyParts(usize),
    Character { at: usize, c: char },
    NameCharacter { at: usize, c: char },
    Wildcard(usize),
    List(usize),
    Negation,
    EscapeDigits(usize),
    EscapeData(usize),
    EscapeUtf8(usize),
    ReservedCase(&'a str),
    UnknownBare(Option<&'a str>),
    BareDenied,
    UnknownResource(&'a str),
    UnknownAction { action: &'a str, resource: Option<&'a str>, two_parts: bool },
    Swapped { resource: &'a str, action: &'a str },
    ItemTooLong { bytes: usize, limit: usize },
    IdTooLong { bytes: usize, limit: usize },
    NotCanonical(&'static str),
    WordNotPermission,
    Parameter(usize),
}

impl Fault<'_> {
    /// The error for this fault at its place.
    pub(super) fn at(self, place: &Place<'_>) -> ScopeError {
        let (kind, offset) = self.kind_and_offset(place.item);
        ScopeError::in_item(kind, place, offset, self.message(place))
    }

    fn kind_and_offset(self, item: &str) -> (ScopeErrorKind, usize) {
        use ScopeErrorKind as Kind;
        match self {
            Self::Empty { index, .. } => {
                (Kind::EmptyPart, item.split(':').take(index).map(|part| part.len() + 1).sum())
            }
            Self::TooManyParts(_) => (Kind::TooManyParts, 0),
            Self::Character { at, .. } | Self::NameCharacter { at, .. } => {
                (Kind::InvalidCharacter, at)
            }
            Self::Wildcard(at) => (Kind::MisplacedWildcard, at),
            Self::List(at) => (Kind::ListSeparator, at),
            Self::Negation => (Kind::Negation, 0),
            Self::EscapeDigits(at) | Self::EscapeData(at) | Self::EscapeUtf8(at) => {
                (Kind::BadEscape, at)
            }
            Self::ReservedCase(_) => (Kind::ReservedCase, 0),
            Self::UnknownBare(_) | Self::BareDenied => (Kind::UnknownBareWord, 0),
            Self::UnknownResource(_) => (Kind::UnknownResource, 0),
            Self::UnknownAction { action, .. } => {
                (Kind::UnknownAction, item.len().saturating_sub(action.len()))
            }
            Self::Swapped { .. } => (Kind::SwappedParts, 0),
            Self::ItemTooLong { .. } | Self::IdTooLong { .. } => (Kind::TooLong, 0),
            Self::NotCanonical(_) => (Kind::NotCanonical, 0),
            Self::WordNotPermission => (Kind::WordNotPermission, 0),
            Self::Parameter(at) => (Kind::MisplacedParameter, at),
        }
    }

    fn message(self, place: &Place<'_>) -> String {
        let mut text = String::with_capacity(96);
        if place.number == 0 {
            text.push_str("permission");
        } else {
            let stored = if place.stored { "stored " } else { "" };
            // INVARIANT (infallible): writing to a String never fails.
            let _ = write!(text, "{stored}scope item {}", place.number);
        }
        let _ = match self {
            Self::Character { at, c } => write!(
                text,
                ": character U+{:04X} at byte {} is not allowed in a scope",
                u32::from(c),
                place.start + at
            ),
            Self::ItemTooLong { bytes, limit } => {
                write!(text, " is {bytes} bytes, the limit is {limit}")
            }
            Self::IdTooLong { bytes, limit } => {
                write!(text, ": the id is {bytes} bytes, the limit is {limit}")
            }
            _ => {
                let _ = write!(text, " (`{}`): ", Shown(place.item));
                self.explain(&mut text, place)
            }
        };
        text
    }

    fn explain(self, text: &mut String, place: &Place<'_>) -> fmt::Result {
        match self {
            Self::Empty { index, parts } => explain_empty(text, place.item, index, parts),
            Self::TooManyParts(parts) => write!(
                text,
                "{parts} parts, at most 3 are allowed; inside an id write a colon as %3A"
            ),
            Self::NameCharacter { at, c } => {
                write!(
                    text,
                    "character U+{:04X} at byte {} is not allowed in a name; a foreign scope can be \
                     registered as an opaque word",
                    u32::from(c),
                    place.start + at
                )
            }
            Self::Wildcard(_) => text.write_str("`*` must stand alone as a whole part"),
            Self::List(_) => text.write_str(
                "`,` is not allowed; separate items with spaces, inside an id write %2C",
            ),
            Self::Negation => {
                text.write_str("a scope can only grant; there are no negative scopes")
            }
            Self::EscapeDigits(_) => text.write_str("% must be followed by two hex digits"),
            Self::EscapeData(_) => {
                text.write_str("an id cannot contain `*` or a control character, escaped or not")
            }
            Self::EscapeUtf8(_) => text.write_str("the escaped bytes are not UTF-8"),
            Self::ReservedCase(word) => {
                write!(text, "differs from the word `{word}` only in case")
            }
            Self::UnknownBare(near) => {
                text.write_str("not a declared resource or word")?;
                near.map_or(Ok(()), |near| write!(text, "; did you mean `{}`?", Shown(near)))
            }
            Self::BareDenied => write!(
                text,
                "bare names are not accepted; write `{}:*` for every operation on the resource",
                Shown(place.item)
            ),
            Self::UnknownResource(name) => {
                write!(text, "`{}` is not a declared resource", Shown(name))
            }
            Self::UnknownAction { action, resource: None, .. } => {
                write!(text, "`{}` is not an action of any resource", Shown(action))
            }
            Self::UnknownAction { action, resource: Some(resource), two_parts } => {
                let (action, resource) = (Shown(action), Shown(resource));
                write!(text, "`{action}` is not an action of `{resource}`")?;
                if two_parts {
                    write!(
                        text,
                        "; for the {resource} numbered {action} write `{resource}:{action}:*`"
                    )?;
                }
                Ok(())
            }
            Self::Swapped { resource, action } => write!(
                text,
                "the resource comes first; did you mean `{}:{}`?",
                Shown(resource),
                Shown(action)
            ),
            Self::NotCanonical(expected) => write!(text, "expected {expected}"),
            Self::WordNotPermission => write!(
                text,
                "this is a word, not a permission; write `{}:*` for the resource",
                Shown(place.item)
            ),
            Self::Parameter(_) => {
                text.write_str("a parameter must be a whole id, written as `{name}`")
            }
            // Their text has no item in it; `message` writes it.
            Self::Character { .. } | Self::ItemTooLong { .. } | Self::IdTooLong { .. } => Ok(()),
        }
    }
}

fn explain_empty(text: &mut String, item: &str, index: usize, parts: usize) -> fmt::Result {
    let action = if parts == 2 { 1 } else { 2 };
    let before = item.match_indices(':').nth(index.saturating_sub(1)).map_or(0, |(at, _)| at);
    let before = Shown(item.get(..before).unwrap_or_default());
    match index {
        0 => text.write_str("the resource is empty; write `*` for every resource"),
        _ if index == action => {
            write!(text, "the action is empty; write `{before}:*` for every action")
        }
        1 => text.write_str("the id is empty; write `*` for every id"),
        _ => write!(text, "part {} is empty; at most 3 parts are allowed", index + 1),
    }
}
