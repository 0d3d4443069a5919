//! Knows who calls where a token is not needed.
//! Must not know how a token is checked.

use super::Refusal;
use crate::verifier::Verified;

/// Who calls. Behind [`Guard::optional`](super::Guard::optional) it may be nobody in particular; a bad credential is
/// refused there too.
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
/// use hallpass::web::Caller;
///
/// fn greet(caller: &Caller) -> String {
///     match caller {
///         Caller::Anonymous => "hello".to_owned(),
///         Caller::Verified(who) => format!("hello, {}", who.subject()),
///     }
/// }
///
/// let guard = guard.optional();
/// assert_eq!(greet(&guard.check(&RequestHead::new("GET", "/")).await?), "hello");
/// let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let head = RequestHead::new("GET", "/").header("authorization", &bearer);
/// assert_eq!(greet(&guard.check(&head).await?), "hello, ada");
/// let bad = RequestHead::new("GET", "/").header("authorization", "Bearer x");
/// assert_eq!(guard.check(&bad).await.unwrap_err().status(), 401); // nobody, but not anonymous
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "a third answer would have to break callers' builds")]
#[must_use]
pub enum Caller {
    /// The request carries no credential.
    Anonymous,
    /// The request carries a good one.
    Verified(Verified),
}

impl Caller {
    /// Who was verified, if anybody.
    #[must_use]
    pub const fn verified(&self) -> Option<&Verified> {
        match self {
            Self::Anonymous => None,
            Self::Verified(who) => Some(who),
        }
    }

    /// Who was verified.
    ///
    /// # Errors
    /// 401 with the bare challenge for an anonymous caller.
    pub fn require(&self) -> Result<&Verified, Refusal> {
        self.verified().ok_or(Refusal::MISSING)
    }
}
