//! Knows what a presented refresh token means: the rules, in their order.
//! Must not know a store, a clock or a secret.
//!
//! The rules are RFC 9700 §4.14 (rotation and reuse detection) with a window in which a retry is
//! answered with the very same token.

use std::time::Duration;

use super::{
    ended::EndReason,
    outcome::{Granted, Refusal, Reuse, RotateOutcome},
    presented::{ProofKey, Rotation},
    session::{SessionPolicy, SessionRecord, SessionState},
};
use crate::{clock::Timestamp, id::SessionId};

/// What the rules look at of a row.
pub(super) struct Facts<'r> {
    pub(super) id: SessionId,
    pub(super) client: &'r str,
    pub(super) cnf: Option<&'r ProofKey>,
    pub(super) policy: &'r SessionPolicy,
    pub(super) absolute_expires_at: Timestamp,
    pub(super) state: &'r SessionState,
}

impl<'r> Facts<'r> {
    pub(super) fn of(row: &'r SessionRecord) -> Self {
        Self {
            id: row.id,
            client: row.client.as_str(),
            cnf: row.cnf.as_ref(),
            policy: &row.policy,
            absolute_expires_at: row.absolute_expires_at,
            state: &row.state,
        }
    }
}

/// A decision that needs no whole row yet.
pub(super) struct Verdict {
    answer: Answer,
    /// The row's new state, if it changes.
    pub(super) write: Option<SessionState>,
}

enum Answer {
    /// With the session as it is after the step.
    Granted(Granted),
    Other(RotateOutcome),
}

impl Verdict {
    /// What the holder of the token is told; `read` makes the record of the row that was judged.
    pub(super) fn outcome<R, E>(
        self,
        row: Option<R>,
        read: impl FnOnce(R) -> Result<SessionRecord, E>,
    ) -> Result<RotateOutcome, E> {
        match (self.answer, row) {
            (Answer::Other(outcome), _) => Ok(outcome),
            (Answer::Granted(how), Some(row)) => {
                let mut session = Box::new(read(row)?);
                session.state = self.write.unwrap_or(session.state);
                Ok(RotateOutcome::Granted { how, session })
            }
            // Nothing is granted without a row.
            (Answer::Granted(_), None) => Ok(RotateOutcome::StateRollback { row: None }),
        }
    }

    fn unchanged(outcome: RotateOutcome) -> Self {
        Self { answer: Answer::Other(outcome), write: None }
    }

    fn refused(why: Refusal) -> Self {
        Self::unchanged(RotateOutcome::Refused(why))
    }

    fn granted(how: Granted) -> Self {
        Self { answer: Answer::Granted(how), write: None }
    }

    fn changed(how: Granted, state: SessionState) -> Self {
        Self { answer: Answer::Granted(how), write: Some(state) }
    }
}

/// Judges a presented token by its row.
pub(super) fn judge(row: Option<&Facts<'_>>, rotation: &Rotation, now: Timestamp) -> Verdict {
    let Some(row) = row else {
        return Verdict::unchanged(RotateOutcome::StateRollback { row: None });
    };
    if let Some(refusal) = binding(row, rotation) {
        return Verdict::unchanged(RotateOutcome::Refused(refusal));
    }
    if let Some(first) = resent(row, rotation, now) {
        return first;
    }
    if let Some((_, reason)) = row.state.ended {
        return Verdict::refused(Refusal::Ended(reason));
    }
    if now >= row.absolute_expires_at {
        return Verdict::refused(Refusal::Expired);
    }
    let behind = i64::from(row.state.generation) - i64::from(rotation.presented);
    let since = elapsed(row, now);
    match behind {
        0 | 1 if now >= row.state.idle_expires_at => Verdict::refused(Refusal::Idle),
        0 => current(row, rotation, since, now),
        1 => parent(row, rotation, since, now),
        2.. => reuse(row, rotation, now),
        _ if rotation.fast_forward => fast_forward(row, rotation, now),
        _ => Verdict::unchanged(RotateOutcome::StateRollback { row: Some(row.state.generation) }),
    }
}

/// Who may present the token at all. Asked before anything else, so that a stranger learns
/// nothing of the session and changes nothing.
fn binding(row: &Facts<'_>, rotation: &Rotation) -> Option<Refusal> {
    match &rotation.client {
        Some(client) if client.as_str() != row.client => return Some(Refusal::OtherClient),
        None if row.policy.client_proof => return Some(Refusal::ClientRequired),
        _ => {}
    }
    let proven = row.cnf.is_none() || row.cnf == rotation.proof.as_ref();
    (!proven).then_some(Refusal::ProofRequired)
}

/// The first answer, if this very attempt has been carried out before.
fn resent(row: &Facts<'_>, rotation: &Rotation, now: Timestamp) -> Option<Verdict> {
    if row.state.attempt != Some(rotation.attempt) {
        return None;
    }
    match row.state.ended {
        Some((_, EndReason::Reused)) => {
            Some(Verdict::unchanged(RotateOutcome::Reused(reuse_of(row, rotation, now))))
        }
        // Ended by something else since: that stands above a grant that was never seen.
        Some(_) => None,
        None if now >= row.absolute_expires_at => None,
        None => Some(Verdict::granted(Granted::Rotated { skew: None })),
    }
}

