//! Knows what a route may ask for and when a scope gives it.
//! Must not know about requests, and never takes a part it could not read for a met one.

use std::str::FromStr;

use super::algebra;
use super::error::ScopeError;
use super::fault::Place;
use super::grammar;
use super::limits::Limits;
use super::parse::{self, Read, Rules};
use super::permission::Permission;
use super::set::Scope;
use super::view::{ScopeView, is_permission};
use super::vocabulary::Vocabulary;

/// Something that a scope may or may not give.
///
/// A tuple of resource, id and action takes its parts as they are, without escapes; `*` as a
/// whole part asks for all. A [`Scope`] asks for all of its items.
///
/// ```
/// use hallpass::scope::{Requirement, Scope};
///
/// let granted = Scope::parse("invoice:read")?;
/// assert!(granted.view().meets(&("invoice", "a:b", "read")));
/// assert!(!granted.view().meets(&("invoice", "", "read")));
/// assert_eq!(("invoice", "a:b", "read").required_scope(), "invoice:a%3Ab:read");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
pub trait Requirement {
    /// Whether the scope gives what is required. A requirement that cannot be read is never met.
    #[must_use]
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool;

    /// The requirement as canonical items, for the `scope` attribute of a 403 challenge
    /// ([RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750#section-3)). Alternatives are
    /// listed one after the other. Empty if no scope text says it.
    #[must_use]
    fn required_scope(&self) -> String;
}

impl<T: Requirement + ?Sized> Requirement for &T {
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool {
        (**self).is_met_by(granted)
    }

    fn required_scope(&self) -> String {
        (**self).required_scope()
    }
}

impl Requirement for (&str, &str, &str) {
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool {
        granted.covers_permission(self.0, self.1, self.2)
    }

    fn required_scope(&self) -> String {
        if !is_permission(self.0, self.1, self.2) {
            return String::new();
        }
        let id = if self.1 == "*" { self.1.into() } else { grammar::encode_id(self.1) };
        format!("{}:{id}:{}", self.0, self.2)
    }
}

impl Requirement for Permission {
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool {
        granted.holds(self.triple())
    }

    fn required_scope(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Requirement for Scope {
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool {
        granted.covers(self.view())
    }

    fn required_scope(&self) -> String {
        self.as_str().to_owned()
    }
}

/// A requirement put together from permissions and words.
///
/// ```
/// use hallpass::scope::{Require, Scope};
///
/// let read_or_admin = Require::any([Require::parse("report:read")?, Require::any_on("admin")]);
/// let required = Require::all([read_or_admin, Require::word("openid")]);
/// assert!(Scope::parse("openid admin:7:list")?.view().meets(&required));
/// assert!(!Scope::parse("report:read")?.view().meets(&required));
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Require(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    All(Vec<Require>),
    Any(Vec<Require>),
    Permission(Permission),
    /// Anything at all on a resource; `None` if the name is not one, which is never met.
    AnyOn(Option<Permission>),
    Word(Box<str>),
}

impl Require {
    /// All of these. Of nothing: any valid token will do.
    pub fn all<I>(parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Self>,
    {
        Self(Kind::All(parts.into_iter().map(Into::into).collect()))
    }

    /// At least one of these. Of nothing: no token will do.
    pub fn any<I>(parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Self>,
    {
        Self(Kind::Any(parts.into_iter().map(Into::into).collect()))
    }

    /// Any permission on this resource, be it for one id and one action. A permission that names
    /// no resource (`*:*:read`) is one on every resource.
    pub fn any_on(resource: &str) -> Self {
        Self(Kind::AnyOn(Permission::new(resource, "*", "*").ok()))
    }

    /// A word, such as `openid`, or a foreign scope registered with the vocabulary. Only the word
    /// itself meets it.
    pub fn word(word: impl Into<Box<str>>) -> Self {
        Self(Kind::Word(word.into()))
    }

    /// All the permissions of a text, in the external grammar. A star asks for all of them:
    /// `book:read` is not met by `book:1:read`.
    ///
    /// # Errors
    /// As [`Scope::parse`], and a bare reserved word: `email` would otherwise let in every login
    /// token. Write `email:*` for the resource or use [`Require::word`].
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::read(text, &Rules::plain(&Limits::DEFAULT))
    }

    fn read(text: &str, rules: &Rules<'_>) -> Result<Self, ScopeError> {
        parse::check_sizes(text, rules.limits)?;
        let items = parse::items(text).map(|place| Self::read_item(&place, rules));
        Ok(Self(Kind::All(items.collect::<Result<_, _>>()?)))
    }

    pub(super) fn read_item(place: &Place<'_>, rules: &Rules<'_>) -> Result<Self, ScopeError> {
        match parse::read(place, rules)? {
            // An opaque word was registered by its exact text and means nothing else.
            Read::Word(word) if rules.vocabulary.is_some_and(|known| known.is_opaque(word)) => {
                Ok(Self::word(word))
            }
            Read::Word(word) => {
                Err(ScopeError::reserved_requirement(word, place.number, place.start))
            }
            Read::Permission { resource, id, action } => {
                Permission::from_written(resource, &id, action, rules.limits).map(Self::from)
            }
        }
    }

    fn write_to(&self, out: &mut Vec<String>) {
        match &self.0 {
            Kind::All(parts) | Kind::Any(parts) => parts.iter().for_each(|part| part.write_to(out)),
            Kind::Permission(permission) | Kind::AnyOn(Some(permission)) => {
                out.push(permission.as_str().to_owned());
            }
            Kind::Word(word) if grammar::is_token(word) => out.push(word.to_string()),
            Kind::AnyOn(None) | Kind::Word(_) => {}
        }
    }
}

impl Vocabulary {
    /// Reads a requirement by the vocabulary, so that a misspelt route rule fails at start-up.
    ///
    /// # Errors
    /// As [`Vocabulary::parse`], and a bare reserved word.
    pub fn parse_requirement(&self, text: &str) -> Result<Require, ScopeError> {
        Require::read(text, &self.rules())
    }
}

impl Requirement for Require {
    fn is_met_by(&self, granted: ScopeView<'_>) -> bool {
        match &self.0 {
            Kind::All(parts) => parts.iter().all(|part| part.is_met_by(granted)),
            Kind::Any(parts) => parts.iter().any(|part| part.is_met_by(granted)),
            Kind::Permission(permission) => permission.is_met_by(granted),
            Kind::AnyOn(on) => {
                on.as_ref().is_some_and(|on| algebra::overlaps(granted, on.triple()))
            }
            Kind::Word(word) => granted.has_word(word),
        }
    }

    fn required_scope(&self) -> String {
        let mut items = Vec::new();
        self.write_to(&mut items);
        let mut seen = std::collections::HashSet::new();
        items.retain(|item| seen.insert(item.clone()));
        items.join(" ")
    }
}

impl From<Permission> for Require {
    fn from(permission: Permission) -> Self {
        Self(Kind::Permission(permission))
    }
}

impl From<&Scope> for Require {
    /// All the items of the scope.
    fn from(scope: &Scope) -> Self {
        Self::all(scope.iter().map(|item| match item {
            super::view::Item::Word(word) => Self::word(word),
            super::view::Item::Permission(permission) => permission.to_permission().into(),
        }))
    }
}

impl FromStr for Require {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}
