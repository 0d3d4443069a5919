//! Knows what is granted of what was asked for, and what the answer says about the rest.
//! Must not know clients, subjects or consent; it is given what they allow, as one scope.

use super::draft;
use super::error::{ScopeError, Shown};
use super::limits::Limits;
use super::negotiated::{Negotiated, Outcome, join, with};
use super::request::RequestedScope;
use super::set::Scope;

/// What becomes of a request that asks for more than is allowed.
///
/// ```
/// use hallpass::scope::{Mode, Negotiated, Negotiation, RequestedScope, Scope};
///
/// let requested = RequestedScope::parse("book page:read")?;
/// let allowed = Scope::parse("book:read page:read")?;
/// let granted = |mode| {
///     let answer = Negotiation::new().mode(mode).negotiate(Some(&requested), &allowed);
///     answer.map(|answer| answer.into_granted().to_string())
/// };
/// assert_eq!(granted(Mode::Narrow)?, "book:*:read page:*:read");
/// assert_eq!(granted(Mode::Filter)?, "page:*:read");
/// assert!(granted(Mode::Strict).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new way to grant must break its users' builds")]
pub enum Mode {
    /// Grant exactly what is both asked for and allowed, be it part of an item.
    #[default]
    Narrow,
    /// Grant the items that are allowed in full and reject the others.
    Filter,
    /// Grant everything or refuse.
    Strict,
}

/// What a request without a scope gets.
///
/// ```
/// use hallpass::scope::{Negotiation, NegotiateError, OmittedScope, Scope};
///
/// let allowed = Scope::parse("book page:read")?;
/// let refused = Negotiation::new().negotiate(None, &allowed);
/// assert_eq!(refused.unwrap_err(), NegotiateError::Omitted);
///
/// let standard = OmittedScope::Default(Scope::parse("book:read")?);
/// let answer = Negotiation::new().omitted(standard).negotiate(None, &allowed)?;
/// assert_eq!(answer.granted().as_str(), "book:*:read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new default must break its users' builds")]
pub enum OmittedScope {
    /// This, as far as it is allowed.
    Default(Scope),
    /// Everything that is allowed, as a concrete set.
    Inherit,
    /// An error.
    #[default]
    Refuse,
}

/// The policy by which a request is answered.
///
/// ```
/// use hallpass::scope::{Negotiation, RequestedScope, Scope};
///
/// let requested = RequestedScope::parse("book page:read openid")?;
/// let allowed = Scope::parse("book:read openid")?;
/// let answer = Negotiation::new().negotiate(Some(&requested), &allowed)?;
///
/// assert_eq!(answer.granted().as_str(), "openid book:*:read");
/// assert_eq!(answer.rejected_scope(), "page:read");
/// assert_eq!(answer.narrowed().collect::<Vec<_>>(), ["book"]);
/// // The client's own spelling where it got all of an item, canonical text for the rest.
/// assert_eq!(answer.response_scope(), "openid book:*:read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Negotiation {
    mode: Mode,
    omitted: OmittedScope,
    allow_empty: bool,
    limits: Limits,
}

/// A request that gets no token. Each is `invalid_scope` to the client.
///
/// ```
/// use hallpass::scope::{Mode, NegotiateError, Negotiation, RequestedScope, Scope};
///
/// let requested = RequestedScope::parse("book page:read")?;
/// let allowed = Scope::parse("book:read page:read")?;
/// match Negotiation::new().mode(Mode::Strict).negotiate(Some(&requested), &allowed) {
///     Err(NegotiateError::NotAllowed(items)) => assert_eq!(&*items, "book"),
///     other => panic!("{other:?}"),
/// }
/// let error = Negotiation::new().negotiate(Some(&requested), &Scope::empty()).unwrap_err();
/// assert_eq!(error.to_string(), "none of the requested scope is allowed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NegotiateError {
    /// No scope was asked for, and the policy has no default.
    #[error("a scope is required")]
    Omitted,
    /// Nothing of what was asked for is allowed.
    #[error("none of the requested scope is allowed")]
    NothingAllowed,
    /// Strict mode: these items, in the client's spelling, are not allowed in full.
    #[error("requested scope is not allowed: {0}")]
    NotAllowed(Box<str>),
    /// The result is too large.
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

impl Negotiation {
    /// Narrows, and refuses a request without a scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// What becomes of a request that asks for too much.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What a request without a scope gets.
    pub fn omitted(mut self, omitted: OmittedScope) -> Self {
        self.omitted = omitted;
        self
    }

