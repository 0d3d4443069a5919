//! Knows the answers to a presented refresh token: how it was granted, or why not.
//! Must not know which answer is due: `decide` does.

use std::time::Duration;

use super::{ended::EndReason, session::SessionRecord};
use crate::id::SessionId;

/// What a store answers to a [`Rotation`](super::Rotation).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every way to lose access must be handled")]
pub enum RotateOutcome {
    /// The tokens of this session are given out: the refresh token is the one of
    /// `session.state.generation`.
    Granted {
        /// How it was granted.
        how: Granted,
        /// The session after the step.
        session: Box<SessionRecord>,
    },
    /// No tokens.
    Refused(Refusal),
    /// An old token was presented: the session has ended.
    Reused(Reuse),
    /// The token is ahead of the row, or has no row: the store lost state. Nothing changed.
    StateRollback {
        /// The generation of the row, if there is one.
        row: Option<u32>,
    },
}

/// How a refresh was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one arm for each line of the decision table")]
pub enum Granted {
    /// The session moved on to its next generation.
    Rotated {
        /// How far the row's clock was ahead, if that was more than the skew allowed.
        skew: Option<Duration>,
    },
    /// The current token came again within the window: the same token.
    Coalesced,
    /// The parent came again within the window: the same successor as before.
    Replayed,
    /// This session does not rotate: the same token.
    Kept,
}

/// Why a presented token gets nothing, without any change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every way to lose access must be handled")]
pub enum Refusal {
    /// The session has ended.
    Ended(EndReason),
    /// The session's absolute deadline has passed.
    Expired,
    /// The session was unused for too long.
    Idle,
    /// The token belongs to another client.
    OtherClient,
    /// The session belongs to a client that must prove itself, and none did.
    ClientRequired,
    /// The session is bound to a key, and the request did not prove it.
    ProofRequired,
    /// The row's clock is so far ahead that its windows mean nothing.
    ClockSkew {
        /// How far ahead it is.
        ahead: Duration,
    },
}

/// What is known of a reuse, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it")]
pub struct Reuse {
    /// The session, now ended.
    pub session: SessionId,
    /// How many generations the presented token was behind: 1 is the parent.
    pub distance: u32,
    /// How long ago the session last rotated.
    pub age: Duration,
}
