//! Knows what the invariants say of one session: what each presentation must get, and what the
//! row must be afterwards. It is written from their text, and never asks `decide`.
//! Must not know a store.

use std::{collections::HashMap, time::Duration};

use super::super::{Violation, violation::ensure};
use crate::{
    clock::Timestamp,
    store::{
        EndReason, Granted, Refusal, Reuse, RotateOutcome, Rotation, SessionRecord, SessionState,
    },
};

/// A session, its row as it must be, and who holds which of its tokens.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) row: SessionRecord,
    /// Whether `prune_sessions` may have taken the row, and did.
    pub(super) gone: bool,
    /// The generation in the storage that the device and its tabs share.
    pub(super) stored: u32,
    /// What a tab read from that storage, perhaps a while ago.
    pub(super) tab: u32,
    /// What a thief copied from it, if one did.
    pub(super) stolen: Option<u32>,
    /// The last command that was sent, to be sent again.
    pub(super) last: Option<Rotation>,
    /// Which sealing key made the token of each generation that was given out: with the same
    /// one, the token is the same, byte for byte.
    sealed: HashMap<u32, u8>,
}

/// What a presentation must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The current refresh token, and this is how.
    Grant(Granted),
    Refuse(Refusal),
    Reuse,
    Rollback,
}

impl Known {
    pub(super) fn new(row: SessionRecord) -> Self {
        let sealed = HashMap::from([(row.state.generation, row.state.sealing_key)]);
        Self { row, gone: false, stored: 0, tab: 0, stolen: None, last: None, sealed }
    }

    /// What the invariants say of this presentation. One early return for each of their lines.
    fn judge(&self, rotation: &Rotation, now: Timestamp) -> Verdict {
        let (row, state, policy) = (&self.row, &self.row.state, &self.row.policy);
        if self.gone {
            return Verdict::Rollback;
        }
        if rotation.client.as_ref().is_some_and(|client| *client != row.client) {
            return Verdict::Refuse(Refusal::OtherClient);
        }
        let resent = state.attempt == Some(rotation.attempt);
        if let Some((_, reason)) = state.ended {
            let noticed = resent && reason == EndReason::Reused;
            return if noticed { Verdict::Reuse } else { Verdict::Refuse(Refusal::Ended(reason)) };
        }
        if now >= row.absolute_expires_at {
            return Verdict::Refuse(Refusal::Expired);
        }
        if resent {
            return Verdict::Grant(Granted::Rotated { skew: None });
        }
        if rotation.presented > state.generation {
            return Verdict::Rollback;
        }
        if rotation.presented + 1 < state.generation {
            return Verdict::Reuse;
        }
        if now >= state.idle_expires_at {
            return Verdict::Refuse(Refusal::Idle);
        }
        let parent = rotation.presented < state.generation;
        if !parent && !policy.rotation {
            return Verdict::Grant(Granted::Kept);
        }
        let Some(rotated_at) = state.rotated_at else {
            return Verdict::Grant(Granted::Rotated { skew: None });
        };
        if now + policy.max_skew < rotated_at {
            let ahead = rotated_at.saturating_since(now);
            return if parent {
                Verdict::Refuse(Refusal::ClockSkew { ahead })
            } else {
                Verdict::Grant(Granted::Rotated { skew: Some(ahead) })
            };
        }
        let window = match (policy.strict, parent && state.confirmed_at.is_none()) {
            (true, _) => Duration::ZERO,
            (false, true) => policy.retry_window.max(policy.retry_after_loss),
            (false, false) => policy.retry_window,
        };
        match (parent, now.max(rotated_at) < rotated_at + window) {
            (true, true) => Verdict::Grant(Granted::Replayed),
            (true, false) => Verdict::Reuse,
            (false, true) => Verdict::Grant(Granted::Coalesced),
            (false, false) => Verdict::Grant(Granted::Rotated { skew: None }),
        }
    }

