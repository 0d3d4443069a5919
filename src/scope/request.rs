//! Knows what a client asked for, in its own spelling.
//! Must not know what is allowed.

use super::draft;
use super::error::ScopeError;
use super::fault::Place;
use super::limits::Limits;
use super::parse::{self, Rules};
use super::set::Scope;
use super::vocabulary::Vocabulary;

/// What a client asked for, with its own spelling of every item.
///
/// ```
/// use hallpass::scope::RequestedScope;
///
/// let requested = RequestedScope::parse("book openid")?; // the `scope` parameter
/// assert_eq!(requested.scope().as_str(), "openid book:*:*");
/// assert!(RequestedScope::parse("")?.or_omitted().is_none(), "an empty parameter counts as none");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestedScope {
    pub(super) items: Vec<RequestedItem>,
    scope: Scope,
}

#[derive(Clone, Debug)]
pub(super) struct RequestedItem {
    pub(super) spelling: Box<str>,
    pub(super) scope: Scope,
}

impl RequestedScope {
    /// Reads a request without a vocabulary.
    ///
    /// # Errors
    /// As [`Scope::parse`].
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::read(text, &Rules::plain(&Limits::DEFAULT))
    }

    fn read(text: &str, rules: &Rules<'_>) -> Result<Self, ScopeError> {
        let scope = Scope::read(text, rules)?;
        let item = |place: Place<'_>| {
            let scope = Scope::read(place.item, rules)?;
            Ok(RequestedItem { spelling: place.item.into(), scope })
        };
        let items = parse::items(text).map(item).collect::<Result<_, ScopeError>>()?;
        Ok(Self { items, scope })
    }

    /// What was asked for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether nothing was asked for. As the value of a request parameter this counts as omitted
    /// ([RFC 6749 section 3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)); see
    /// [`RequestedScope::or_omitted`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// `None` if nothing was asked for: how an endpoint reads a parameter without a value.
    #[must_use]
    pub fn or_omitted(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

impl Vocabulary {
    /// Reads a request by the vocabulary.
    ///
    /// # Errors
    /// As [`Vocabulary::parse`].
    pub fn parse_requested(&self, text: &str) -> Result<RequestedScope, ScopeError> {
        RequestedScope::read(text, &self.rules())
    }
}

impl From<&Scope> for RequestedScope {
    /// A request in canonical spelling.
    fn from(scope: &Scope) -> Self {
        let items = scope.iter().map(|item| {
            let spelling: Box<str> = item.as_str().into();
            RequestedItem { scope: draft::single(item), spelling }
        });
        Self { items: items.collect(), scope: scope.clone() }
    }
}
