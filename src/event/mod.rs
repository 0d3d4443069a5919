//! Knows what the operator is told: one event for each thing that happens to a token.
//! Must not know any secret: events carry identifiers, counts and fixed texts only.
//!
//! With the feature `tracing` each function emits one event of target `hallpass`; without it
//! each is empty. Events never change an answer.

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(feature = "tracing")]
mod enabled;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use enabled::*;
