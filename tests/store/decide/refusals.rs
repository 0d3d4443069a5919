//! Knows the lines of the decision table that give nothing, with both sides of every boundary.
//! Must not know how `decide` comes to its answer.

use hallpass::{
    id::ClientId,
    store::{Attempt, EndReason, ProofKey, Refusal, RotateOutcome, Rotation, decide},
};

use super::{Said::*, *};

#[test]
fn invariant_14_an_ended_session_gives_nothing_at_any_generation_or_instant() {
    for reason in [EndReason::SignedOut, EndReason::Reused, EndReason::SubjectRevoked] {
        let ended = row_with(|row| row.state.ended = Some((at(10), reason)));
        for presented in [0, 4, 5, 6] {
            for now in [-ABSOLUTE, -SKEW, 0, 10, 11, WINDOW, LOSS, IDLE, ABSOLUTE] {
                let said = Refused(Refusal::Ended(reason));
                line(&ended, &rotation(presented), now, &said, &Wrote::Nothing);
            }
        }
    }
}

#[test]
fn invariant_35_the_absolute_deadline_counts_as_expired() {
    let row = row_with(|row| row.state.idle_expires_at = row.absolute_expires_at);
    let expired = Refused(Refusal::Expired);
    for presented in [0, 4, 5, 6] {
        line(&row, &rotation(presented), ABSOLUTE, &expired, &Wrote::Nothing);
        line(&row, &rotation(presented), ABSOLUTE + 1, &expired, &Wrote::Nothing);
    }
    line(&row, &rotation(5), ABSOLUTE - 1, &Rotated, &Wrote::Advanced);
}

#[test]
fn invariant_23_another_client_changes_nothing() {
    let other = |presented| Rotation {
        client: Some(ClientId::parse("other").unwrap()),
        ..rotation(presented)
    };
    let ended = row_with(|row| row.state.ended = Some((at(1), EndReason::SignedOut)));
    for row in [row(), strict(), fixed(), ended] {
        for presented in [0, 4, 5, 6] {
            let said = Refused(Refusal::OtherClient);
            line(&row, &other(presented), 0, &said, &Wrote::Nothing);
        }
    }
    let own = Rotation { client: Some(row().client), ..rotation(5) };
    line(&row(), &own, 0, &Coalesced, &Wrote::Confirmed);
}

#[test]
fn invariant_27_a_confidential_client_proves_itself_on_replays_too() {
    let row = row_with(|row| row.policy.client_proof = true);
    for presented in [0, 4, 5, 6] {
        let said = Refused(Refusal::ClientRequired);
        line(&row, &rotation(presented), 0, &said, &Wrote::Nothing);
    }
    let own = Rotation { client: Some(row.client.clone()), ..rotation(4) };
    line(&row, &own, 0, &Replayed, &Wrote::Nothing);
    // The very attempt that rotated the row is no proof either.
    let resent = Rotation { attempt: Attempt::from_bytes([1; 8]), ..rotation(4) };
    line(&row, &resent, 0, &Refused(Refusal::ClientRequired), &Wrote::Nothing);
}

#[test]
fn invariant_25_a_bound_session_without_its_proof_changes_nothing() {
    let key = ProofKey::Jkt("thumbprint".to_owned());
    let row = row_with(|row| row.cnf = Some(key.clone()));
    let others = [
        None,
        Some(ProofKey::Jkt("another".to_owned())),
        Some(ProofKey::X5tS256("thumbprint".to_owned())),
    ];
    for proof in others {
        for presented in [0, 4, 5, 6] {
            let unproven = Rotation { proof: proof.clone(), ..rotation(presented) };
            line(&row, &unproven, 0, &Refused(Refusal::ProofRequired), &Wrote::Nothing);
        }
    }
    let proven = Rotation { proof: Some(key.clone()), ..rotation(5) };
    line(&row, &proven, WINDOW, &Rotated, &Wrote::Advanced);
    let free = Rotation { proof: Some(key), ..rotation(5) };
    line(&self::row(), &free, WINDOW, &Rotated, &Wrote::Advanced);
}

