//! Knows how to ask what a subject may do now, and how roles expand to scopes.
//! Must not know tokens: it answers for a subject at a client, whatever was shown.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug},
    sync::Arc,
};

use async_trait::async_trait;

use crate::{
    id::{ClientId, Subject},
    scope::{Scope, ScopeError},
};

/// Says what a subject may do at this moment. A token never gives more than this.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::id::{ClientId, Subject};
/// use hallpass::verifier::{PermissionError, PermissionSource, RoleMap};
///
/// #[derive(Debug)]
/// struct Staff(RoleMap);
///
/// #[async_trait::async_trait]
/// impl PermissionSource for Staff {
///     async fn permissions(
///         &self,
///         subject: &Subject,
///         _client: Option<&ClientId>,
///     ) -> Result<Scope, PermissionError> {
///         let role = if subject.as_str() == "ada" { "clerk" } else { "guest" }; // your database
///         self.0.expand([role]).map_err(PermissionError::new)
///     }
/// }
///
/// let staff = Staff(RoleMap::new().role("clerk", "invoice:*:read".parse()?));
/// let authority = builder.permissions(staff).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:*".parse()?)).await?;
/// assert_eq!(issued.scope().as_str(), "invoice:*:read", "no more than she may do now");
/// # Ok(()) }
/// ```
#[async_trait]
pub trait PermissionSource: Debug + Send + Sync + 'static {
    /// What `subject` may do when it acts through `client`.
    ///
    /// # Errors
    /// [`PermissionError`] when there is no answer; the caller must then refuse. "Nothing" is an
    /// answer: the empty scope.
    async fn permissions(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
    ) -> Result<Scope, PermissionError>;
}

#[async_trait]
impl<T: PermissionSource + ?Sized> PermissionSource for Arc<T> {
    async fn permissions(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
    ) -> Result<Scope, PermissionError> {
        (**self).permissions(subject, client).await
    }
}

/// There is no answer to what a subject may do.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::{authority::IssueError, id::{ClientId, Subject}};
/// use hallpass::verifier::{PermissionError, PermissionSource};
///
/// #[derive(Debug)]
/// struct Unreachable;
///
/// #[async_trait::async_trait]
/// impl PermissionSource for Unreachable {
///     async fn permissions(
///         &self,
///         _: &Subject,
///         _: Option<&ClientId>,
///     ) -> Result<Scope, PermissionError> {
///         Err(PermissionError::new("the directory does not answer")) // for the operator's log
///     }
/// }
///
/// let authority = builder.permissions(Unreachable).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await;
/// assert!(matches!(issued, Err(IssueError::Permissions(_))), "503, never more than is known");
/// # Ok(()) }
/// ```
#[derive(Clone, thiserror::Error)]
#[error("the permission source did not answer")]
pub struct PermissionError(#[source] Arc<dyn std::error::Error + Send + Sync>);

impl PermissionError {
    /// The error with what caused it.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Arc::from(source.into()))
    }
}

impl Debug for PermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PermissionError").field(&self.0).finish()
    }
}

/// Which scope a role stands for. Unknown roles stand for nothing.
///
/// ```
/// use hallpass::{scope::Scope, verifier::RoleMap};
///
/// let roles = RoleMap::new()
///     .role("reader", Scope::parse("invoice:read")?)
///     .role("clerk", Scope::parse("invoice:write")?);
/// assert_eq!(roles.expand(["reader", "clerk", "?"])?.as_str(), "invoice:*:read invoice:*:write");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RoleMap(BTreeMap<Box<str>, Scope>);

impl RoleMap {
    /// A map without roles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more role; a role given twice has the later scope.
    #[must_use]
    pub fn role(mut self, name: &str, scope: Scope) -> Self {
        self.0.insert(name.into(), scope);
        self
    }

    /// Everything that these roles, or groups, allow together.
    ///
    /// # Errors
    /// When the result exceeds the limits of a scope.
    pub fn expand<'r>(
        &self,
        roles: impl IntoIterator<Item = &'r str>,
    ) -> Result<Scope, ScopeError> {
        let known = roles.into_iter().filter_map(|role| self.0.get(role));
        known.into_iter().try_fold(Scope::empty(), |sum, scope| sum.join(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_add_up_and_unknown_ones_are_nothing() {
        let scope = |text| Scope::parse(text).unwrap();
        let roles = RoleMap::new()
            .role("reader", scope("invoice:read"))
            .role("clerk", scope("invoice:write"))
            .role("clerk", scope("order:write"));
        let expanded = roles.expand(["reader", "clerk", "?"]).unwrap();
        assert_eq!(expanded.as_str(), "invoice:*:read order:*:write");
        assert!(roles.expand(["?"]).unwrap().is_empty());
    }
}
