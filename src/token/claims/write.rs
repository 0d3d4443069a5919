//! Knows how to write the claims of an access token (RFC 9068 §2.2) as JSON.
//! Must not know who asks for the token or which key will sign it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Claim, MAX_DEPTH, plain::plain_length};
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, SessionId, TokenId},
};

/// Claims of the caller's own: a JSON object without any registered name.
///
/// They are checked once, when they are given, and copied into tokens as text.
///
/// ```
/// use hallpass::token::CustomClaims;
///
/// let claims = CustomClaims::new(&serde_json::json!({ "tenant": "acme", "plan": "pro" }))?;
/// assert_eq!(claims.as_json(), r#"{"plan":"pro","tenant":"acme"}"#);
///
/// let error = CustomClaims::new(&serde_json::json!({ "sub": "root" })).unwrap_err();
/// assert_eq!(error.to_string(), "the claim `sub` is registered and cannot be set by hand");
/// # Ok::<(), hallpass::token::ClaimsWriteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomClaims(Box<str>);

impl CustomClaims {
    /// Takes anything that serializes to a JSON object.
    ///
    /// # Errors
    /// When it is no object, nests too deep, or has a name that the token itself uses.
    pub fn new<T: Serialize + ?Sized>(claims: &T) -> Result<Self, ClaimsWriteError> {
        match serde_json::to_value(claims) {
            Ok(Value::Object(members)) => Self::from_members(&members),
            Ok(_) | Err(_) => Err(ClaimsWriteError::NotAnObject),
        }
    }

    fn from_members(members: &Map<String, Value>) -> Result<Self, ClaimsWriteError> {
        if let Some(claim) = members.keys().find_map(|name| Claim::of(name.as_bytes())) {
            return Err(ClaimsWriteError::Registered { claim: claim.name() });
        }
        if !members.values().all(|value| fits(value, 1)) {
            return Err(ClaimsWriteError::TooDeep);
        }
        let text = serde_json::to_string(members).map_err(|_| ClaimsWriteError::NotAnObject)?;
        Ok(Self(text.into()))
    }

    /// The JSON object, as a store may keep it. [`CustomClaims::parse`] reads it back.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Reads what [`CustomClaims::as_json`] wrote.
    ///
    /// # Errors
    /// As [`CustomClaims::new`].
    pub fn parse(json: &str) -> Result<Self, ClaimsWriteError> {
        match serde_json::from_str(json) {
            Ok(Value::Object(members)) => Self::from_members(&members),
            Ok(_) | Err(_) => Err(ClaimsWriteError::NotAnObject),
        }
    }

    /// The members without the braces around them.
    fn members(&self) -> &str {
        self.0.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default()
    }
}

impl TryFrom<String> for CustomClaims {
    type Error = ClaimsWriteError;

    fn try_from(json: String) -> Result<Self, ClaimsWriteError> {
        Self::parse(&json)
    }
}

impl From<CustomClaims> for String {
    /// The JSON object, the form in which [`CustomClaims`] serializes.
    fn from(claims: CustomClaims) -> Self {
        claims.0.into()
    }
}

fn fits(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => false,
        Value::Array(items) => items.iter().all(|item| fits(item, depth + 1)),
        Value::Object(members) => members.values().all(|item| fits(item, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Why claims cannot be put into a token.
///
/// ```
#[doc = an_authority!()]
/// use hallpass::{authority::IssueError, token::ClaimsWriteError};
///
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).claim("sub", "root");
/// match authority.issue(grant).await {
///     Err(IssueError::Claims(ClaimsWriteError::Registered { claim })) => assert_eq!(claim, "sub"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsWriteError {
    /// The caller's claims are not a JSON object.
    #[error("custom claims are not a JSON object")]
    NotAnObject,
    /// The caller's claims nest deeper than a verifier reads.
    #[error("custom claims nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The caller's claims have a name whose meaning is fixed.
    #[error("the claim `{claim}` is registered and cannot be set by hand")]
    Registered {
        /// The name.
        claim: &'static str,
    },
}

/// What an access token says. Times are cut to whole seconds.
#[derive(Debug, Clone)]
pub(crate) struct AccessClaims<'a> {
    /// `iss`.
    pub(crate) issuer: &'a str,
    /// `sub`.
    pub(crate) subject: &'a str,
    /// `aud`; a single one is written as a string.
    pub(crate) audience: &'a [Audience],
    /// `exp`; only an API key may have none.
    pub(crate) expires_at: Option<Timestamp>,
    /// `iat`.
    pub(crate) issued_at: Timestamp,
    /// `nbf`.
    pub(crate) not_before: Option<Timestamp>,
    /// `jti`; an API key has none.
    pub(crate) token_id: Option<TokenId>,
    /// `client_id`.
    pub(crate) client_id: Option<&'a ClientId>,
    /// `scope`, in canonical text.
    pub(crate) scope: &'a str,
    /// `sid`.
    pub(crate) session_id: Option<SessionId>,
    /// `gen`: the session's generation that this token was minted with.
    pub(crate) generation: Option<u32>,
    /// `auth_time`.
    pub(crate) auth_time: Option<Timestamp>,
    /// `acr`.
    pub(crate) acr: Option<&'a str>,
    /// `amr`; empty is not written.
    pub(crate) amr: &'a [String],
    /// `roles`; empty is not written.
    pub(crate) roles: &'a [String],
    /// `groups`; empty is not written.
    pub(crate) groups: &'a [String],
    /// `cnf`: a JSON object, already serialized (RFC 7800).
    pub(crate) confirmation: Option<&'a str>,
    /// The caller's own claims.
    pub(crate) custom: Option<&'a CustomClaims>,
}

