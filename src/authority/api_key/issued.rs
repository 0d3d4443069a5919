//! Knows an API key that was just made, and the one way to its secret.
//! Must not know how it came to be.

use std::fmt::{self, Debug};

use crate::{id::ApiKeyId, scope::Negotiated, secret::ApiKey, store::ApiKeyRecord};

/// An API key, just made: the one time its secret can be seen.
///
/// ```
#[doc = an_authority!()]
/// let grant = Grant::new("ci", "artifact:*:write".parse()?);
/// let made = authority.issue_api_key(grant, "nightly build", None).await?;
/// let shown_once = made.api_key().expose_secret();
/// assert!(shown_once.starts_with("hp_ak_"));
/// assert_eq!(made.record().name, "nightly build"); // what lists show from now on
/// # Ok(()) }
/// ```
#[must_use]
pub struct IssuedApiKey {
    pub(super) key: ApiKey,
    pub(super) record: ApiKeyRecord,
    pub(super) negotiated: Option<Negotiated>,
}

impl IssuedApiKey {
    /// The key. It is stored nowhere; show it once.
    #[must_use]
    pub fn api_key(&self) -> &ApiKey {
        &self.key
    }

    /// Its id, for lists and for ending it. No credential.
    #[must_use]
    pub fn id(&self) -> ApiKeyId {
        self.record.id
    }

    /// What is remembered of it.
    #[must_use]
    pub fn record(&self) -> &ApiKeyRecord {
        &self.record
    }

    /// How the requested scope was negotiated; nothing for a successor.
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_ref()
    }
}

impl Debug for IssuedApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedApiKey").field("record", &self.record).finish_non_exhaustive()
    }
}
