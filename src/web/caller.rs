//! Knows who calls where a token is not needed.
//! Must not know how a token is checked.

use super::Refusal;
use crate::verifier::Verified;

/// Who calls. Behind [`Guard::optional`](super::Guard::optional) it may be nobody in particular; a bad credential is
/// refused there too.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "a third answer would have to break callers' builds")]
#[must_use]
pub enum Caller {
    /// The request carries no credential.
    Anonymous,
    /// The request carries a good one.
    Verified(Verified),
}

impl Caller {
    /// Who was verified, if anybody.
    #[must_use]
    pub const fn verified(&self) -> Option<&Verified> {
        match self {
            Self::Anonymous => None,
            Self::Verified(who) => Some(who),
        }
    }

    /// Who was verified.
    ///
    /// # Errors
    /// 401 with the bare challenge for an anonymous caller.
    pub fn require(&self) -> Result<&Verified, Refusal> {
        self.verified().ok_or(Refusal::MISSING)
    }
}
