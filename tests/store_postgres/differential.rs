//! Knows that the decision in SQL is the decision of `decide`, line by line and at every boundary.
//! Must not know either of them.

use std::{sync::Arc, time::Duration};

use hallpass::{
    Timestamp,
    id::ClientId,
    store::{
        Attempt, EndReason, PostgresStore, ProofKey, RotateOutcome, Rotation, SessionRecord,
        SessionStore, decide,
    },
};

use crate::bed::{MINUTE, fresh, now, rotation, session};

/// A small generator of the same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

fn shifted(now: Timestamp, millis: i64) -> Timestamp {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { now - by } else { now + by }
}

/// A row and a presentation of it, near the boundaries of the table.
fn case(dice: &mut Dice, number: u64, now: Timestamp) -> (SessionRecord, Rotation) {
    let mut row = session(number, now - MINUTE * 60 * 24 * 30);
    let policy = &mut row.policy;
    policy.retry_window = dice.of(&[MINUTE, Duration::from_micros(1_500), Duration::ZERO]);
    policy.retry_after_loss = dice.of(&[MINUTE * 60, MINUTE, Duration::from_micros(2_500)]);
    policy.idle = dice.of(&[MINUTE * 20, Duration::from_micros(20_010), Duration::from_secs(1)]);
    policy.max_skew = dice.of(&[Duration::from_secs(5), Duration::from_micros(1_500)]);
    policy.rotation = dice.below(4) > 0;
    policy.strict = dice.below(4) == 0;
    policy.client_proof = dice.below(3) == 0;
    let ms = |of: Duration| i64::try_from(of.as_millis()).unwrap();
    let (window, loss, skew, idle) = (
        ms(policy.retry_window),
        ms(policy.retry_after_loss),
        ms(policy.max_skew),
        ms(policy.idle),
    );
    let near = |at: i64| [at - 1, at, at + 1];
    let mut rotated = vec![0, 1];
    rotated.extend([near(window), near(loss)].concat().iter().map(|since| -since));
    rotated.extend(near(skew));
    let state = &mut row.state;
    state.rotated_at = (dice.below(8) > 0).then(|| shifted(now, dice.of(&rotated)));
    state.confirmed_at = (dice.below(2) == 0).then(|| now - MINUTE);
    let steps = [idle - idle / 20 - 1, idle - idle / 20, idle - idle / 20 + 1, idle, idle + 1];
    let absolute = dice.of(&[-1, 0, 1, idle / 2, idle, 86_400_000, 86_400_000, 86_400_000]);
    row.absolute_expires_at = shifted(now, absolute);
    let idles = [&[-1, 0, 1][..], &steps, &steps].concat();
    state.idle_expires_at = shifted(now, dice.of(&idles));
    state.generation = dice.of(&[0, 1, 2, 3, 40, u32::MAX - 1, u32::MAX]);
    state.sealing_key = dice.of(&[0, 7, 255]);
    let ended = [EndReason::Reused, EndReason::SignedOut, EndReason::SubjectRevoked];
    state.ended = (dice.below(6) == 0).then(|| (shifted(now, -5), dice.of(&ended)));
    let jkt = ProofKey::Jkt("thumb".into());
    let x5t = ProofKey::X5tS256("thumb".into());
    row.cnf = dice.of(&[None, None, Some(jkt.clone())]);
    let behind = dice.of(&[-2_i64, -1, 0, 0, 0, 1, 1, 1, 2, 5]);
    let presented = (i64::from(state.generation) - behind).clamp(0, i64::from(u32::MAX));
    let mut presentation = rotation(row.id, u32::try_from(presented).unwrap());
    let other = ClientId::parse("other").unwrap();
    let own = presentation.client.clone();
    presentation.client = dice.of(&[own.clone(), own.clone(), own, None, None, Some(other)]);
    presentation.proof = dice.of(&[None, Some(jkt.clone()), Some(jkt), Some(x5t)]);
    presentation.fast_forward = dice.below(2) == 0;
    let unlike = Attempt::from_bytes([9; 8]);
    state.attempt = dice.of(&[None, Some(unlike), Some(unlike), Some(presentation.attempt)]);
    (row, presentation)
}

async fn compare(store: &PostgresStore, row: SessionRecord, presented: Rotation, now: Timestamp) {
    let expected = decide(Some(&row), &presented, now);
    let outcome = store.rotate_session(&presented, now).await.unwrap();
    assert_eq!(outcome, expected.outcome, "{row:?} {presented:?}");
    let after = store.find_session(&row.id).await.unwrap().unwrap();
    let state = expected.write.unwrap_or(row.state);
    assert_eq!(after, SessionRecord { state, ..row }, "{presented:?}");
}

/// One after the other: the statement for one command.
#[tokio::test]
async fn one_command_is_decided_as_decide_does() {
    let (store, now) = (fresh().await, now());
    let mut dice = Dice(7);
    for number in 0..1_500 {
        let (row, presented) = case(&mut dice, number, now);
        store.insert_session(&row).await.unwrap();
        compare(&store, row, presented, now).await;
    }
    let unknown = rotation(session(1_000_000, now).id, 3);
    let outcome = store.rotate_session(&unknown, now).await.unwrap();
    assert_eq!(outcome, RotateOutcome::StateRollback { row: None });
}

/// A hundred at once: the statement for many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_decided_as_decide_does() {
    let (store, now) = (Arc::new(fresh().await), now());
    let mut dice = Dice(11);
    for round in 0..15_u64 {
        let before = store.statements_sent();
        let mut cases = Vec::new();
        for number in 0..100 {
            let (row, presented) = case(&mut dice, round * 100 + number, now);
            store.insert_session(&row).await.unwrap();
            cases.push((row, presented));
        }
        let tasks: Vec<_> = cases
            .into_iter()
            .map(|(row, presented)| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { compare(&store, row, presented, now).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        // Inserts and looks, one each; the rotations took fewer.
        assert!(store.statements_sent() - before < 300, "nothing was taken together");
    }
}