/// Where JSON is written to.
pub(crate) trait Sink {
    fn push(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl AccessClaims<'_> {
    /// Writes the JSON object. The order is the one in which readers want to know things.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        out.push(br#"{"iss":"#);
        string(out, self.issuer);
        out.push(br#","sub":"#);
        string(out, self.subject);
        out.push(br#","aud":"#);
        match self.audience {
            [only] => string(out, only.as_str()),
            many => strings(out, many.iter().map(Audience::as_str)),
        }
        if let Some(at) = self.expires_at {
            number(out, br#","exp":"#, at.as_unix_seconds());
        }
        number(out, br#","iat":"#, self.issued_at.as_unix_seconds());
        if let Some(at) = self.not_before {
            number(out, br#","nbf":"#, at.as_unix_seconds());
        }
        if let Some(token) = self.token_id {
            out.push(br#","jti":""#);
            out.push(&token.to_text());
            out.push(br#"""#);
        }
        member(out, br#","client_id":"#, self.client_id.map(ClientId::as_str));
        out.push(br#","scope":"#);
        string(out, self.scope);
        if let Some(session) = self.session_id {
            out.push(br#","sid":""#);
            out.push(&session.to_text());
            out.push(br#"""#);
        }
        if let Some(generation) = self.generation {
            number(out, br#","gen":"#, u64::from(generation));
        }
        if let Some(at) = self.auth_time {
            number(out, br#","auth_time":"#, at.as_unix_seconds());
        }
        member(out, br#","acr":"#, self.acr);
        for (name, values) in [
            (&br#","amr":"#[..], self.amr),
            (br#","roles":"#, self.roles),
            (br#","groups":"#, self.groups),
        ] {
            if !values.is_empty() {
                out.push(name);
                strings(out, values.iter().map(String::as_str));
            }
        }
        if let Some(confirmation) = self.confirmation {
            out.push(br#","cnf":"#);
            out.push(confirmation.as_bytes());
        }
        if let Some(members) = self.custom.map(CustomClaims::members).filter(|m| !m.is_empty()) {
            out.push(b",");
            out.push(members.as_bytes());
        }
        out.push(b"}");
    }
}

fn member(out: &mut impl Sink, name: &[u8], value: Option<&str>) {
    if let Some(value) = value {
        out.push(name);
        string(out, value);
    }
}

fn number(out: &mut impl Sink, name: &[u8], value: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = value;
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.push(name);
    out.push(digits.get(digits.len() - length..).unwrap_or_default());
}

fn strings<'a>(out: &mut impl Sink, values: impl Iterator<Item = &'a str>) {
    out.push(b"[");
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b",");
        }
        string(out, value);
    }
    out.push(b"]");
}

/// A JSON string (RFC 8259 §7): quotes, backslashes and control characters are escaped.
fn string(out: &mut impl Sink, text: &str) {
    out.push(b"\"");
    let mut rest = text.as_bytes();
    while let Some(at) = plain_length(rest) {
        let (plain, tail) = rest.split_at(at);
        out.push(plain);
        let Some((&special, tail)) = tail.split_first() else { break };
        match special {
            b'"' => out.push(br#"\""#),
            b'\\' => out.push(br"\\"),
            control => {
                const HEX: [u8; 16] = *b"0123456789abcdef";
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                out.push(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]);
            }
        }
        rest = tail;
    }
    out.push(rest);
    out.push(b"\"");
}
