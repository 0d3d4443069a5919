//! Knows how to write the claims of an access token (RFC 9068 §2.2) as JSON.
//! Must not know who asks for the token or which key will sign it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Claim, MAX_DEPTH,
    json::{Sink, number, strings, text},
};
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

/// What is written before the issuer, and between it and the subject.
const BEFORE_ISSUER: &[u8; 8] = br#"{"iss":""#;
const BEFORE_SUBJECT: &[u8; 9] = br#"","sub":""#;

impl AccessClaims<'_> {
    /// How many of the first bytes are the same in each token of the issuer.
    pub(crate) fn constant_length(&self) -> usize {
        BEFORE_ISSUER.len() + self.issuer.len() + BEFORE_SUBJECT.len()
    }

    /// Writes the JSON object. The order is the one in which readers want to know things.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        out.push(BEFORE_ISSUER);
        text(out, self.issuer);
        out.push(BEFORE_SUBJECT);
        text(out, self.subject);
        match self.audience {
            [only] => {
                member(out, br#"","aud":""#, only.as_str());
            }
            many => {
                out.push(br#"","aud":"#);
                strings(out, many.iter().map(Audience::as_str));
            }
        }
        if let Some(at) = self.expires_at {
            date(out, br#","exp":"#, at);
        }
        date(out, br#","iat":"#, self.issued_at);
        if let Some(at) = self.not_before {
            date(out, br#","nbf":"#, at);
        }
        if let Some(token) = self.token_id {
            out.push(br#","jti":""#);
            out.push(&token.to_text());
            out.push(br#"""#);
        }
        if let Some(client) = self.client_id {
            member(out, br#","client_id":""#, client.as_str());
        }
        member(out, br#","scope":""#, self.scope);
        if let Some(session) = self.session_id {
            out.push(br#","sid":""#);
            out.push(&session.to_text());
            out.push(br#"""#);
        }
        if let Some(generation) = self.generation {
            out.push(br#","gen":"#);
            number(out, u64::from(generation));
        }
        if let Some(at) = self.auth_time {
            date(out, br#","auth_time":"#, at);
        }
        if let Some(acr) = self.acr {
            member(out, br#","acr":""#, acr);
        }
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

/// A text behind its name, which ends with the opening quote.
#[inline]
fn member<const N: usize>(out: &mut impl Sink, name: &[u8; N], value: &str) {
    out.push(name);
    text(out, value);
    out.push(br#"""#);
}

fn date<const N: usize>(out: &mut impl Sink, name: &[u8; N], at: Timestamp) {
    out.push(name);
    number(out, at.as_unix_seconds());
}
