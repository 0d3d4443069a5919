//! Knows what the access tokens of a session or an API key say of its holder.
//! Must not know how a token says it.

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, token::CustomClaims};

/// What every access token of a session or API key says beside who, what and where. Engines keep
/// it as one JSON text.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// use hallpass::store::{CarriedClaims, SessionStore as _};
///
/// let grant = Grant::new("ada", "invoice:*:read".parse()?).roles(["clerk"]);
/// let issued = authority.issue(grant.claim("tenant", "acme")).await?;
/// let row = store.find_session(&issued.session_id()).await?.unwrap();
/// assert_eq!(row.claims.roles, ["clerk"]);
///
/// let column = serde_json::to_string(&row.claims)?; // how an engine keeps them
/// assert!(column.contains("tenant") && !column.contains("groups")); // nothing for what is empty
/// assert_eq!(serde_json::from_str::<CarriedClaims>(&column)?, row.claims);
/// # Ok(()) }
/// ```
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
