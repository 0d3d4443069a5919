//! Knows the lines of the decision table that turn on its windows, with both sides of every boundary.
//! Must not know how `decide` comes to its answer.

use std::time::Duration;

use hallpass::store::{Attempt, EndReason, Refusal, Rotation, SessionState, decide};

use super::{Said::*, *};

#[test]
fn rotation_off_keeps_the_token_and_slides_idle_by_twentieths() {
    let step = IDLE / 20;
    let fixed = fixed();
    line(&fixed, &rotation(0), 0, &Kept, &Wrote::Nothing);
    line(&fixed, &rotation(0), step - 1, &Kept, &Wrote::Nothing);
    line(&fixed, &rotation(0), step, &Kept, &Wrote::Slid);
    line(&fixed, &rotation(0), -LOSS, &Kept, &Wrote::Nothing);
    let late = row_with(|row| {
        row.policy.rotation = false;
        row.state = SessionState { generation: 0, rotated_at: None, ..row.state };
        row.state.idle_expires_at = at(ABSOLUTE - step);
    });
    line(&late, &rotation(0), ABSOLUTE - step - 1, &Kept, &Wrote::Slid);
    line(&late, &rotation(0), ABSOLUTE - step, &Refused(Refusal::Idle), &Wrote::Nothing);
}

#[test]
fn the_first_refresh_always_rotates() {
    for strict in [false, true] {
        let first = row_with(|row| {
            row.policy.strict = strict;
            row.state =
                SessionState { generation: 0, rotated_at: None, attempt: None, ..row.state };
        });
        for now in [-LOSS, 0, WINDOW - 1, IDLE - 1] {
            line(&first, &rotation(0), now, &Rotated, &Wrote::Advanced);
        }
    }
}

#[test]
fn invariant_4_the_current_token_coalesces_inside_the_window_and_confirms() {
    for now in [-SKEW, -1, 0, 1, WINDOW - 1] {
        line(&row(), &rotation(5), now, &Coalesced, &Wrote::Confirmed);
        line(&confirmed(), &rotation(5), now, &Coalesced, &Wrote::Nothing);
    }
    line(&row(), &rotation(5), WINDOW, &Rotated, &Wrote::Advanced);
    line(&confirmed(), &rotation(5), WINDOW, &Rotated, &Wrote::Advanced);
    for now in [-SKEW, 0, WINDOW - 1, WINDOW] {
        line(&strict(), &rotation(5), now, &Rotated, &Wrote::Advanced);
    }
}

#[test]
fn invariant_33_a_rotation_never_slides_past_the_absolute_deadline() {
    let row = row_with(|row| row.state.idle_expires_at = at(ABSOLUTE));
    let decision = decide(Some(&row), &rotation(5), at(ABSOLUTE - IDLE + 1));
    assert_eq!(decision.write.unwrap().idle_expires_at, at(ABSOLUTE));
    let decision = decide(Some(&row), &rotation(5), at(ABSOLUTE - IDLE - 1));
    assert_eq!(decision.write.unwrap().idle_expires_at, at(ABSOLUTE - 1));
}

#[test]
fn invariant_6_the_parent_is_answered_exactly_as_long_as_the_table_says() {
    let reused = Reused { distance: 1 };
    for now in [-SKEW, -1, 0, WINDOW - 1] {
        line(&row(), &rotation(4), now, &Replayed, &Wrote::Nothing);
        line(&confirmed(), &rotation(4), now, &Replayed, &Wrote::Nothing);
    }
    // Unconfirmed, a lost answer may be fetched for a day; confirmed, the window is all.
    line(&row(), &rotation(4), WINDOW, &Replayed, &Wrote::Nothing);
    line(&row(), &rotation(4), LOSS - 1, &Replayed, &Wrote::Nothing);
    line(&row(), &rotation(4), LOSS, &reused, &Wrote::Ended);
    line(&confirmed(), &rotation(4), WINDOW, &reused, &Wrote::Ended);
    for now in [-SKEW, 0, WINDOW - 1, WINDOW] {
        line(&strict(), &rotation(4), now, &reused, &Wrote::Ended);
    }
}

#[test]
fn invariant_9_a_short_loss_window_never_cuts_the_fixed_window() {
    let short = row_with(|row| row.policy.retry_after_loss = Duration::ZERO);
    line(&short, &rotation(4), WINDOW - 1, &Replayed, &Wrote::Nothing);
    line(&short, &rotation(4), WINDOW, &Reused { distance: 1 }, &Wrote::Ended);
}

#[test]
fn without_windows_every_second_presentation_is_judged_as_in_strict_mode() {
    let none = row_with(|row| {
        row.policy.retry_window = Duration::ZERO;
        row.policy.retry_after_loss = Duration::ZERO;
    });
    line(&none, &rotation(5), 0, &Rotated, &Wrote::Advanced);
    line(&none, &rotation(4), 0, &Reused { distance: 1 }, &Wrote::Ended);
}

#[test]
fn invariant_38_a_row_ahead_of_the_clock_closes_both_windows() {
    let skewed = -SKEW - 1;
    for row in [row(), confirmed()] {
        line(&row, &rotation(5), skewed, &RotatedAhead(SKEW + 1), &Wrote::Advanced);
        line(&row, &rotation(4), skewed, &ahead(SKEW + 1), &Wrote::Nothing);
    }
    line(&strict(), &rotation(5), skewed, &RotatedAhead(SKEW + 1), &Wrote::Advanced);
    line(&row(), &rotation(4), -LOSS, &ahead(LOSS), &Wrote::Nothing);
    line(&row(), &rotation(3), skewed, &Reused { distance: 2 }, &Wrote::Ended);
}

#[test]
fn invariant_20_a_resent_attempt_gets_its_first_answer_and_writes_nothing() {
    let resend = Rotation { attempt: Attempt::from_bytes([1; 8]), ..rotation(4) };
    for now in [0, WINDOW, LOSS, LOSS + HOUR as i64, IDLE, ABSOLUTE - 1] {
        for row in [row(), confirmed(), strict()] {
            line(&row, &resend, now, &Rotated, &Wrote::Nothing);
        }
    }
    line(&row(), &resend, ABSOLUTE, &Refused(Refusal::Expired), &Wrote::Nothing);
    let reused = row_with(|row| row.state.ended = Some((at(WINDOW), EndReason::Reused)));
    line(&reused, &resend, WINDOW, &Reused { distance: 1 }, &Wrote::Nothing);
}

#[test]
fn invariant_15_deliberate_revocation_beats_a_resent_attempt() {
    let resend = Rotation { attempt: Attempt::from_bytes([1; 8]), ..rotation(4) };
    for reason in [EndReason::SignedOut, EndReason::ClientRevoked, EndReason::OverCap] {
        let ended = row_with(|row| row.state.ended = Some((at(1), reason)));
        line(&ended, &resend, 2, &Refused(Refusal::Ended(reason)), &Wrote::Nothing);
    }
}

#[test]
fn the_defaults_of_the_fixture_are_those_of_the_table() {
    assert_eq!(policy().retry_window, Duration::from_millis(60 * SECOND));
    assert_eq!(policy().max_skew, Duration::from_millis(SKEW as u64));
}
