//! Knows how a client is written down for the store, and read again: strict and versioned.
//! Must not know its secrets; they are kept beside it, hashed.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Client, ClientAuthentication, ClientError, GrantType};
use crate::{
    authority::{ConfirmationSignal, Policy, RotationMode},
    id::{Audience, ClientId},
    scope::{Limits, Scope},
    store::{StoreError, StoreErrorKind},
};

/// What is written now. A text of another version is refused, never guessed at (INVARIANTS 55).
const VERSION: u8 = 1;
/// The most bytes that a client's settings may take.
const LONGEST: usize = 512 * 1024;
/// A ceiling may be larger than what travels in a token.
const WIDE: Limits = Limits::DEFAULT.bytes(64 * 1024).items(4_096);

/// Why settings cannot be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::authority) enum SettingsError {
    #[error("the client's settings are not what this version writes: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the client's settings have version {0}, this version reads {VERSION}")]
    Version(u8),
    #[error("a scope of the client's settings cannot be read: {0}")]
    Scope(#[from] crate::scope::ScopeError),
}

#[derive(Deserialize)]
struct Versioned {
    version: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    version: u8,
    confidential: bool,
    authentication: Authentication,
    #[serde(deserialize_with = "said")]
    name: Option<String>,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    grants: Vec<Grant>,
    #[serde(deserialize_with = "said")]
    scope: Option<String>,
    #[serde(deserialize_with = "said")]
    default_scope: Option<String>,
    audience: Vec<Audience>,
    #[serde(deserialize_with = "said")]
    jwks: Option<String>,
    trusted: bool,
    always_refresh: bool,
    may_introspect: bool,
    #[serde(deserialize_with = "said")]
    policy: Option<PolicySettings>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Authentication {
    Secret,
    PrivateKeyJwt,
    None,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grant {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

/// Times in milliseconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicySettings {
    access_lifetime: u64,
    retry_window: u64,
    #[serde(deserialize_with = "said")]
    retry_after_loss: Option<u64>,
    idle: u64,
    absolute: u64,
    rotation: Rotation,
    strict: bool,
    confirmation: Confirmation,
    #[serde(deserialize_with = "said")]
    max_sessions: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rotation {
    Auto,
    On,
    Off,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Confirmation {
    None,
    Wired,
}

impl Client {
    /// What the store keeps of it: everything but its id and its secrets.
    fn to_settings(&self) -> Result<String, SettingsError> {
        let settings = Settings {
            version: VERSION,
            confidential: self.confidential,
            authentication: match self.authentication {
                ClientAuthentication::Secret => Authentication::Secret,
                ClientAuthentication::PrivateKeyJwt => Authentication::PrivateKeyJwt,
                ClientAuthentication::None => Authentication::None,
            },
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            grants: self.grants.iter().copied().map(Grant::from).collect(),
            scope: self.ceiling.as_ref().map(Scope::to_string),
            default_scope: self.default_scope.as_ref().map(Scope::to_string),
            audience: self.audience.clone(),
            jwks: self.jwks.clone(),
            trusted: self.trusted,
            always_refresh: self.always_refresh,
            may_introspect: self.may_introspect,
            policy: self.policy.as_ref().map(PolicySettings::of),
        };
        Ok(serde_json::to_string(&settings)?)
    }

    /// The same, if it is not too much.
    pub(super) fn written(&self) -> Result<String, ClientError> {
        let settings = self.to_settings().map_err(corrupt)?;
        match settings.len() {
            found if found > LONGEST => {
                Err(ClientError::TooMany { what: "bytes of settings", limit: LONGEST, found })
            }
            _ => Ok(settings),
        }
    }

    /// Reads what [`to_settings`](Self::to_settings) wrote. It is not
    /// [`checked`](Self::checked) yet.
    pub(in crate::authority) fn from_settings(
        id: &ClientId,
        text: &str,
    ) -> Result<Self, SettingsError> {
        // First, so that the error of a newer version says so.
        match serde_json::from_str::<Versioned>(text)?.version {
            VERSION => {}
            other => return Err(SettingsError::Version(other)),
        }
        let settings: Settings = serde_json::from_str(text)?;
        let scope = |text: Option<String>| {
            text.map(|text| Scope::parse_canonical_within(&text, &WIDE)).transpose()
        };
        let (ceiling, default_scope) = (scope(settings.scope)?, scope(settings.default_scope)?);
        let base = match settings.confidential {
            true => Self::confidential(id.as_str()),
            false => Self::public(id.as_str()),
        };
        Ok(Self {
            authentication: match settings.authentication {
                Authentication::Secret => ClientAuthentication::Secret,
                Authentication::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt,
                Authentication::None => ClientAuthentication::None,
            },
            name: settings.name,
            redirect_uris: settings.redirect_uris,
            post_logout_redirect_uris: settings.post_logout_redirect_uris,
            grants: settings.grants.into_iter().map(GrantType::from).collect(),
            ceiling,
            default_scope,
            audience: settings.audience,
            jwks: settings.jwks,
            trusted: settings.trusted,
            always_refresh: settings.always_refresh,
            may_introspect: settings.may_introspect,
            policy: settings.policy.map(PolicySettings::policy),
            ..base
        })
    }
}

pub(super) fn corrupt(error: SettingsError) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "client").with_source(error)
}

/// A member that must be there, even where it says nothing: without a ceiling is not the same as
/// without a word about one.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// Whether a scope reads back as it is written. Words that only a vocabulary can read do not.
pub(super) fn can_be_kept(scope: &Scope) -> bool {
    Scope::parse_canonical_within(scope.as_str(), &WIDE).is_ok_and(|read| read == *scope)
}

impl PolicySettings {
    fn of(policy: &Policy) -> Self {
        Self {
            access_lifetime: millis(policy.access_lifetime),
            retry_window: millis(policy.retry_window),
            retry_after_loss: policy.retry_after_loss.map(millis),
            idle: millis(policy.idle),
            absolute: millis(policy.absolute),
            rotation: match policy.rotation {
                RotationMode::Auto => Rotation::Auto,
                RotationMode::On => Rotation::On,
                RotationMode::Off => Rotation::Off,
            },
            strict: policy.strict,
            confirmation: match policy.confirmation {
                ConfirmationSignal::None => Confirmation::None,
                ConfirmationSignal::Wired => Confirmation::Wired,
            },
            max_sessions: policy.max_sessions,
        }
    }

    fn policy(self) -> Policy {
        Policy {
            access_lifetime: Duration::from_millis(self.access_lifetime),
            retry_window: Duration::from_millis(self.retry_window),
            retry_after_loss: self.retry_after_loss.map(Duration::from_millis),
            idle: Duration::from_millis(self.idle),
            absolute: Duration::from_millis(self.absolute),
            rotation: match self.rotation {
                Rotation::Auto => RotationMode::Auto,
                Rotation::On => RotationMode::On,
                Rotation::Off => RotationMode::Off,
            },
            strict: self.strict,
            confirmation: match self.confirmation {
                Confirmation::None => ConfirmationSignal::None,
                Confirmation::Wired => ConfirmationSignal::Wired,
            },
            max_sessions: self.max_sessions,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<GrantType> for Grant {
    fn from(grant: GrantType) -> Self {
        match grant {
            GrantType::AuthorizationCode => Self::AuthorizationCode,
            GrantType::RefreshToken => Self::RefreshToken,
            GrantType::ClientCredentials => Self::ClientCredentials,
        }
    }
}

impl From<Grant> for GrantType {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::AuthorizationCode => Self::AuthorizationCode,
            Grant::RefreshToken => Self::RefreshToken,
            Grant::ClientCredentials => Self::ClientCredentials,
        }
    }
}

#[cfg(test)]
mod tests;
