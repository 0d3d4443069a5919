//! Knows what holds for every row, every token and every instant: invariants 1, 2, 6-10, 33-38.
//! Must not know single cases; the table has those.

use std::time::Duration;

use hallpass::{
    Timestamp,
    store::{
        Attempt, Decision, EndReason, Granted, Refusal, RotateOutcome, Rotation, SessionRecord,
        SessionState, decide,
    },
};
use proptest::prelude::*;

use crate::support::{DAY, HOUR, SECOND, at, row};

/// Instants that matter: near the rotation, near each boundary, and far away on both sides.
fn instants() -> impl Strategy<Value = i64> {
    let edges = [0, 5 * SECOND, 60 * SECOND, DAY, 14 * DAY, 90 * DAY].map(|edge| edge as i64);
    prop_oneof![
        (proptest::sample::select(edges.to_vec()), any::<bool>(), -2_i64..3)
            .prop_map(|(edge, before, by)| if before { by - edge } else { edge + by }),
        -100 * DAY as i64..100 * DAY as i64,
    ]
}

prop_compose! {
    fn rows()(
        generation in 0_u32..6,
        confirmed in any::<bool>(),
        fresh in any::<bool>(),
        ended in proptest::option::weighted(0.1, Just((at(10), EndReason::SignedOut))),
        idle in 1..20 * DAY,
        window in prop_oneof![Just(0), Just(60 * SECOND), 0..2 * HOUR],
        loss in prop_oneof![Just(0), Just(DAY), 0..2 * DAY],
        (rotation, strict) in (proptest::bool::weighted(0.9), proptest::bool::weighted(0.2)),
        attempt in proptest::option::of(0_u8..3),
    ) -> SessionRecord {
        let mut row = row();
        row.policy.rotation = rotation;
        row.policy.strict = strict;
        row.policy.idle = Duration::from_millis(idle);
        row.policy.retry_window = Duration::from_millis(window);
        row.policy.retry_after_loss = Duration::from_millis(loss);
        let rotated = rotation && !(generation == 0 && fresh);
        row.state = SessionState {
            generation: if rotation { generation } else { 0 },
            rotated_at: rotated.then(|| at(0)),
            confirmed_at: confirmed.then(|| at(1)),
            idle_expires_at: at(idle as i64).min(row.absolute_expires_at),
            attempt: attempt.map(|mark| Attempt::from_bytes([mark; 8])),
            ended,
            ..row.state
        };
        row
    }
}

prop_compose! {
    fn rotations()(presented in 0_u32..9, mark in 3_u8..6, key in 0_u8..3) -> Rotation {
        Rotation {
            id: row().id,
            presented,
            client: None,
            proof: None,
            sealing_key: key,
            attempt: Attempt::from_bytes([mark; 8]),
            fast_forward: false,
        }
    }
}

/// The row after a decision.
fn after(row: &SessionRecord, decision: &Decision) -> SessionRecord {
    SessionRecord { state: decision.write.unwrap_or(row.state), ..row.clone() }
}

fn is_granted(decision: &Decision) -> bool {
    matches!(decision.outcome, RotateOutcome::Granted { .. })
}

