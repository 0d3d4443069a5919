//! Knows how a route's parameters become ids of a requirement.
//! Must not know any router; a parameter is data and never becomes grammar.

use std::str::FromStr;

use super::error::ScopeError;
use super::fault::{Fault, Place};
use super::grammar;
use super::limits::Limits;
use super::parse::{self, Rules};
use super::permission::Permission;
use super::require::{Require, Requirement};
use super::view::ScopeView;

/// A requirement whose ids come from the request: `book:{id}:read`.
///
/// A parameter stands for one whole id and is put there as data, whatever is in it. A value that
/// could not be an id is refused, never widened.
///
/// ```
/// use hallpass::scope::{RequirementTemplate, Requirement, Scope};
///
/// let template = RequirementTemplate::new("book:{id}:read")?;
/// let granted = Scope::parse("book:a%3Ab:read")?;
///
/// let required = template.bind(|name| (name == "id").then_some("a:b"))?;
/// assert!(granted.view().meets(&required));
/// assert!(template.bind(|_| Some("*")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequirementTemplate {
    items: Vec<TemplateItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum TemplateItem {
    Fixed(Require),
    Bound { resource: Box<str>, parameter: Box<str>, action: Box<str> },
}

/// Why a request's parameters cannot be bound.
///
/// ```
/// use hallpass::scope::{BindError, RequirementTemplate};
///
/// let template = RequirementTemplate::new("book:{id}:read")?;
/// let status = |id: Option<&'static str>| match template.bind(|_| id) {
///     Ok(_) => 200,
///     Err(BindError::Value { .. }) => 400, // the caller's
///     Err(_) => 500, // the route has no `{id}`: ours
/// };
/// assert_eq!([status(Some("7")), status(Some("*")), status(None)], [200, 400, 500]);
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The route has no such parameter: the template and the route do not fit. This is the
    /// host's mistake, not the caller's.
    #[error("the route has no parameter `{parameter}`")]
    Missing {
        /// The parameter's name.
        parameter: Box<str>,
    },
    /// The value cannot be an id. To the caller this is 400.
    #[error("parameter `{parameter}`: {fault}")]
    Value {
        /// The parameter's name.
        parameter: Box<str>,
        /// What is wrong with the value.
        fault: ValueFault,
    },
}

/// Why a value cannot be an id.
///
/// ```
/// use hallpass::scope::{BindError, RequirementTemplate, ValueFault};
///
/// let template = RequirementTemplate::new("book:{id}:read")?;
/// let error = template.bind(|_| Some("*")).unwrap_err();
/// assert!(matches!(error, BindError::Value { fault: ValueFault::Wildcard, .. }));
/// assert_eq!(error.to_string(), "parameter `id`: the value contains `*`");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ValueFault {
    /// It is empty.
    #[error("the value is empty")]
    Empty,
    /// It contains `*`.
    #[error("the value contains `*`")]
    Wildcard,
    /// It contains a control character.
    #[error("the value contains a control character")]
    Control,
    /// It contains U+FFFD, which a lossy decoder leaves where the bytes were not UTF-8.
    #[error("the value was not UTF-8")]
    NotUtf8,
    /// It is longer than an id may be.
    #[error("the value is too long for an id")]
    TooLong,
}

impl RequirementTemplate {
    /// Reads a template: a requirement in which an id may be `{name}`.
    ///
    /// # Errors
    /// As [`Require::parse`], and `MisplacedParameter` where a brace is not around a whole id.
    /// Write `%7B` and `%7D` for braces that belong to an id.
    pub fn new(text: &str) -> Result<Self, ScopeError> {
        let limits = Limits::DEFAULT;
        let rules = Rules::plain(&limits);
        parse::check_sizes(text, &limits)?;
        let items = parse::items(text).map(|place| match place.item.find(['{', '}']) {
            None => Require::read_item(&place, &rules).map(TemplateItem::Fixed),
            Some(at) => read_bound(&place, at, &rules),
        });
        Ok(Self { items: items.collect::<Result<_, _>>()? })
    }

    /// The names of the parameters, in order of appearance.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            TemplateItem::Bound { parameter, .. } => Some(&**parameter),
            TemplateItem::Fixed(_) => None,
        })
    }

    /// Puts the request's values where the parameters are. The values are decoded: what the
    /// router gives to a handler.
    ///
    /// # Errors
    /// A parameter is missing, or its value cannot be an id.
    pub fn bind<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<Require, BindError> {
        let parts = self.items.iter().map(|item| match item {
            TemplateItem::Fixed(require) => Ok(require.clone()),
            TemplateItem::Bound { resource, parameter, action } => {
                let id = checked(parameter, &value)?;
                let too_long = |_| refused(parameter, ValueFault::TooLong);
                Permission::new(resource, id, action).map(Require::from).map_err(too_long)
            }
        });
        Ok(Require::all(parts.collect::<Result<Vec<_>, _>>()?))
    }

    /// Whether the scope meets the requirement with these values. As [`RequirementTemplate::bind`]
    /// and then asking, without allocating.
    ///
    /// # Errors
    /// As [`RequirementTemplate::bind`], whether or not the scope would suffice.
    pub fn is_met_by<'v>(
        &self,
        granted: ScopeView<'_>,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<bool, BindError> {
        let mut met = true;
        for item in &self.items {
            met &= match item {
                TemplateItem::Fixed(require) => require.is_met_by(granted),
                TemplateItem::Bound { resource, parameter, action } => {
                    granted.covers_permission(resource, checked(parameter, &value)?, action)
                }
            };
        }
        Ok(met)
    }
}

impl FromStr for RequirementTemplate {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::new(text)
    }
}

fn read_bound(
    place: &Place<'_>,
    brace: usize,
    rules: &Rules<'_>,
) -> Result<TemplateItem, ScopeError> {
    let misplaced = || Fault::Parameter(brace).at(place);
    let mut parts = place.item.split(':');
    let (Some(resource), Some(id), Some(action), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(misplaced());
    };
    let name = id.strip_prefix('{').and_then(|id| id.strip_suffix('}')).ok_or_else(misplaced)?;
    if !grammar::is_name(name.as_bytes())
        || resource.contains(['{', '}'])
        || action.contains(['{', '}'])
    {
        return Err(misplaced());
    }
    // Whatever is wrong with the other parts is wrong with any id in the middle.
    let _ = Require::read_item(place, rules)?;
    Ok(TemplateItem::Bound {
        resource: resource.into(),
        parameter: name.into(),
        action: action.into(),
    })
}

fn checked<'v>(
    parameter: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Result<&'v str, BindError> {
    let id = value(parameter).ok_or_else(|| BindError::Missing { parameter: parameter.into() })?;
    let fault = if id.is_empty() {
        ValueFault::Empty
    } else if id.contains('*') {
        ValueFault::Wildcard
    } else if id.contains(char::is_control) {
        ValueFault::Control
    } else if id.contains(char::REPLACEMENT_CHARACTER) {
        ValueFault::NotUtf8
    } else if id.len() > super::limits::DEFAULT_ID_BYTES {
        ValueFault::TooLong
    } else {
        return Ok(id);
    };
    Err(refused(parameter, fault))
}

fn refused(parameter: &str, fault: ValueFault) -> BindError {
    BindError::Value { parameter: parameter.into(), fault }
}
