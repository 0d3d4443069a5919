//! Knows what one permission is, and how it is built from its parts.
//! Must not know about sets, words or requirements.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::error::ScopeError;
use super::fault::{Fault, Place};
use super::grammar::{self, IdFault};
use super::limits::Limits;
use super::parse::{self, Read, Rules};
use super::span::{Span, Triple};
use super::view::PermissionRef;

/// One of the three parts of a permission.
///
/// ```
/// use hallpass::scope::{Part, Permission};
///
/// let permission: Permission = "invoice:a%3Ab:*".parse()?;
/// let which = match permission.id() {
///     Part::Any => "every invoice".to_owned(),
///     Part::Is(id) => format!("invoice {id}"),
/// };
/// assert_eq!(which, "invoice a:b");
/// assert_eq!(permission.action(), Part::Any);
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "the data model has exactly these two")]
pub enum Part<'a> {
    /// `*`: all there are, and all there will be.
    Any,
    /// Exactly this one, decoded.
    Is(Cow<'a, str>),
}

impl<'a> Part<'a> {
    pub(super) fn plain(written: &'a [u8]) -> Self {
        match str::from_utf8(written) {
            Ok("*") | Err(_) => Self::Any,
            Ok(name) => Self::Is(Cow::Borrowed(name)),
        }
    }

    /// The text, unless it is `*`.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Is(text) => Some(text),
        }
    }
}

/// One pattern `resource:id:action`, of which each part is a literal or `*`.
///
/// The two-part form means resource and action: `book:read` is `book:*:read`. For literals known
/// when compiling there is [`permission!`](crate::permission).
///
/// ```
/// use hallpass::scope::Permission;
///
/// let permission = Permission::new("doc", "urn:isbn:0451450523", "read")?;
/// assert_eq!(permission.as_str(), "doc:urn%3Aisbn%3A0451450523:read");
/// assert_eq!(permission.id().as_str(), Some("urn:isbn:0451450523"));
/// assert!("doc:read".parse::<Permission>()?.covers(&permission));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Permission {
    text: Cow<'static, str>,
    span: Span,
}

impl Permission {
    /// Builds a permission from its parts, as they are: an id is encoded here, so that a colon, a
    /// space or a percent sign in it stays data. `*` as a whole part means all.
    ///
    /// # Errors
    /// A part is empty or too long, a resource or action is not a name, or an id has a star among
    /// other characters or a control character.
    pub fn new(resource: &str, id: &str, action: &str) -> Result<Self, ScopeError> {
        Self::build(resource, id, action, &Limits::DEFAULT)
    }

    pub(super) fn build(
        resource: &str,
        id: &str,
        action: &str,
        limits: &Limits,
    ) -> Result<Self, ScopeError> {
        let shown = format!("{resource}:{id}:{action}");
        let place = Place { item: &shown, number: 0, start: 0, stored: false };
        let at = resource.len() + 1;
        for (index, part) in [resource, id, action].into_iter().enumerate() {
            if part.is_empty() {
                return Err(Fault::Empty { index, parts: 3 }.at(&place));
            }
        }
        if id.len() > limits.id_bytes {
            return Err(Fault::IdTooLong { bytes: id.len(), limit: limits.id_bytes }.at(&place));
        }
        for (name, at) in [(resource, 0), (action, at + id.len() + 1)] {
            parse::check_name(name, at).map_err(|fault| fault.at(&place))?;
        }
        if id != "*" {
            parse::check_wildcard(id, at).map_err(|fault| fault.at(&place))?;
            grammar::check_id(id).map_err(|fault| match fault {
                IdFault::Data(offset) => {
                    let c = id.get(offset..).and_then(|rest| rest.chars().next());
                    Fault::Character { at: at + offset, c: c.unwrap_or_default() }.at(&place)
                }
                IdFault::Empty | IdFault::Digits(_) | IdFault::Utf8(_) => {
                    Fault::EscapeData(at).at(&place)
                }
            })?;
        }
        let id = if id == "*" { Cow::Borrowed(id) } else { grammar::encode_id(id) };
        let triple = Triple::new(resource.as_bytes(), id.as_bytes(), action.as_bytes());
        let text = format!("{resource}:{id}:{action}");
        let long = Fault::ItemTooLong { bytes: text.len(), limit: limits.item_bytes };
        if text.len() > limits.item_bytes {
            return Err(long.at(&place));
        }
        let narrow = |at: usize| u16::try_from(at).map_err(|_| long.at(&place));
        let span = Span {
            start: 0,
            id: narrow(at)?,
            action: narrow(at + id.len() + 1)?,
            len: narrow(text.len())?,
            shape: triple.shape,
            escaped: triple.escaped,
        };
        Ok(Self { text: Cow::Owned(text), span })
    }