    /// The state the row must have after that verdict.
    fn follows(&self, verdict: Verdict, rotation: &Rotation, now: Timestamp) -> SessionState {
        let state = self.row.state;
        let slid = (now + self.row.policy.idle).min(self.row.absolute_expires_at);
        if state.attempt == Some(rotation.attempt) {
            return state;
        }
        match verdict {
            Verdict::Grant(Granted::Rotated { .. }) => SessionState {
                generation: state.generation + 1,
                sealing_key: rotation.sealing_key,
                attempt: Some(rotation.attempt),
                rotated_at: Some(now),
                confirmed_at: None,
                idle_expires_at: slid,
                ended: None,
            },
            Verdict::Grant(Granted::Coalesced) => {
                SessionState { confirmed_at: state.confirmed_at.or(Some(now)), ..state }
            }
            Verdict::Grant(Granted::Kept) => {
                let by = slid.saturating_since(state.idle_expires_at);
                let worth = !by.is_zero() && by >= self.row.policy.idle / 20;
                let idle_expires_at = if worth { slid } else { state.idle_expires_at };
                SessionState { idle_expires_at, ..state }
            }
            Verdict::Reuse => SessionState {
                attempt: Some(rotation.attempt),
                ended: Some((now, EndReason::Reused)),
                ..state
            },
            Verdict::Grant(Granted::Replayed) | Verdict::Refuse(_) | Verdict::Rollback => state,
        }
    }

    /// Holds an answer to what the invariants say, and moves on to the state that must follow.
    /// Gives the generation that was given out, if one was.
    pub(super) fn take(
        &mut self,
        rule: &'static str,
        rotation: &Rotation,
        answer: &RotateOutcome,
        now: Timestamp,
    ) -> Result<Option<u32>, Violation> {
        let verdict = self.judge(rotation, now);
        let state = self.follows(verdict, rotation, now);
        let next = SessionRecord { state, ..self.row.clone() };
        let expected = match verdict {
            Verdict::Grant(how) => RotateOutcome::Granted { how, session: Box::new(next.clone()) },
            Verdict::Refuse(why) => RotateOutcome::Refused(why),
            Verdict::Reuse => RotateOutcome::Reused(Reuse {
                session: self.row.id,
                distance: self.row.state.generation.saturating_sub(rotation.presented),
                age: self
                    .row
                    .state
                    .rotated_at
                    .map_or(Duration::ZERO, |at| now.saturating_since(at)),
            }),
            Verdict::Rollback => {
                let row = (!self.gone).then_some(self.row.state.generation);
                RotateOutcome::StateRollback { row }
            }
        };
        if *answer != expected {
            let detail = format!(
                "generation {} at {now} of {:?}: got {answer:?}, expected {expected:?}",
                rotation.presented, self.row
            );
            return Err(Violation::new(rule, detail));
        }
        self.laws(rule, &state, answer)?;
        self.row = next;
        Ok(match answer {
            RotateOutcome::Granted { session, .. } => Some(session.state.generation),
            _ => None,
        })
    }

    /// What holds of every step, whatever the verdict was: a second look that would notice a
    /// mistake in the first.
    fn laws(
        &mut self,
        rule: &'static str,
        next: &SessionState,
        answer: &RotateOutcome,
    ) -> Result<(), Violation> {
        let before = self.row.state;
        let step = next.generation.checked_sub(before.generation);
        ensure(rule, matches!(step, Some(0 | 1)), "2: the generation moved by more than one")?;
        let idle = next.idle_expires_at <= self.row.absolute_expires_at;
        ensure(rule, idle, "34: the idle deadline is past the absolute one")?;
        let revived = before.ended.is_some() && next.ended != before.ended;
        ensure(rule, !revived, "14: an end changed")?;
        let RotateOutcome::Granted { session, .. } = answer else {
            return Ok(());
        };
        ensure(rule, before.ended.is_none(), "14: granted after the end")?;
        let (generation, key) = (session.state.generation, session.state.sealing_key);
        let first = *self.sealed.entry(generation).or_insert(key);
        ensure(rule, first == key, "4: two different tokens of one generation")?;
        let newest = self.sealed.keys().all(|known| *known <= generation);
        ensure(rule, newest, "1: a generation that is not the newest was given out")
    }
}
