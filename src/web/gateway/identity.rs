//! Knows how a caller is told to the service behind the proxy: headers, names and values.
//! Must not let a value become anything but the value of its header.

use serde_json::{Map, Value};

use crate::{
    token::Texts,
    verifier::Verified,
    web::{Answer, Caller, Refusal, RequestHead},
};

/// Which headers tell the service behind the proxy who calls. Every one of them is in every
/// answer that lets a request through, empty where there is nothing to tell, so that the proxy
/// replaces what a client may have sent.
///
/// Subject, client, groups and roles are percent-encoded but for letters, digits and `-._~@:/`;
/// lists are separated by commas. Permissions are scope text.
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
/// use hallpass::web::gateway::{Dialect, Gateway, Identity, Rule, Rules};
///
/// let identity = Identity::new("Remote-User")?.permissions("X-Scope")?;
/// let rules = Rules::new([Rule::optional(["GET"], "/")])?;
/// let gateway = Gateway::new(guard, rules, Dialect::Nginx).identity(identity);
/// # let bearer = format!("Bearer {}", issued.access_token().expose_secret());
/// let question = RequestHead::new("GET", "/auth")
///     .header("authorization", &bearer)
///     .header("x-original-method", "GET")
///     .header("x-original-uri", "/");
/// let answer = gateway.decide(&question).await;
/// assert_eq!(answer.header("remote-user"), Some("ada"));
/// assert_eq!(answer.header("x-scope"), Some("invoice:*:read"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Identity {
    names: Vec<(Fact, String)>,
    /// Which claim names the user, where it is not `sub`.
    user_claim: Option<String>,
    trusts_inbound: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    Subject,
    Client,
    Groups,
    Roles,
    Permissions,
}

/// A name cannot be that of an identity header.
///
/// ```
/// use hallpass::web::gateway::Identity;
///
/// // It has a meaning of its own: the service would take the subject for a credential.
/// let error = Identity::new("Authorization").unwrap_err();
/// assert_eq!(error.name, "Authorization");
/// assert!(Identity::new("X-User")?.groups("x-user").is_err(), "one name for two facts");
/// # Ok::<(), hallpass::web::gateway::IdentityError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a header name, is used twice, or has a meaning of its own")]
#[non_exhaustive]
pub struct IdentityError {
    /// The name.
    pub name: String,
}

impl Default for Identity {
    /// `X-Auth-Subject`, `X-Auth-Client`, `X-Auth-Groups` and `X-Auth-Permissions`.
    fn default() -> Self {
        let name = |fact, name: &str| (fact, name.to_owned());
        Self {
            names: vec![
                name(Fact::Subject, "x-auth-subject"),
                name(Fact::Client, "x-auth-client"),
                name(Fact::Groups, "x-auth-groups"),
                name(Fact::Permissions, "x-auth-permissions"),
            ],
            user_claim: None,
            trusts_inbound: false,
        }
    }
}

impl Identity {
    /// The subject in this header, and nothing else.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn new(subject: &str) -> Result<Self, IdentityError> {
        Self { names: Vec::new(), ..Self::default() }.with(Fact::Subject, subject)
    }

    /// The client in this header.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn client(self, name: &str) -> Result<Self, IdentityError> {
        self.with(Fact::Client, name)
    }

    /// The groups in this header.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn groups(self, name: &str) -> Result<Self, IdentityError> {
        self.with(Fact::Groups, name)
    }

    /// The roles in this header.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn roles(self, name: &str) -> Result<Self, IdentityError> {
        self.with(Fact::Roles, name)
    }

    /// The token's scope in this header.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn permissions(self, name: &str) -> Result<Self, IdentityError> {
        self.with(Fact::Permissions, name)
    }

    /// The user is who this claim names, not `sub`: a text that is not empty, or a whole number.
    /// A good token without it is refused with 403, since the service behind the proxy would take
    /// an empty header for nobody.
    pub fn user_claim(mut self, name: &str) -> Self {
        self.user_claim = Some(name.to_owned());
        self
    }

    /// Where no token says who calls, passes on what the request itself says under these names:
    /// for a gateway behind another one that is trusted. It never counts for a rule, and a token
    /// always wins.
    ///
    /// # Security
    /// Whoever reaches the proxy is then whoever they say on public and optional routes. Without
    /// this, what a request says about itself is dropped.
    pub const fn trust_inbound(mut self) -> Self {
        self.trusts_inbound = true;
        self
    }

    /// The headers of a request that it wants to see.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|_| self.trusts_inbound).map(|(_, name)| name.as_str())
    }

    fn with(mut self, fact: Fact, name: &str) -> Result<Self, IdentityError> {
        let lower = name.to_ascii_lowercase();
        // Without `_`: to some services it is `-`, and the other spelling would not be replaced.
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_ours = lower.starts_with("x-") || lower.starts_with("remote-");
        let is_name = is_ours && lower.bytes().all(named);
        if !is_name || self.names.iter().any(|(_, known)| *known == lower) {
            return Err(IdentityError { name: name.to_owned() });
        }
        self.names.push((fact, lower));
        Ok(self)
    }

    /// Every identity header, for a caller who is let through.
    pub(super) fn write(
        &self,
        caller: &Caller,
        question: &RequestHead<'_>,
        answer: &mut Answer,
    ) -> Result<(), Refusal> {
        for (fact, name) in &self.names {
            let value = match caller.verified() {
                Some(who) => self.tell(*fact, who)?,
                None if self.trusts_inbound => inbound(question, name),
                None => String::new(),
            };
            answer.push(name, value);
        }
        Ok(())
    }

    fn tell(&self, fact: Fact, who: &Verified) -> Result<String, Refusal> {
        Ok(match fact {
            Fact::Subject => encode(&self.user(who)?),
            Fact::Client => encode(who.client_id().unwrap_or_default()),
            Fact::Groups => list(who.groups()),
            Fact::Roles => list(who.roles()),
            Fact::Permissions => encode_but(who.scope().as_str(), is_scope_byte),
        })
    }

    fn user(&self, who: &Verified) -> Result<String, Refusal> {
        let user = match &self.user_claim {
            None => Some(who.subject().to_owned()),
            Some(claim) => {
                let claims = who.claims::<Map<String, Value>>().unwrap_or_default();
                match claims.get(claim) {
                    Some(Value::String(text)) => Some(text.clone()),
                    Some(Value::Number(number)) if !number.is_f64() => Some(number.to_string()),
                    _ => None,
                }
            }
        };
        user.filter(|user| !user.is_empty()).ok_or(NO_USER)
    }
}

const NO_USER: Refusal = Refusal::forbidden("the token does not name its user");

/// What the request says, as it was encoded by the gateway before: once, and visible ASCII only.
fn inbound(question: &RequestHead<'_>, name: &str) -> String {
    let value = question.single(name).and_then(|value| str::from_utf8(value).ok());
    value.filter(|value| value.bytes().all(is_scope_byte)).unwrap_or_default().to_owned()
}

fn list(texts: Texts<'_>) -> String {
    texts.map(encode).collect::<Vec<_>>().join(",")
}

fn encode(text: &str) -> String {
    encode_but(text, |byte| byte.is_ascii_alphanumeric() || b"-._~@:/".contains(&byte))
}

/// Scope text has nothing else; the rest is refused here a second time.
fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn encode_but(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    out
}
