//! Knows one rule: for which requests it is, and whom it lets through.
//! Must not know the other rules.

use super::{Condition, path::CanonicalPath, rules::Problem};

/// Which methods a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    /// Every method that no other rule of the same path names.
    Any,
    /// This one, such as `GET`, which also stands for `HEAD` unless another rule names that.
    Named(String),
}

/// For which requests a rule is, and whom it lets through.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::web::{Guard, RequestHead};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(MemoryStore::new())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// # let guard = Guard::new(authority.verifier());
/// use hallpass::web::gateway::{Condition, Dialect, Gateway, Rule, Rules};
///
/// let rules = Rules::new([
///     Rule::public(["GET"], "/health"),
///     Rule::optional(["GET"], "/"), // a greeting, by name or without
///     Rule::requires(["*"], "/admin/{*rest}", Condition::group("admins")),
/// ])?;
/// let gateway = Gateway::new(guard, rules, Dialect::Envoy { path_prefix: String::new() });
/// for (target, status) in [("/health", 200), ("/", 200), ("/admin/keys", 401), ("/other", 403)] {
///     let answer = gateway.decide(&RequestHead::new("GET", target)).await;
///     assert_eq!(answer.status(), status, "{target}");
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Rule {
    pub(super) methods: Vec<Method>,
    pub(super) path: String,
    pub(super) access: Access,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody; a credential is not looked at.
    Public,
    /// Everybody; a credential is checked, and a bad one refused.
    Optional,
    /// Who has a good token and meets the condition.
    Requires(Condition),
}

impl Rule {
    fn new<'m>(methods: impl IntoIterator<Item = &'m str>, path: &str, access: Access) -> Self {
        let named = |method: &str| match method {
            "*" => Method::Any,
            name => Method::Named(name.to_owned()),
        };
        Self { methods: methods.into_iter().map(named).collect(), path: path.to_owned(), access }
    }

    /// Lets everybody through and looks at no credential: for what anybody may see. `methods`
    /// are names such as `GET`, which is for `HEAD` too unless another rule names that, or `*` for
    /// every one that no other rule of the same path names. `path` is a pattern such as
    /// `/invoices/{id}` or `/files/{*rest}`, whose parameters are whole parts.
    pub fn public<'m>(methods: impl IntoIterator<Item = &'m str>, path: &str) -> Self {
        Self::new(methods, path, Access::Public)
    }

    /// Lets everybody through whose credential is not bad, and says who it is.
    pub fn optional<'m>(methods: impl IntoIterator<Item = &'m str>, path: &str) -> Self {
        Self::new(methods, path, Access::Optional)
    }

    /// Lets those through whose token is good and who meet the condition.
    pub fn requires<'m>(
        methods: impl IntoIterator<Item = &'m str>,
        path: &str,
        condition: Condition,
    ) -> Self {
        Self::new(methods, path, Access::Requires(condition))
    }

    /// What is wrong with it, if anything.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.methods.is_empty() {
            return Err(Problem::NoMethod);
        }
        for method in &self.methods {
            let Method::Named(name) = method else { continue };
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
            {
                return Err(Problem::Method { method: name.clone() });
            }
        }
        let parameters = parameters(&self.path)?;
        let Access::Requires(condition) = &self.access else { return Ok(()) };
        let unknown = condition.parameters().into_iter().find(|name| !parameters.contains(name));
        match unknown {
            Some(name) => Err(Problem::Parameter { name: name.to_owned() }),
            None => Ok(()),
        }
    }
}

/// The names of the parameters that can be an id. That of `{*rest}` is none: it holds many parts.
fn parameters(path: &str) -> Result<Vec<&str>, Problem> {
    let bad = || Problem::Path { path: path.to_owned() };
    let mut names = Vec::new();
    let mut written = String::new();
    let mut parts = path.strip_prefix('/').ok_or_else(bad)?.split('/').peekable();
    while let Some(part) = parts.next() {
        let inside = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let plain = match inside {
            Some(name) => {
                let many = name.strip_prefix('*');
                let name = many.unwrap_or(name);
                let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
                if name.is_empty() || !name.bytes().all(named) {
                    return Err(bad());
                }
                match many {
                    Some(_) if parts.peek().is_some() => return Err(bad()),
                    Some(_) => {}
                    None => names.push(name),
                }
                "x"
            }
            // What is compared as it is must be canonical, or no path would ever match it.
            None => part,
        };
        written.push('/');
        written.push_str(plain);
    }
    CanonicalPath::parse(&written).map(|_| names).ok_or_else(bad)
}
