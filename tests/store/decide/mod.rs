//! Knows how to compare one line of the decision table with `decide`: answer, and whole state.
//! Must not know how `decide` comes to its answer.

mod grants;
mod properties;
mod refusals;

use std::time::Duration;

use hallpass::{
    Timestamp,
    store::{
        EndReason, Granted, Refusal, Reuse, RotateOutcome, Rotation, SessionRecord, SessionState,
        decide,
    },
};

use crate::support::{DAY, HOUR, SECOND, at, policy, rotation, row, row_with};

pub(super) const WINDOW: i64 = 60_000;
pub(super) const LOSS: i64 = DAY as i64;
pub(super) const IDLE: i64 = 14 * DAY as i64;
pub(super) const ABSOLUTE: i64 = 90 * DAY as i64;
pub(super) const SKEW: i64 = 5_000;

/// What a line of the table answers, in the words of the table.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Rotated,
    RotatedAhead(i64),
    Coalesced,
    Replayed,
    Kept,
    Reused { distance: u32 },
    Rollback(Option<u32>),
    Refused(Refusal),
}
use Said::*;

/// What a line of the table writes.
#[derive(Debug, PartialEq)]
pub(super) enum Wrote {
    Nothing,
    Confirmed,
    Advanced,
    Slid,
    Ended,
}

/// Decides, and compares answer and state with the line.
#[track_caller]
pub(super) fn line(
    row: &SessionRecord,
    rotation: &Rotation,
    millis: i64,
    said: &Said,
    wrote: &Wrote,
) {
    let now = at(millis);
    let decision = decide(Some(row), rotation, now);
    let answer = match &decision.outcome {
        RotateOutcome::Granted { how, session } => {
            let state = decision.write.unwrap_or(row.state);
            assert_eq!(**session, SessionRecord { state, ..row.clone() }, "granted another row");
            match how {
                Granted::Rotated { skew: None } => Rotated,
                Granted::Rotated { skew: Some(by) } => RotatedAhead(by.as_millis() as i64),
                Granted::Coalesced => Coalesced,
                Granted::Replayed => Replayed,
                Granted::Kept => Kept,
            }
        }
        RotateOutcome::Refused(why) => Refused(*why),
        RotateOutcome::Reused(reuse) => {
            let age = now.saturating_since(row.state.rotated_at.unwrap_or(now));
            let distance = reuse.distance;
            assert_eq!(*reuse, Reuse { session: row.id, distance, age });
            Reused { distance }
        }
        RotateOutcome::StateRollback { row } => Rollback(*row),
    };
    assert_eq!(answer, *said);
    assert_eq!(decision.write, expected_state(row, rotation, now, wrote));
}

/// The whole state a write leaves: a field that is not named here may not change.
fn expected_state(
    row: &SessionRecord,
    rotation: &Rotation,
    now: Timestamp,
    wrote: &Wrote,
) -> Option<SessionState> {
    let slid = (now + row.policy.idle).min(row.absolute_expires_at);
    match wrote {
        Wrote::Nothing => None,
        Wrote::Confirmed => Some(SessionState { confirmed_at: Some(now), ..row.state }),
        Wrote::Slid => Some(SessionState { idle_expires_at: slid, ..row.state }),
        Wrote::Advanced => Some(SessionState {
            generation: rotation.presented + 1,
            sealing_key: rotation.sealing_key,
            attempt: Some(rotation.attempt),
            rotated_at: Some(now),
            confirmed_at: None,
            idle_expires_at: slid,
            ended: None,
        }),
        Wrote::Ended => Some(SessionState {
            attempt: Some(rotation.attempt),
            ended: Some((now, EndReason::Reused)),
            ..row.state
        }),
    }
}

pub(super) fn confirmed() -> SessionRecord {
    row_with(|row| row.state.confirmed_at = Some(at(1)))
}

pub(super) fn strict() -> SessionRecord {
    row_with(|row| row.policy.strict = true)
}

pub(super) fn fixed() -> SessionRecord {
    row_with(|row| {
        row.policy.rotation = false;
        row.state = SessionState { generation: 0, rotated_at: None, attempt: None, ..row.state };
    })
}

pub(super) fn ahead(millis: i64) -> Said {
    Refused(Refusal::ClockSkew { ahead: Duration::from_millis(millis as u64) })
}
