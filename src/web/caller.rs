//! Knows who calls where a token is not needed.
//! Must not know how a token is checked.

use super::{Guard, Refusal};
use crate::verifier::Verified;

/// Who calls. Behind [`Guard::optional`] it may be nobody in particular; a bad credential is
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

/// What the log says when the layer was forgotten.
#[cfg(any(feature = "tower", feature = "actix"))]
pub(super) const NO_GUARD: &str = "there is no `hallpass::web::Guard` around this route: add it \
                                   with `.layer(guard)` on axum and tower, with `.wrap(guard)` on \
                                   actix-web";

/// What a guard leaves for extractors and route requirements.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) guard: Guard,
}

impl Admitted {
    pub(super) fn verified(&self) -> Result<Verified, Refusal> {
        self.caller.require().cloned()
    }
}
