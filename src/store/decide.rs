//! Knows what a presented refresh token means: one pure function, the same for every store.
//! Must not know a store, a clock or a secret.
//!
//! The rules are RFC 9700 §4.14 (rotation and reuse detection) with a window in which a retry is
//! answered with the very same token.

use std::time::Duration;

use super::{
    ended::EndReason,
    outcome::{Granted, Refusal, Reuse, RotateOutcome},
    presented::Rotation,
    session::{SessionRecord, SessionState},
};
use crate::clock::Timestamp;

/// What [`decide`] says: the answer, and the state to write, if any.
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
/// use hallpass::store::{Attempt, RotateOutcome, Rotation, SessionState, decide};
/// # use hallpass::store::SessionStore as _;
///
/// let row = store.find_session(&issued.session_id()).await?.unwrap();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let (id, client, proof) = (row.id, None, None);
/// # let current = Rotation {
/// #     id, presented: 0, client, proof, sealing_key: 1, attempt, fast_forward: false
/// # };
/// let decision = decide(Some(&row), &current, row.id.born());
/// let Some(SessionState { generation: 1, attempt: Some(_), .. }) = decision.write else {
///     panic!("the store writes this");
/// };
/// assert!(matches!(decision.outcome, RotateOutcome::Granted { .. })); // and answers this
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines read it")]
pub struct Decision {
    /// The answer.
    pub outcome: RotateOutcome,
    /// The row's new state, written in the same atomic step, or nothing.
    pub write: Option<SessionState>,
}

/// Decides what a presented refresh token gets.
///
/// A store applies it in one atomic step: reads the row, writes [`Decision::write`] (and, where
/// that ends the session, its revocation record), and answers [`Decision::outcome`]. The lines
/// are tried from the top, as in the decision table of `docs/sessions.md`.
///
/// [`Decision::write`]: field@Decision::write
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
/// use hallpass::store::{Attempt, Rotation, SessionStore as _, decide};
///
/// let mut row = store.find_session(&issued.session_id()).await?.unwrap();
/// # let now = row.id.born();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let (id, client, proof) = (row.id, None, None);
/// # let rotation = Rotation {
/// #     id, presented: 0, client, proof, sealing_key: 1, attempt, fast_forward: false
/// # };
/// let first = decide(Some(&row), &rotation, now);
/// if let Some(state) = first.write {
///     row.state = state; // in the same transaction as the read
/// }
/// // The same attempt, sent again after a lost answer: nothing to write, the same answer.
/// let again = decide(Some(&row), &rotation, now);
/// assert_eq!((again.write, again.outcome), (None, first.outcome));
/// # Ok(()) }
/// ```
#[must_use]
pub fn decide(row: Option<&SessionRecord>, rotation: &Rotation, now: Timestamp) -> Decision {
    let Some(row) = row else {
        return Decision::unchanged(RotateOutcome::StateRollback { row: None });
    };
    if let Some(refusal) = binding(row, rotation) {
        return Decision::unchanged(RotateOutcome::Refused(refusal));
    }
    if let Some(first) = resent(row, rotation, now) {
        return Decision::unchanged(first);
    }
    if let Some((_, reason)) = row.state.ended {
        return Decision::refused(Refusal::Ended(reason));
    }
    if now >= row.absolute_expires_at {
        return Decision::refused(Refusal::Expired);
    }
    let behind = i64::from(row.state.generation) - i64::from(rotation.presented);
    let since = elapsed(row, now);
    match behind {
        0 | 1 if now >= row.state.idle_expires_at => Decision::refused(Refusal::Idle),
        0 => current(row, rotation, since, now),
        1 => parent(row, rotation, since, now),
        2.. => reuse(row, rotation, now),
        _ if rotation.fast_forward => fast_forward(row, rotation, now),
        _ => Decision::unchanged(RotateOutcome::StateRollback { row: Some(row.state.generation) }),
    }
}

/// Who may present the token at all. Asked before anything else, so that a stranger learns
/// nothing of the session and changes nothing.
fn binding(row: &SessionRecord, rotation: &Rotation) -> Option<Refusal> {
    match &rotation.client {
        Some(client) if *client != row.client => return Some(Refusal::OtherClient),
        None if row.policy.client_proof => return Some(Refusal::ClientRequired),
        _ => {}
    }
    let proven = row.cnf.is_none() || row.cnf == rotation.proof;
    (!proven).then_some(Refusal::ProofRequired)
}

