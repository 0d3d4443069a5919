//! Knows all the rules, and which of them is for a request.
//! Must not decide who meets a rule.

use std::collections::HashMap;

use super::{
    Identity, IdentityError, Rule,
    path::{CanonicalPath, decode},
    rule::{Access, Method},
};
use crate::scope::ScopeError;

/// What each route asks for. A request that no rule is for is refused.
///
/// Where two patterns fit a path, the more literal one is taken, and only its methods count.
///
/// ```
/// use hallpass::web::gateway::{Condition, Rule, Rules};
///
/// let rules = Rules::new([
///     Rule::public(["GET"], "/health"),
///     Rule::requires(["GET"], "/invoices/{id}", Condition::permission("invoice:{id}:read")?),
///     Rule::requires(["*"], "/admin/{*rest}", Condition::group("admins")),
/// ])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    router: matchit::Router<usize>,
    /// The rules of one pattern each, by the number in the router.
    routes: Vec<Vec<Rule>>,
    /// Which headers the file wants.
    identity: Option<Identity>,
}

/// What is wrong with the rules, and where.
///
/// ```
/// use hallpass::web::gateway::Rules;
///
/// let file = r#"
/// [[rule]]
/// methods = ["GET"]
/// path = "/invoices/{id}"
/// require = { permission = "invoice:{number}:read" }
/// "#;
/// let error = Rules::from_toml(file).unwrap_err();
/// assert_eq!(error.line, Some(2)); // where the rule begins
/// assert_eq!(error.to_string(), "line 2: the path has no part `{number}` that is one id");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
#[non_exhaustive]
pub struct RulesError {
    /// The line of the file, counted from 1; nothing for rules from code.
    pub line: Option<usize>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a rule.
///
/// ```
/// use hallpass::web::gateway::{Problem, Rule, Rules};
///
/// let rules = [Rule::public(["GET"], "/docs/{page}"), Rule::optional(["GET"], "/docs/{name}")];
/// match Rules::new(rules).unwrap_err().problem {
///     Problem::Conflict { with } => assert_eq!(with, "/docs/{page}"),
///     other => panic!("{other}"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be read.
    #[error("{message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A rule has neither `access` nor `require`, or both.
    #[error("a rule has either `access` or `require`")]
    Access,
    /// A rule names no method.
    #[error("a rule names at least one method; `*` stands for all")]
    NoMethod,
    /// A method is not written as requests write it.
    #[error("`{method}` is not a method; methods have upper-case letters only")]
    Method {
        /// What was written.
        method: String,
    },
    /// A path is not a pattern.
    #[error(
        "`{path}` is not a path pattern; it begins with `/`, has no `.`, `..`, empty or \
         needlessly escaped part, and a parameter is a whole part"
    )]
    Path {
        /// What was written.
        path: String,
    },
    /// A permission cannot be read.
    #[error("the permission cannot be read: {0}")]
    Permission(#[source] ScopeError),
    /// A permission names a part that the path does not have.
    #[error("the path has no part `{{{name}}}` that is one id")]
    Parameter {
        /// Its name.
        name: String,
    },
    /// An identity header cannot have this name.
    #[error("{0}")]
    Identity(#[source] IdentityError),
    /// Another rule is for the same path and method.
    #[error("another rule is for `{path}` with the same method")]
    Twice {
        /// The path.
        path: String,
    },
    /// Another pattern fits the same paths.
    #[error("the pattern fits the same paths as `{with}`")]
    Conflict {
        /// The other pattern.
        with: String,
    },
}

/// The rule for a request, and the parts of its path by name.
pub(super) struct Matched<'r> {
    pub(super) access: &'r Access,
    parts: Vec<(String, String)>,
}

impl Matched<'_> {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut named = self.parts.iter().filter(|(known, _)| known == name);
        let (_, value) = named.next()?;
        named.next().is_none().then_some(value.as_str())
    }
}

impl Rules {
    /// Rules from code.
    ///
    /// # Errors
    /// [`RulesError`] for the first rule that is wrong or contradicts one before it.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, RulesError> {
        Self::collect(rules.into_iter().map(|rule| (None, rule)))
    }

    pub(super) fn collect(
        rules: impl IntoIterator<Item = (Option<usize>, Rule)>,
    ) -> Result<Self, RulesError> {
        let mut all = Self { router: matchit::Router::new(), routes: Vec::new(), identity: None };
        let mut known = HashMap::new();
        for (line, rule) in rules {
            all.insert(rule, &mut known).map_err(|problem| RulesError { line, problem })?;
        }
        Ok(all)
    }

    pub(super) fn with_identity(self, identity: Option<Identity>) -> Self {
        Self { identity, ..self }
    }

    pub(super) const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    fn insert(&mut self, rule: Rule, known: &mut HashMap<String, usize>) -> Result<(), Problem> {
        rule.check()?;
        let number = match known.get(&rule.path) {
            Some(number) => *number,
            None => {
                let number = self.routes.len();
                self.router.insert(&rule.path, number).map_err(|error| match error {
                    matchit::InsertError::Conflict { with } => Problem::Conflict { with },
                    _ => Problem::Path { path: rule.path.clone() },
                })?;
                known.insert(rule.path.clone(), number);
                self.routes.push(Vec::new());
                number
            }
        };
        let Some(route) = self.routes.get_mut(number) else { return Ok(()) };
        let is_taken = |method| route.iter().any(|other| other.methods.contains(method));
        if rule.methods.iter().any(is_taken) {
            return Err(Problem::Twice { path: rule.path });
        }
        route.push(rule);
        Ok(())
    }

    pub(super) fn find(&self, method: &str, path: CanonicalPath<'_>) -> Option<Matched<'_>> {
        let found = self.router.at(path.as_str()).ok()?;
        let route = self.routes.get(*found.value)?;
        let named = |name: &str| {
            let is_it = |known: &Method| matches!(known, Method::Named(known) if known == name);
            route.iter().find(|rule| rule.methods.iter().any(is_it))
        };
        // RFC 9110 §9.3.2: HEAD is GET without the body.
        let as_get = || (method == "HEAD").then(|| named("GET")).flatten();
        let any = || route.iter().find(|rule| rule.methods.contains(&Method::Any));
        let rule = named(method).or_else(as_get).or_else(any)?;
        let parts = found.params.iter().map(|(name, part)| (name.to_owned(), decode(part)));
        Some(Matched { access: &rule.access, parts: parts.collect() })
    }
}