/// Time since the last rotation, as far as it can be trusted.
#[derive(Clone, Copy)]
enum Elapsed {
    /// The session has never been refreshed.
    Never,
    /// This long.
    Since(Duration),
    /// The row's clock is further ahead than the skew allowed.
    Ahead(Duration),
}

fn elapsed(row: &Facts<'_>, now: Timestamp) -> Elapsed {
    let Some(rotated_at) = row.state.rotated_at else {
        return Elapsed::Never;
    };
    let ahead = rotated_at.saturating_since(now);
    if ahead > row.policy.max_skew {
        Elapsed::Ahead(ahead)
    } else {
        Elapsed::Since(now.saturating_since(rotated_at))
    }
}

/// The current token is presented.
fn current(row: &Facts<'_>, rotation: &Rotation, since: Elapsed, now: Timestamp) -> Verdict {
    let policy = &row.policy;
    if !policy.rotation {
        return kept(row, now);
    }
    let skew = match since {
        Elapsed::Since(since) if since < policy.retry_window && !policy.strict => {
            return coalesced(row, now);
        }
        Elapsed::Ahead(ahead) => Some(ahead),
        Elapsed::Never | Elapsed::Since(_) => None,
    };
    advance(row, rotation, rotation.presented, skew, now)
}

/// The parent of the current token is presented.
fn parent(row: &Facts<'_>, rotation: &Rotation, since: Elapsed, now: Timestamp) -> Verdict {
    let policy = &row.policy;
    match since {
        // A window that cannot be measured is closed; that alone is no proof of theft.
        Elapsed::Ahead(ahead) => Verdict::refused(Refusal::ClockSkew { ahead }),
        Elapsed::Since(since)
            if !policy.strict
                && (since < policy.retry_window
                    || (row.state.confirmed_at.is_none() && since < policy.retry_after_loss)) =>
        {
            Verdict::granted(Granted::Replayed)
        }
        Elapsed::Since(_) | Elapsed::Never => reuse(row, rotation, now),
    }
}

fn kept(row: &Facts<'_>, now: Timestamp) -> Verdict {
    let slid = idle_from(row, now);
    // Written at most every twentieth of the idle time: a busy session costs few writes.
    let worth = slid.saturating_since(row.state.idle_expires_at) >= row.policy.idle / 20;
    if worth && slid > row.state.idle_expires_at {
        Verdict::changed(Granted::Kept, SessionState { idle_expires_at: slid, ..*row.state })
    } else {
        Verdict::granted(Granted::Kept)
    }
}

fn coalesced(row: &Facts<'_>, now: Timestamp) -> Verdict {
    if row.state.confirmed_at.is_some() {
        return Verdict::granted(Granted::Coalesced);
    }
    let confirmed = SessionState { confirmed_at: Some(now), ..*row.state };
    Verdict::changed(Granted::Coalesced, confirmed)
}

fn advance(
    row: &Facts<'_>,
    rotation: &Rotation,
    from: u32,
    skew: Option<Duration>,
    now: Timestamp,
) -> Verdict {
    // INVARIANT (generation): four billion rotations at one a second outlive the longest
    // absolute deadline a hundred times over; at the end the session refuses to go on.
    let Some(generation) = from.checked_add(1) else {
        return Verdict::refused(Refusal::Expired);
    };
    let next = SessionState {
        generation,
        sealing_key: rotation.sealing_key,
        attempt: Some(rotation.attempt),
        rotated_at: Some(now),
        confirmed_at: None,
        idle_expires_at: idle_from(row, now),
        ended: None,
    };
    Verdict::changed(Granted::Rotated { skew }, next)
}

/// After a restore: the holder proves with a valid seal that the session had gone further.
fn fast_forward(row: &Facts<'_>, rotation: &Rotation, now: Timestamp) -> Verdict {
    if now >= row.state.idle_expires_at {
        return Verdict::refused(Refusal::Idle);
    }
    advance(row, rotation, rotation.presented, None, now)
}

fn reuse(row: &Facts<'_>, rotation: &Rotation, now: Timestamp) -> Verdict {
    let ended = SessionState {
        attempt: Some(rotation.attempt),
        ended: Some((now, EndReason::Reused)),
        ..*row.state
    };
    let reused = RotateOutcome::Reused(reuse_of(row, rotation, now));
    Verdict { answer: Answer::Other(reused), write: Some(ended) }
}

fn reuse_of(row: &Facts<'_>, rotation: &Rotation, now: Timestamp) -> Reuse {
    Reuse {
        session: row.id,
        distance: row.state.generation.saturating_sub(rotation.presented),
        age: row.state.rotated_at.map_or(Duration::ZERO, |at| now.saturating_since(at)),
    }
}

fn idle_from(row: &Facts<'_>, now: Timestamp) -> Timestamp {
    (now + row.policy.idle).min(row.absolute_expires_at)
}
