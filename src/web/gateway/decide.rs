//! Knows how a proxy's question is answered: rule, credential, condition, identity.
//! Must not answer with any status but 200, 401, 403 and 503.

use std::sync::Arc;

use super::{Dialect, Identity, Rules, path::CanonicalPath, rule::Access};
use crate::{
    event,
    verifier::Denied,
    web::{Answer, Caller, Guard, Reason, Refusal, RequestHead, route},
};

/// Answers a proxy that asks whether to let a request through.
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
/// let read = Condition::permission("invoice:{id}:read")?;
/// let rules = Rules::new([Rule::requires(["GET"], "/invoices/{id}", read)])?;
/// let gateway = Gateway::new(guard, rules, Dialect::Traefik);
///
/// let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let question = RequestHead::new("GET", "/")
///     .header("authorization", &bearer)
///     .header("x-forwarded-method", "GET")
///     .header("x-forwarded-uri", "/invoices/7");
/// let answer = gateway.decide(&question).await;
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.header("x-auth-subject"), Some("ada")); // the proxy passes it on
/// assert_eq!(answer.header("x-auth-groups"), Some("")); // in place of what a client may say
/// # Ok(()) }
/// ```
///
/// # Security
/// The proxy must replace every identity header of the request by the answer's. The files in
/// `examples/gateway/` do; whoever can reach the service behind the proxy directly is whoever
/// they say.
#[derive(Debug, Clone)]
#[must_use]
pub struct Gateway {
    guard: Guard,
    rules: Arc<Rules>,
    dialect: Dialect,
    identity: Arc<Identity>,
}

impl Gateway {
    /// A gateway with these rules for the proxy that speaks this dialect. The guard says where
    /// credentials are and how refusals look.
    pub fn new(guard: Guard, rules: Rules, dialect: Dialect) -> Self {
        // Whether nobody in particular may pass is for the rules to say.
        let guard = guard.optional();
        let identity = Arc::new(rules.identity().cloned().unwrap_or_default());
        Self { guard, rules: Arc::new(rules), dialect, identity }
    }

    /// Other identity headers than those of the rules' file, or the usual ones.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Arc::new(identity);
        self
    }

    /// The names of the headers that [`Gateway::decide`] wants to see.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let asked = self.dialect.headers().iter().copied();
        asked.chain(self.guard.reads()).chain(self.identity.reads())
    }

    /// The answer to a proxy's question: 200 with the identity headers, or a refusal.
    pub async fn decide(&self, question: &RequestHead<'_>) -> Answer {
        let (asked, decided) = match self.dialect.asked(question) {
            Some((method, target)) => {
                let asked = question.asking(method, target);
                let decided = self.decide_asked(&asked).await;
                (asked, decided)
            }
            None => {
                event::misconfigured(&"the proxy does not say which request it asks about");
                (question.clone(), Err(Refusal::NO_RULE))
            }
        };
        let told = decided.and_then(|caller| {
            let mut answer = Answer { status: 200, headers: Vec::new(), body: String::new() };
            answer.push("cache-control", "no-store");
            self.identity.write(&caller, question, &mut answer)?;
            Ok(answer)
        });
        match told {
            Ok(answer) => answer,
            Err(refusal) => {
                let mut answer = self.guard.answer(&refusal, self.guard.accept(&asked).as_deref());
                answer.status = proxy_status(answer.status);
                answer
            }
        }
    }

    async fn decide_asked(&self, asked: &RequestHead<'_>) -> Result<Caller, Refusal> {
        let path = CanonicalPath::of_target(asked.target()).ok_or(Refusal::AMBIGUOUS_PATH)?;
        let matched = self.rules.find(asked.method(), path).ok_or(Refusal::NO_RULE)?;
        let condition = match matched.access {
            Access::Public => return Ok(Caller::Anonymous),
            Access::Optional => return self.guard.check(asked).await,
            Access::Requires(condition) => condition,
        };
        let caller = self.guard.check(asked).await?;
        let value = |name: &str| matched.value(name);
        let met = condition.holds(caller.require()?, &value);
        let refused = match met {
            Ok(true) => return Ok(caller),
            Ok(false) => match condition.required_scope(&value) {
                required if required.is_empty() => Refusal::forbidden("the caller may not do this"),
                required => Denied::InsufficientScope { required }.into(),
            },
            Err(error) => match Refusal::from(error) {
                refusal if *refusal.reason() == Reason::Misconfigured => return Err(refusal),
                _ => Refusal::AMBIGUOUS_PATH,
            },
        };
        if self.guard.is_report_only() {
            route::report(&refused);
            return Ok(caller);
        }
        Err(refused)
    }
}

/// nginx shows every other status as 500.
const fn proxy_status(status: u16) -> u16 {
    match status {
        401 | 403 | 503 => status,
        // Two or malformed credentials.
        400 => 401,
        _ => 503,
    }
}

impl Refusal {
    const NO_RULE: Self = Self::forbidden("no rule allows this request");
    const AMBIGUOUS_PATH: Self = Self::forbidden("the path is not acceptable");
}