#[test]
fn invariant_18_a_missing_row_is_lost_state_and_never_a_fresh_session() {
    for fast_forward in [false, true] {
        let rotation = Rotation { fast_forward, ..rotation(0) };
        let decision = decide(None, &rotation, at(0));
        assert_eq!(decision.outcome, RotateOutcome::StateRollback { row: None });
        assert_eq!(decision.write, None);
    }
}

#[test]
fn invariant_36_current_and_parent_idle_out_at_the_deadline_without_a_write() {
    for presented in [4, 5] {
        let idle = Refused(Refusal::Idle);
        line(&row(), &rotation(presented), IDLE, &idle, &Wrote::Nothing);
        line(&row(), &rotation(presented), IDLE + 1, &idle, &Wrote::Nothing);
    }
    line(&row(), &rotation(5), IDLE - 1, &Rotated, &Wrote::Advanced);
    line(&row(), &rotation(4), IDLE - 1, &Reused { distance: 1 }, &Wrote::Ended);
    let idle = row_with(|row| row.state.idle_expires_at = at(100));
    line(&idle, &rotation(4), 99, &Replayed, &Wrote::Nothing);
    line(&idle, &rotation(4), 100, &Refused(Refusal::Idle), &Wrote::Nothing);
}

#[test]
fn invariant_36_a_stale_token_is_reuse_even_when_the_session_idles() {
    for now in [IDLE - 1, IDLE, IDLE + 1, ABSOLUTE - 1] {
        line(&row(), &rotation(3), now, &Reused { distance: 2 }, &Wrote::Ended);
    }
    line(&row(), &rotation(3), ABSOLUTE, &Refused(Refusal::Expired), &Wrote::Nothing);
}

#[test]
fn invariant_8_a_grandparent_is_stale_regardless_of_clocks() {
    for now in [-ABSOLUTE, -SKEW - 1, -SKEW, 0, 1, WINDOW, LOSS, IDLE, ABSOLUTE - 1] {
        for row in [row(), confirmed(), strict()] {
            line(&row, &rotation(3), now, &Reused { distance: 2 }, &Wrote::Ended);
            line(&row, &rotation(0), now, &Reused { distance: 5 }, &Wrote::Ended);
        }
    }
}

#[test]
fn invariant_19_a_token_ahead_of_the_row_changes_nothing() {
    for presented in [6, 7, u32::MAX] {
        for now in [-ABSOLUTE, 0, WINDOW, IDLE] {
            line(&row(), &rotation(presented), now, &Rollback(Some(5)), &Wrote::Nothing);
        }
    }
}

#[test]
fn fast_forward_moves_the_row_past_the_presented_token_if_it_does_not_idle() {
    let forward = |presented| Rotation { fast_forward: true, ..rotation(presented) };
    line(&row(), &forward(6), 0, &Rotated, &Wrote::Advanced);
    line(&row(), &forward(900), 0, &Rotated, &Wrote::Advanced);
    line(&row(), &forward(900), IDLE - 1, &Rotated, &Wrote::Advanced);
    line(&row(), &forward(900), IDLE, &Refused(Refusal::Idle), &Wrote::Nothing);
    line(&row(), &forward(u32::MAX), 0, &Refused(Refusal::Expired), &Wrote::Nothing);
    // It opens nothing for tokens that are not ahead.
    line(&row(), &forward(5), 0, &Coalesced, &Wrote::Confirmed);
    line(&row(), &forward(3), 0, &Reused { distance: 2 }, &Wrote::Ended);
}

#[test]
fn invariant_2_the_last_generation_refuses_to_go_on() {
    let last = row_with(|row| row.state.generation = u32::MAX);
    let said = Refused(Refusal::Expired);
    line(&last, &rotation(u32::MAX), WINDOW, &said, &Wrote::Nothing);
    line(&last, &rotation(u32::MAX - 1), 0, &Replayed, &Wrote::Nothing);
}
