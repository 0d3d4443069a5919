//! Knows what a rule can ask of a caller, and how such conditions are combined.
//! Must not know a path; its parts are told to it.

use crate::{
    scope::{BindError, Requirement as _, RequirementTemplate, ScopeError},
    verifier::Verified,
};

/// What a rule asks of a caller with a good token.
///
/// ```
/// use hallpass::web::gateway::Condition;
///
/// let condition = Condition::all([
///     Condition::permission("invoice:{id}:write")?,
///     Condition::any([Condition::group("clerks"), Condition::client("back-office")]),
///     Condition::not(Condition::group("suspended")),
/// ]);
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Condition(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Permission(RequirementTemplate),
    Group(String),
    Role(String),
    Client(String),
}

impl Condition {
    /// All of these. Of nothing: any good token will do.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::All(conditions.into_iter().collect()))
    }

    /// At least one of these. Of nothing: no token will do.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Any(conditions.into_iter().collect()))
    }

    /// Not this.
    #[expect(clippy::should_implement_trait, reason = "it reads as `all` and `any` do")]
    pub fn not(condition: Self) -> Self {
        Self(Kind::Not(Box::new(condition)))
    }

    /// The scope covers these permissions, in which an id may be `{name}`, a part of the path.
    ///
    /// # Errors
    /// As [`RequirementTemplate::new`].
    pub fn permission(text: &str) -> Result<Self, ScopeError> {
        RequirementTemplate::new(text).map(|template| Self(Kind::Permission(template)))
    }

    /// The token's subject is in this group.
    pub fn group(name: impl Into<String>) -> Self {
        Self(Kind::Group(name.into()))
    }

    /// The token's subject has this role.
    pub fn role(name: impl Into<String>) -> Self {
        Self(Kind::Role(name.into()))
    }

    /// The token is held by this client.
    pub fn client(id: impl Into<String>) -> Self {
        Self(Kind::Client(id.into()))
    }

    /// The names of the parts of the path that it needs.
    pub(super) fn parameters(&self) -> Vec<&str> {
        match &self.0 {
            Kind::All(parts) | Kind::Any(parts) => {
                parts.iter().flat_map(Self::parameters).collect()
            }
            Kind::Not(part) => part.parameters(),
            Kind::Permission(template) => template.parameters().collect(),
            Kind::Group(_) | Kind::Role(_) | Kind::Client(_) => Vec::new(),
        }
    }

    /// Whether it holds. Every part is looked at: a part of the path that is no id is an error,
    /// wherever it stands.
    pub(super) fn holds<'v>(
        &self,
        who: &Verified,
        value: &impl Fn(&str) -> Option<&'v str>,
    ) -> Result<bool, BindError> {
        let each = |parts: &[Self]| -> Result<Vec<bool>, BindError> {
            parts.iter().map(|part| part.holds(who, value)).collect()
        };
        Ok(match &self.0 {
            Kind::All(parts) => each(parts)?.into_iter().all(|held| held),
            Kind::Any(parts) => each(parts)?.into_iter().any(|held| held),
            Kind::Not(part) => !part.holds(who, value)?,
            Kind::Permission(template) => template.is_met_by(who.scope(), value)?,
            Kind::Group(name) => who.groups().any(|group| group == *name),
            Kind::Role(name) => who.roles().any(|role| role == *name),
            Kind::Client(id) => who.client_id() == Some(id.as_str()),
        })
    }

    /// The scope that might have helped, for the challenge; empty if scope is not what is
    /// missing.
    pub(super) fn required_scope<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> String {
        match &self.0 {
            Kind::All(parts) | Kind::Any(parts) => {
                let parts = parts.iter().map(|part| part.required_scope(value));
                parts.filter(|scope| !scope.is_empty()).collect::<Vec<_>>().join(" ")
            }
            Kind::Permission(template) => {
                template.bind(value).map(|bound| bound.required_scope()).unwrap_or_default()
            }
            Kind::Not(_) | Kind::Group(_) | Kind::Role(_) | Kind::Client(_) => String::new(),
        }
    }
}
