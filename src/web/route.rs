//! Knows what a route asks for beyond a good token: scope with ids of the path, a recent login.
//! Must not know any router; what the path's parts are is told to it.

use std::time::Duration;

use super::{Caller, Guard, Reason, Refusal};
use crate::{
    event,
    scope::{Requirement, RequirementTemplate, ScopeError},
    verifier::{Denied, Verified},
};

/// What a route asks for: `RequireScope::new("invoice:{id}:read")?`.
///
/// A layer of axum and tower and a middleware of actix-web, inside a [`Guard`]. `{id}` is the
/// part of that name of the route's path, decoded as a handler gets it; an id that is empty, or
/// holds `*`, a control character or bytes that are no UTF-8, is refused with 400 and never
/// becomes a wildcard.
///
/// ```
/// use hallpass::web::RequireScope;
/// use std::time::Duration;
///
/// let read = RequireScope::new("invoice:{id}:read")?;
/// let pay = RequireScope::new("invoice:{id}:pay")?.max_age(Duration::from_secs(300));
/// assert!(RequireScope::new("email").is_err(), "a reserved word is no requirement");
/// # Ok::<(), hallpass::scope::ScopeError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct RequireScope {
    template: Option<RequirementTemplate>,
    max_age: Option<Duration>,
    acr_values: Vec<String>,
    report_only: bool,
}

impl RequireScope {
    /// Asks for all the permissions of a text, in which an id may be `{name}`.
    ///
    /// # Errors
    /// As [`RequirementTemplate::new`]: at start-up, not at the first request. Only that the
    /// route has a part of that name shows at the first request, as 500 and a line in the log.
    pub fn new(text: &str) -> Result<Self, ScopeError> {
        Ok(Self { template: Some(RequirementTemplate::new(text)?), ..Self::authenticated() })
    }

    /// Asks for a good token and no particular scope: for [`RequireScope::max_age`] and
    /// [`RequireScope::acr`], or inside [`Guard::optional`].
    pub const fn authenticated() -> Self {
        Self { template: None, max_age: None, acr_values: Vec::new(), report_only: false }
    }

    /// Asks that the user has signed in no longer ago than this: step-up authentication
    /// (RFC 9470). A token that does not say when is refused.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Asks that the user has signed in this strongly (RFC 9470); call it again for others that
    /// will do as well.
    pub fn acr(mut self, acr: &str) -> Self {
        self.acr_values.push(acr.to_owned());
        self
    }

    /// As [`Guard::report_only`], for this requirement alone.
    pub const fn report_only(mut self) -> Self {
        self.report_only = true;
        self
    }

    /// Decides for a caller that `guard` has let through. `value` gives the decoded parts of the
    /// route's path by name.
    ///
    /// # Errors
    /// 401 for an anonymous caller or where the login is too old or too weak, 400 for a part
    /// that is no id, 403 where the scope is not enough, 500 where there is no such part.
    pub fn decide<'v>(
        &self,
        guard: &Guard,
        caller: &Caller,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<(), Refusal> {
        let who = caller.require()?;
        match self.check_scope(who, value) {
            Err(refusal)
                if refusal.status() != 500 && (self.report_only || guard.is_report_only()) =>
            {
                report(&refusal);
            }
            checked => checked?,
        }
        self.check_login(guard, who)
    }

    fn check_scope<'v>(
        &self,
        who: &Verified,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<(), Refusal> {
        let Some(template) = &self.template else { return Ok(()) };
        if template.is_met_by(who.scope(), &value)? {
            return Ok(());
        }
        let required = template.bind(&value)?.required_scope();
        Err(Denied::InsufficientScope { required }.into())
    }

    fn check_login(&self, guard: &Guard, who: &Verified) -> Result<(), Refusal> {
        let now = guard.verifier().now();
        let recent = self
            .max_age
            .is_none_or(|age| who.auth_time().is_some_and(|at| now.saturating_since(at) <= age));
        let strong = self.acr_values.is_empty()
            || who.acr().is_some_and(|acr| self.acr_values.iter().any(|known| known == acr));
        if recent && strong {
            return Ok(());
        }
        Err(Refusal::new(Reason::StepUp {
            max_age: self.max_age.map(|age| age.as_secs()),
            acr_values: self.acr_values.clone(),
        }))
    }
}

/// What was asked for and not given, in the log.
pub(super) fn report(refusal: &Refusal) {
    match refusal.reason() {
        Reason::InsufficientScope { required } => event::would_refuse(required),
        _ => event::would_refuse(refusal),
    }
}
