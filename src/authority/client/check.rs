//! Knows what must be true of a client, whether it is configured or registered.
//! Must not know where it comes from or goes to.

use std::time::Duration;

use super::{Client, ClientAuthentication, GrantType, error::ClientError, redirect, settings};
use crate::{
    id::Audience,
    key::{Jwks, VerifyingKeys},
    scope::Scope,
};

const MOST_URIS: usize = 100;
const MOST_KEYS: usize = 20;
const LONGEST_NAME: usize = 200;
const LONGEST_SECRET: usize = 1024;

/// What of the authority a client must fit.
#[derive(Debug)]
pub(in crate::authority) struct Fit<'a> {
    pub(in crate::authority) audience: &'a [Audience],
    pub(in crate::authority) max_access_lifetime: Duration,
    /// Whether anybody would hear that a new token was used.
    pub(in crate::authority) is_wired: bool,
}

impl Client {
    /// The client with its keys read, if all of it fits together and the authority.
    pub(in crate::authority) fn checked(mut self, fit: &Fit<'_>) -> Result<Self, ClientError> {
        if let Some(error) = self.bad_id {
            return Err(error.into());
        }
        if self.name.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(ClientError::Name);
        }
        check_uris("redirect URI", &self.redirect_uris)?;
        check_uris("post-logout redirect URI", &self.post_logout_redirect_uris)?;
        self.check_kind()?;
        self.keys = self.read_keys()?;
        if let Some(secret) = &self.secret {
            check_secret(secret.text())?;
        }
        self.check_scopes()?;
        if let Some(other) = self.audience.iter().find(|one| !fit.audience.contains(one)) {
            return Err(ClientError::Audience { audience: other.clone() });
        }
        if let Some(policy) = &self.policy {
            policy.check(fit.max_access_lifetime)?;
            if policy.is_wired() && !fit.is_wired {
                return Err(ClientError::Policy {
                    what: "confirmation",
                    expected: "none, unless the authority's own policy has the signal wired"
                        .to_owned(),
                });
            }
        }
        Ok(self)
    }

    /// What each kind of client may say of itself (RFC 6749 §2.1).
    fn check_kind(&self) -> Result<(), ClientError> {
        let contradiction = |found, expected| Err(ClientError::Contradiction { found, expected });
        let proves_itself = "a confidential client, which proves itself";
        if !self.confidential {
            // RFC 6749 §4.4: "MUST only be used by confidential clients".
            if self.allows_grant(GrantType::ClientCredentials) {
                return contradiction("a public client has client_credentials", proves_itself);
            }
            // RFC 7662 §2.1: the endpoint "MUST also require some form of authorization".
            if self.may_introspect {
                return contradiction("a public client may introspect", proves_itself);
            }
            if self.secret.is_some() || self.authentication != ClientAuthentication::None {
                return contradiction("a public client has a secret or keys", proves_itself);
            }
        }
        let uses_keys = self.authentication == ClientAuthentication::PrivateKeyJwt;
        if self.confidential && self.authentication == ClientAuthentication::None {
            return contradiction("a confidential client proves itself by nothing", "a way to");
        }
        if uses_keys != self.jwks.is_some() {
            return contradiction("a client has keys it does not use, or uses none", "both");
        }
        if uses_keys && self.secret.is_some() {
            return contradiction("a client has a secret and keys", "one way to prove itself");
        }
        if self.allows_grant(GrantType::AuthorizationCode) && self.redirect_uris.is_empty() {
            return contradiction(
                "a client has authorization_code and no redirect URI",
                "at least one to send codes to",
            );
        }
        Ok(())
    }

    /// Whether it uses the endpoints, where it must be able to prove itself.
    pub(in crate::authority) fn lacks_a_secret(&self) -> bool {
        let uses_endpoints = !self.grants.is_empty() || self.may_introspect;
        self.authentication == ClientAuthentication::Secret
            && self.secret.is_none()
            && uses_endpoints
    }

    fn read_keys(&mut self) -> Result<VerifyingKeys, ClientError> {
        let Some(jwks) = &self.jwks else { return Ok(VerifyingKeys::default()) };
        let set = Jwks::parse(jwks)?;
        // A resource server skips foreign keys; whoever registers a client is to hear of them,
        // above all of a private key or a shared secret.
        if let Some(skipped) = set.skipped().first() {
            let (number, reason) = (skipped.index + 1, skipped.reason.clone());
            return Err(ClientError::Key { number, reason });
        }
        match set.keys().len() {
            0 => Err(ClientError::Contradiction {
                found: "a client's key set is empty",
                expected: "at least one public key",
            }),
            found if found > MOST_KEYS => {
                Err(ClientError::TooMany { what: "keys", limit: MOST_KEYS, found })
            }
            _ => {
                self.jwks = Some(set.to_json());
                Ok(set.verifying_keys()?)
            }
        }
    }

    fn check_scopes(&self) -> Result<(), ClientError> {
        let both = [("scope", &self.ceiling), ("default scope", &self.default_scope)];
        for (what, scope) in both {
            if scope.as_ref().is_some_and(|scope| !settings::can_be_kept(scope)) {
                return Err(ClientError::Scope { what });
            }
        }
        match (&self.ceiling, &self.default_scope) {
            (Some(ceiling), Some(default)) if !ceiling.covers(default) => {
                Err(ClientError::DefaultScope)
            }
            (_, Some(default)) if *default == Scope::empty() => Err(ClientError::Contradiction {
                found: "the default scope is empty",
                expected: "something in it, or no default",
            }),
            _ => Ok(()),
        }
    }
}