    /// Whether a request of which nothing is allowed gets a token without rights. The default is
    /// to refuse it.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// The limits of what is granted.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers a request. `None` is a request without a scope; a request for nothing is granted
    /// nothing. `allowed` is what all who have a say allow together: `subject`, `client` and
    /// `consent` joined by [`Scope::meet`].
    ///
    /// # Errors
    /// The request is refused, or the result exceeds the limits.
    pub fn negotiate(
        &self,
        requested: Option<&RequestedScope>,
        allowed: &Scope,
    ) -> Result<Negotiated, NegotiateError> {
        let standard;
        let requested = match (requested, &self.omitted) {
            (Some(requested), _) => requested,
            (None, OmittedScope::Refuse) => return Err(NegotiateError::Omitted),
            (None, OmittedScope::Default(scope)) => {
                standard = RequestedScope::from(scope);
                &standard
            }
            (None, OmittedScope::Inherit) => {
                // "Everything" that turns out to be nothing is no answer either.
                if allowed.is_empty() && !self.allow_empty {
                    return Err(NegotiateError::NothingAllowed);
                }
                standard = RequestedScope::from(allowed);
                &standard
            }
        };
        let answer = self.weigh(requested, allowed)?;
        if answer.granted().is_empty() && !requested.is_empty() && !self.allow_empty {
            return Err(NegotiateError::NothingAllowed);
        }
        Ok(answer)
    }

    /// The answer to a request of which nobody disallows anything: the same as
    /// [`negotiate`](Self::negotiate) gives when `allowed` is what was requested, at less cost.
    pub(crate) fn grant_in_full(&self, requested: Scope) -> Result<Negotiated, NegotiateError> {
        if !self.takes_in_full(&requested) {
            return self.negotiate(Some(&RequestedScope::from(&requested)), &requested);
        }
        Ok(Negotiated::all_in_full(requested))
    }

    /// Whether a request is within the limits as it is.
    pub(crate) fn takes_in_full(&self, requested: &Scope) -> bool {
        let limits = &self.limits;
        let length = requested.as_str().len();
        length <= limits.bytes
            && requested.len() <= limits.items
            && (length <= limits.item_bytes
                || requested.iter().all(|item| item.as_str().len() <= limits.item_bytes))
    }

    fn weigh(
        &self,
        requested: &RequestedScope,
        allowed: &Scope,
    ) -> Result<Negotiated, NegotiateError> {
        let mut items = Vec::with_capacity(requested.items.len());
        for item in &requested.items {
            let outcome = if allowed.covers(&item.scope) {
                Outcome::Full
            } else if self.mode == Mode::Narrow && allowed.overlaps(&item.scope) {
                Outcome::Narrowed
            } else {
                Outcome::Rejected
            };
            items.push((item.spelling.clone(), outcome));
        }
        let full = requested.items.iter().filter(|item| allowed.covers(&item.scope));
        let full = draft::union(full.map(|item| &item.scope), &self.limits)?;
        let (granted, rest) = match self.mode {
            Mode::Strict if items.iter().any(|(_, outcome)| *outcome == Outcome::Rejected) => {
                let rejected = join(with(&items, Outcome::Rejected));
                return Err(NegotiateError::NotAllowed(Shown(&rejected).to_string().into()));
            }
            Mode::Strict | Mode::Filter => (full, Scope::empty()),
            Mode::Narrow => {
                let granted = requested.scope().meet_within(allowed, &self.limits)?;
                let rest = granted.not_covered_by(&full);
                (granted, rest)
            }
        };
        Ok(Negotiated::each(granted, items, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short way gives what the long way gives, refusals included.
    #[test]
    fn granting_in_full_is_negotiating_with_oneself() {
        let limits = Limits::default();
        for text in [
            "",
            "openid a:*:read b:1:write",
            "*:*:*",
            "a:1:read a:2:read c:%20:x",
            "ab:1:read b:22:read",
        ] {
            let scope = Scope::parse(text).unwrap();
            for mode in [Mode::Strict, Mode::Filter, Mode::Narrow] {
                for limits in [limits, limits.items(2), limits.bytes(12), limits.item_bytes(8)] {
                    let by = Negotiation::new().mode(mode).limits(limits);
                    let long = by.negotiate(Some(&RequestedScope::from(&scope)), &scope);
                    let short = by.grant_in_full(scope.clone());
                    match (long, short) {
                        (Ok(long), Ok(short)) => {
                            assert_eq!(long.granted(), short.granted());
                            let all = |answer: &Negotiated| {
                                let rejected: Vec<_> = answer
                                    .rejected()
                                    .chain(answer.narrowed())
                                    .map(str::to_owned)
                                    .collect();
                                (rejected, answer.rejected_scope(), answer.is_complete())
                            };
                            assert_eq!(all(&long), all(&short));
                            assert_eq!(long.response_scope(), short.response_scope());
                        }
                        (Err(long), Err(short)) => assert_eq!(long, short),
                        (long, short) => panic!("{text}, {mode:?}: {long:?} but {short:?}"),
                    }
                }
            }
        }
    }
}
