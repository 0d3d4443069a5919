//! Knows what the access tokens of a session or an API key say of its holder.
//! Must not know how a token says it.

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, token::CustomClaims};

/// What every access token of a session or API key says beside who, what and where. Engines keep
/// it as one JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "tests of an engine build it")]
pub struct CarriedClaims {
    /// The caller's own claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomClaims>,
    /// The `roles` claim (RFC 9068 §2.2.3.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The `groups` claim (RFC 9068 §2.2.3.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// When the user signed in (RFC 9068 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// How strongly the user signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means the user signed in (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}
