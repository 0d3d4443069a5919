//! Knows how a caller is told to the service behind the proxy: headers, names and values.
//! Must not let a value become anything but the value of its header.

use crate::{token::Texts, verifier::Verified, web::Answer};

/// Which headers tell the service behind the proxy who calls. Every one of them is in every
/// answer that lets a request through, empty where there is nothing to tell, so that the proxy
/// replaces what a client may have sent.
///
/// Subject, client, groups and roles are percent-encoded but for letters, digits and `-._~@:/`;
/// lists are separated by commas. Permissions are scope text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Identity {
    names: Vec<(Fact, String)>,
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
        }
    }
}

impl Identity {
    /// The subject in this header, and nothing else.
    ///
    /// # Errors
    /// [`IdentityError`] when the name cannot be one.
    pub fn new(subject: &str) -> Result<Self, IdentityError> {
        Self { names: Vec::new() }.with(Fact::Subject, subject)
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

    fn with(mut self, fact: Fact, name: &str) -> Result<Self, IdentityError> {
        let lower = name.to_ascii_lowercase();
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = lower.starts_with("x-") && lower.bytes().all(named);
        if !is_name || self.names.iter().any(|(_, known)| *known == lower) {
            return Err(IdentityError { name: name.to_owned() });
        }
        self.names.push((fact, lower));
        Ok(self)
    }

    pub(super) fn write(&self, who: Option<&Verified>, answer: &mut Answer) {
        for (fact, name) in &self.names {
            let value = who.map(|who| match fact {
                Fact::Subject => encode(who.subject()),
                Fact::Client => encode(who.client_id().unwrap_or_default()),
                Fact::Groups => list(who.groups()),
                Fact::Roles => list(who.roles()),
                Fact::Permissions => encode_but(who.scope().as_str(), is_scope_byte),
            });
            answer.push(name, value.unwrap_or_default());
        }
    }
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
