//! Knows why a session or an API key ended.
//! Must not know what ends it.

use serde::{Deserialize, Serialize};

/// Why a session or an API key ended.
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