/// The first answer, if this very attempt has been carried out before.
fn resent(row: &SessionRecord, rotation: &Rotation, now: Timestamp) -> Option<RotateOutcome> {
    if row.state.attempt != Some(rotation.attempt) {
        return None;
    }
    match row.state.ended {
        Some((_, EndReason::Reused)) => Some(RotateOutcome::Reused(reuse_of(row, rotation, now))),
        // Ended by something else since: that stands above a grant that was never seen.
        Some(_) => None,
        None if now >= row.absolute_expires_at => None,
        None => Some(granted(Granted::Rotated { skew: None }, row, row.state)),
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

fn elapsed(row: &SessionRecord, now: Timestamp) -> Elapsed {
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
fn current(row: &SessionRecord, rotation: &Rotation, since: Elapsed, now: Timestamp) -> Decision {
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
fn parent(row: &SessionRecord, rotation: &Rotation, since: Elapsed, now: Timestamp) -> Decision {
    let policy = &row.policy;
    match since {
        // A window that cannot be measured is closed; that alone is no proof of theft.
        Elapsed::Ahead(ahead) => Decision::refused(Refusal::ClockSkew { ahead }),
        Elapsed::Since(since)
            if !policy.strict
                && (since < policy.retry_window
                    || (row.state.confirmed_at.is_none() && since < policy.retry_after_loss)) =>
        {
            Decision::unchanged(granted(Granted::Replayed, row, row.state))
        }
        Elapsed::Since(_) | Elapsed::Never => reuse(row, rotation, now),
    }
}

fn kept(row: &SessionRecord, now: Timestamp) -> Decision {
    let slid = idle_from(row, now);
    // Written at most every twentieth of the idle time: a busy session costs few writes.
    let worth = slid.saturating_since(row.state.idle_expires_at) >= row.policy.idle / 20;
    if worth && slid > row.state.idle_expires_at {
        Decision::changed(Granted::Kept, row, SessionState { idle_expires_at: slid, ..row.state })
    } else {
        Decision::unchanged(granted(Granted::Kept, row, row.state))
    }
}

fn coalesced(row: &SessionRecord, now: Timestamp) -> Decision {
    if row.state.confirmed_at.is_some() {
        return Decision::unchanged(granted(Granted::Coalesced, row, row.state));
    }
    let confirmed = SessionState { confirmed_at: Some(now), ..row.state };
    Decision::changed(Granted::Coalesced, row, confirmed)
}

fn advance(
    row: &SessionRecord,
    rotation: &Rotation,
    from: u32,
    skew: Option<Duration>,
    now: Timestamp,
) -> Decision {
    // INVARIANT (generation): four billion rotations at one a second outlive the longest
    // absolute deadline a hundred times over; at the end the session refuses to go on.
    let Some(generation) = from.checked_add(1) else {
        return Decision::refused(Refusal::Expired);
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
    Decision::changed(Granted::Rotated { skew }, row, next)
}

/// After a restore: the holder proves with a valid seal that the session had gone further.
fn fast_forward(row: &SessionRecord, rotation: &Rotation, now: Timestamp) -> Decision {
    if now >= row.state.idle_expires_at {
        return Decision::refused(Refusal::Idle);
    }
    advance(row, rotation, rotation.presented, None, now)
}

fn reuse(row: &SessionRecord, rotation: &Rotation, now: Timestamp) -> Decision {
    let ended = SessionState {
        attempt: Some(rotation.attempt),
        ended: Some((now, EndReason::Reused)),
        ..row.state
    };
    Decision { outcome: RotateOutcome::Reused(reuse_of(row, rotation, now)), write: Some(ended) }
}

fn reuse_of(row: &SessionRecord, rotation: &Rotation, now: Timestamp) -> Reuse {
    Reuse {
        session: row.id,
        distance: row.state.generation.saturating_sub(rotation.presented),
        age: row.state.rotated_at.map_or(Duration::ZERO, |at| now.saturating_since(at)),
    }
}

fn idle_from(row: &SessionRecord, now: Timestamp) -> Timestamp {
    (now + row.policy.idle).min(row.absolute_expires_at)
}

fn granted(how: Granted, row: &SessionRecord, state: SessionState) -> RotateOutcome {
    RotateOutcome::Granted { how, session: Box::new(SessionRecord { state, ..row.clone() }) }
}

impl Decision {
    fn unchanged(outcome: RotateOutcome) -> Self {
        Self { outcome, write: None }
    }

    fn refused(why: Refusal) -> Self {
        Self::unchanged(RotateOutcome::Refused(why))
    }

    fn changed(how: Granted, row: &SessionRecord, state: SessionState) -> Self {
        Self { outcome: granted(how, row, state), write: Some(state) }
    }
}
