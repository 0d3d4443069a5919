//! Knows why a session or an API key ended.
//! Must not know what ends it.

use serde::{Deserialize, Serialize};

/// Why a session or an API key ended.
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
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let issued = authority.issue(grant).await?;
/// use hallpass::{authority::RefreshError, store::EndReason};
///
/// let _ = authority.revoke(issued.refresh_token()).await?; // the user signs out
/// let refused = authority.refresh(issued.refresh_token()).await;
/// assert!(matches!(refused, Err(RefreshError::Ended(EndReason::SignedOut))));
/// assert_eq!(EndReason::SignedOut.as_str(), "signed_out");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The user signed out, or the holder revoked the token (RFC 7009).
    SignedOut,
    /// The host ended it in its own code.
    Administrative,
    /// Everything of its subject was revoked.
    SubjectRevoked,
    /// Everything of its client was revoked.
    ClientRevoked,
    /// The subject withdrew or narrowed consent.
    ConsentWithdrawn,
    /// An old refresh token was presented: the session is taken to be stolen.
    Reused,
    /// The subject had more sessions than the cap; this was the oldest.
    OverCap,
    /// An authorization code was presented twice.
    CodeReplayed,
    /// An API key was replaced by its successor.
    Replaced,
}

impl EndReason {
    /// The fixed text of the reason, as stores and events write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Administrative => "administrative",
            Self::SubjectRevoked => "subject_revoked",
            Self::ClientRevoked => "client_revoked",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::Reused => "reused",
            Self::OverCap => "over_cap",
            Self::CodeReplayed => "code_replayed",
            Self::Replaced => "replaced",
        }
    }
}