fn within_skew(row: &SessionRecord, now: Timestamp) -> bool {
    row.state.rotated_at.is_none_or(|at| at.saturating_since(now) <= row.policy.max_skew)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 2000 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariant_1_every_grant_is_for_the_one_generation_of_the_row(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        if let RotateOutcome::Granted { session, .. } = &decision.outcome {
            prop_assert_eq!(&**session, &after(&row, &decision));
            prop_assert!(session.state.ended.is_none());
            // The answer is the successor of what was presented, or what was presented.
            let step = session.state.generation - rotation.presented;
            prop_assert!(step <= 1);
        }
    }

    #[test]
    fn invariant_2_the_generation_moves_by_at_most_one_and_only_for_a_rotation(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        let moved = after(&row, &decision).state.generation - row.state.generation;
        let rotated = matches!(
            decision.outcome,
            RotateOutcome::Granted { how: Granted::Rotated { .. }, .. }
        );
        prop_assert_eq!(moved, u32::from(rotated));
    }

    #[test]
    fn invariant_6_the_grandparent_is_never_granted(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        if rotation.presented + 1 < row.state.generation {
            prop_assert!(!is_granted(&decision));
            if row.state.ended.is_none() && at(now) < row.absolute_expires_at {
                let ended = after(&row, &decision).state.ended;
                prop_assert_eq!(ended, Some((at(now), EndReason::Reused)));
            }
        }
    }

    #[test]
    fn invariant_7_and_37_a_replay_moves_neither_window_nor_idle_deadline(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        match &decision.outcome {
            RotateOutcome::Granted { how: Granted::Replayed, .. } => {
                prop_assert_eq!(decision.write, None);
            }
            RotateOutcome::Granted { how: Granted::Coalesced, .. } => {
                if let Some(state) = decision.write {
                    prop_assert_eq!(SessionState { confirmed_at: None, ..state }, row.state);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn invariant_8_what_was_a_parent_is_stale_after_one_more_rotation(
        row in rows(), rotation in rotations(), now in instants(), later in instants(),
    ) {
        let first = decide(Some(&row), &rotation, at(now));
        let next = after(&row, &first);
        if next.state.generation == row.state.generation + 1 && row.state.generation > 0 {
            let old = Rotation {
                presented: row.state.generation - 1,
                attempt: Attempt::from_bytes([99; 8]),
                ..rotation
            };
            let second = decide(Some(&next), &old, at(later));
            let refused = matches!(second.outcome, RotateOutcome::Refused(Refusal::Expired));
            prop_assert!(refused || matches!(second.outcome, RotateOutcome::Reused(_)));
        }
    }

    #[test]
    fn invariant_9_confirmation_only_shortens_and_never_below_the_window(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let with = |confirmed_at| SessionRecord {
            state: SessionState { confirmed_at, ..row.state },
            ..row.clone()
        };
        let unconfirmed = decide(Some(&with(None)), &rotation, at(now));
        let confirmed = decide(Some(&with(Some(at(1)))), &rotation, at(now));
        if is_granted(&confirmed) {
            prop_assert!(is_granted(&unconfirmed));
        }
        let inside = row.state.rotated_at.is_some_and(|rotated_at| {
            at(now).saturating_since(rotated_at) < row.policy.retry_window
        });
        if is_granted(&unconfirmed) && inside {
            prop_assert!(is_granted(&confirmed));
        }
        // Only a new generation clears it.
        let next = after(&with(Some(at(1))), &confirmed);
        if next.state.generation == row.state.generation {
            prop_assert_eq!(next.state.confirmed_at, Some(at(1)));
        }
    }

    #[test]
    fn invariant_10_a_new_generation_starts_unconfirmed(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let next = after(&row, &decide(Some(&row), &rotation, at(now)));
        if next.state.generation != row.state.generation {
            prop_assert_eq!(next.state.confirmed_at, None);
        }
    }

    #[test]
    fn invariant_33_and_34_deadlines_stay_in_order(
        row in rows(), rotation in rotations(), now in instants(), forward in any::<bool>(),
    ) {
        let rotation = Rotation { fast_forward: forward, ..rotation };
        let decision = decide(Some(&row), &rotation, at(now));
        let next = after(&row, &decision);
        prop_assert!(next.state.idle_expires_at <= row.absolute_expires_at);
        if let RotateOutcome::Granted { session, .. } = &decision.outcome {
            prop_assert_eq!(session.absolute_expires_at, row.absolute_expires_at);
        }
    }

    #[test]
    fn invariant_35_nothing_is_granted_at_or_after_a_deadline(
        row in rows(), rotation in rotations(), now in instants(), forward in any::<bool>(),
    ) {
        let rotation = Rotation { fast_forward: forward, ..rotation };
        let decision = decide(Some(&row), &rotation, at(now));
        if at(now) >= row.absolute_expires_at || at(now) >= row.state.idle_expires_at {
            prop_assert!(!is_granted(&decision));
        }
        if at(now) >= row.absolute_expires_at {
            prop_assert_eq!(decision.write, None);
        }
    }

    #[test]
    fn invariant_36_a_refusal_writes_nothing(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        match decision.outcome {
            RotateOutcome::Refused(_) | RotateOutcome::StateRollback { .. } => {
                prop_assert_eq!(decision.write, None);
            }
            RotateOutcome::Reused(_) => prop_assert!(after(&row, &decision).state.ended.is_some()),
            RotateOutcome::Granted { .. } => {}
        }
    }

    #[test]
    fn invariant_38_a_clock_behind_the_row_opens_no_window(
        row in rows(), rotation in rotations(), now in instants(),
    ) {
        let decision = decide(Some(&row), &rotation, at(now));
        if !within_skew(&row, at(now)) {
            let windowed = matches!(
                decision.outcome,
                RotateOutcome::Granted { how: Granted::Coalesced | Granted::Replayed, .. }
            );
            prop_assert!(!windowed);
        }
        // Ended stays ended, whatever the clock says.
        if row.state.ended.is_some() {
            prop_assert!(!is_granted(&decision) && decision.write.is_none());
        }
    }

    #[test]
    fn invariant_20_the_same_attempt_gets_the_same_answer_and_writes_once(
        row in rows(), rotation in rotations(), now in instants(), wait in 0..30_000_i64,
    ) {
        let first = decide(Some(&row), &rotation, at(now));
        let next = after(&row, &first);
        if first.write.is_none() || at(now + wait) >= row.absolute_expires_at {
            return Ok(());
        }
        let again = decide(Some(&next), &rotation, at(now + wait));
        match (&first.outcome, &again.outcome) {
            (
                RotateOutcome::Granted { how: Granted::Rotated { .. }, session: one },
                RotateOutcome::Granted { how: Granted::Rotated { .. }, session: two },
            ) => {
                prop_assert_eq!(one, two);
                prop_assert_eq!(again.write, None);
            }
            (RotateOutcome::Reused(one), RotateOutcome::Reused(two)) => {
                prop_assert_eq!((one.session, one.distance), (two.session, two.distance));
                prop_assert_eq!(again.write, None);
            }
            (
                RotateOutcome::Granted { how: Granted::Coalesced | Granted::Kept, session: one },
                RotateOutcome::Granted { session: two, .. },
            ) => prop_assert!(two.state.generation - one.state.generation <= 1),
            // A row that idles out, or is left by a short window, between the two calls.
            (RotateOutcome::Granted { .. }, RotateOutcome::Refused(Refusal::Idle)) => {}
            (one, two) => prop_assert!(false, "{one:?} became {two:?}"),
        }
    }
}