    /// From parts that were read: the id has its escapes.
    pub(super) fn from_written(
        resource: &str,
        id: &str,
        action: &str,
        limits: &Limits,
    ) -> Result<Self, ScopeError> {
        let id = match id {
            "*" => Cow::Borrowed(id),
            // INVARIANT (checked): the id was decoded once when it was read.
            _ => grammar::decode_id(id).unwrap_or(Cow::Borrowed(id)),
        };
        Self::build(resource, &id, action, limits)
    }

    /// The caller has checked that the span describes the text.
    pub(super) const fn from_checked(text: Cow<'static, str>, span: Span) -> Self {
        Self { text, span }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> Part<'_> {
        self.borrow().resource()
    }

    /// The id, decoded.
    #[must_use]
    pub fn id(&self) -> Part<'_> {
        self.borrow().id()
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> Part<'_> {
        self.borrow().action()
    }

    /// Whether this permission holds everything that the other one does.
    #[must_use]
    pub fn covers(&self, required: &Self) -> bool {
        self.triple().covers(required.triple())
    }

    /// What both permissions hold, if anything.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let both = self.triple().meet(other.triple())?;
        let part = |bytes| str::from_utf8(bytes).unwrap_or_default();
        let (resource, id, action) = (part(both.resource), part(both.id), part(both.action));
        let text = format!("{resource}:{id}:{action}");
        let id_at = u16::try_from(resource.len() + 1).ok()?;
        let action_at = u16::try_from(resource.len() + id.len() + 2).ok()?;
        let span = Span {
            start: 0,
            id: id_at,
            action: action_at,
            len: u16::try_from(text.len()).ok()?,
            shape: both.shape,
            escaped: id.contains('%'),
        };
        Some(Self { text: Cow::Owned(text), span })
    }

    /// Whether there is anything that both permissions hold.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.triple().meet(other.triple()).is_some()
    }

    pub(super) fn triple(&self) -> Triple<'_> {
        self.span.triple(&self.text)
    }

    pub(super) fn borrow(&self) -> PermissionRef<'_> {
        PermissionRef::new(&self.text, self.span)
    }
}

impl std::fmt::Debug for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Permission").field(&self.as_str()).finish()
    }
}

/// Reads one item of the external grammar. A reserved word is not a permission.
impl FromStr for Permission {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let limits = Limits::DEFAULT;
        let place = Place { item: text, number: 1, start: 0, stored: false };
        match parse::read(&place, &Rules::plain(&limits))? {
            Read::Word(_) => Err(Fault::WordNotPermission.at(&place)),
            Read::Permission { resource, id, action } => {
                Self::from_written(resource, &id, action, &limits)
            }
        }
    }
}

impl PartialEq for Permission {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Permission {}

impl Hash for Permission {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for Permission {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order in which a scope prints its items: total, and unrelated to what covers what.
impl Ord for Permission {
    fn cmp(&self, other: &Self) -> Ordering {
        self.triple().order(other.triple())
    }
}