/// Text direction and invisible characters would show people another name.
fn is_name(name: &str) -> bool {
    let misleads = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(
                c,
                '\u{ad}'
                    | '\u{34f}'
                    | '\u{61c}'
                    | '\u{115f}'
                    | '\u{1160}'
                    | '\u{17b4}'
                    | '\u{17b5}'
            )
            || matches!(c, '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}')
            || matches!(c, '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
    };
    (1..=LONGEST_NAME).contains(&name.chars().count())
        && !name.trim().is_empty()
        && !name.contains(misleads)
}

fn check_uris(list: &'static str, uris: &[String]) -> Result<(), ClientError> {
    if uris.len() > MOST_URIS {
        return Err(ClientError::TooMany {
            what: "URIs of a kind",
            limit: MOST_URIS,
            found: uris.len(),
        });
    }
    for (index, uri) in uris.iter().enumerate() {
        redirect::check(uri).map_err(|problem| ClientError::Redirect {
            list,
            number: index + 1,
            problem,
        })?;
    }
    Ok(())
}

/// INVARIANTS 45: 128 bits. What somebody else chose can only be judged by its length: 22
/// characters of base64 have as much, or 32 of hex. A few characters repeated have not.
pub(super) fn check_secret(secret: &str) -> Result<(), ClientError> {
    // RFC 6749 appendix A.2 allows the space, which gets lost at the ends of settings and headers.
    let fits = secret.len() <= LONGEST_SECRET && secret.bytes().all(|b| b.is_ascii_graphic());
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let unpadded = secret.trim_end_matches('=');
    let long = secret.len() >= 32 || unpadded.len() >= 22 && unpadded.bytes().all(base64);
    let mut seen = [false; 256];
    for byte in secret.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let various = seen.iter().filter(|seen| **seen).count() >= 8;
    if fits && long && various { Ok(()) } else { Err(ClientError::Secret) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_45_a_given_secret_has_128_bits_or_32_characters() {
        for good in [
            "MDEyMzQ1Njc4OWFiY2RlZg",
            "MDEyMzQ1Njc4OWFiY2RlZg==",
            "3f2a9c1b7d5e8f604a2c9b1d7e5f8a60",
            "correct-horse,battery-staple!tree",
            "2f1c0d1e-9a55-4a6e-8a36-0c5f5f6d7e80",
        ] {
            assert!(check_secret(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hunter2",
            "MDEyMzQ1Njc4OWFiY2RlZ",
            "correct horse battery!",
            "correct-horse,battery-staple!t",
            &"a".repeat(64),
            &"ab".repeat(32),
            "correct-horse battery-staple-tree",
            "correct-horse,battery-staple!treé",
            "correct-horse,battery-staple!tree\n",
            &"0123456789".repeat(103),
        ] {
            let error = check_secret(bad).unwrap_err();
            assert!(matches!(error, ClientError::Secret), "{bad}");
            assert!(bad.len() < 4 || !error.to_string().contains(bad), "no echo");
        }
    }

    #[test]
    fn a_name_shows_as_it_is() {
        for good in ["Acme", "Müller & Söhne", "会社"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{61c}b",
            "a\u{ad}b",
            "a\u{3164}",
            "a\u{e0041}",
            &"x".repeat(201),
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
