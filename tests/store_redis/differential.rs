//! `scripts/rotate_session.lua` against `decide`: random rows and presentations, every boundary
//! of every window among them.

use std::time::Duration;

use hallpass::{
    Timestamp,
    id::ClientId,
    store::{
        Attempt, EndReason, InsertOutcome, ProofKey, RevocationStore as _, Rotation, SessionPolicy,
        SessionRecord, SessionState, SessionStore as _, decide,
    },
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::support::{now, session, session_id, store};

const UNIT: u64 = 1_000;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A number near one that decides something.
fn near(point: u64) -> impl Strategy<Value = u64> {
    (0..=2u64).prop_map(move |off| (point + off).saturating_sub(1))
}

fn policies() -> impl Strategy<Value = SessionPolicy> {
    let window = prop_oneof![Just(0), Just(60 * UNIT), Just(600 * UNIT)];
    let loss = prop_oneof![Just(0), Just(60 * UNIT), Just(3_600 * UNIT)];
    let idle = prop_oneof![Just(20), Just(39), Just(1_000 * UNIT), Just(100_000 * UNIT)];
    let skew = prop_oneof![Just(0), Just(5 * UNIT)];
    (window, loss, idle, skew, any::<[bool; 3]>()).prop_map(|(window, loss, idle, skew, flags)| {
        SessionPolicy {
            access_lifetime: millis(600 * UNIT),
            retry_window: millis(window),
            retry_after_loss: millis(loss),
            idle: millis(idle),
            max_skew: millis(skew),
            rotation: flags[0],
            strict: flags[1],
            client_proof: flags[2],
        }
    })
}

/// Times since or until `now`, in milliseconds: positive is ahead.
fn offsets(policy: SessionPolicy) -> impl Strategy<Value = i64> {
    let points = [
        policy.retry_window,
        policy.retry_after_loss,
        policy.max_skew,
        policy.idle,
        policy.idle / 20,
    ];
    let signed = |(value, ahead): (u64, bool)| {
        let value = i64::try_from(value).unwrap();
        if ahead { value } else { -value }
    };
    let near_any = (0..points.len())
        .prop_flat_map(move |which| near(u64::try_from(points[which].as_millis()).unwrap()));
    let value = prop_oneof![4 => near_any, 1 => 0..200_000 * UNIT, 1 => Just(0)];
    (value, any::<bool>()).prop_map(signed)
}

fn shifted(at: Timestamp, by: i64) -> Timestamp {
    let to = i64::try_from(at.as_unix_millis()).unwrap() + by;
    Timestamp::from_unix_millis(u64::try_from(to).unwrap())
}

#[derive(Debug, Clone)]
struct Case {
    row: SessionRecord,
    rotation: Rotation,
    now: Timestamp,
}

fn cases() -> impl Strategy<Value = Case> {
    policies().prop_flat_map(|policy| {
        let times = (
            proptest::option::of(offsets(policy)),
            proptest::option::of(offsets(policy)),
            offsets(policy),
            offsets(policy),
        );
        let generation = prop_oneof![
            8 => 0..6u32,
            1 => (0..3u32).prop_map(|below| u32::MAX - below),
        ];
        let marks = (0..4u8, 0..9u8, 0..3u8, 0..3u8, 0..8u8, 0..24u8);
        (times, generation, -3..=3i64, marks, any::<bool>()).prop_map(
            move |(times, generation, behind, marks, fast_forward)| {
                case(policy, times, generation, behind, marks, fast_forward)
            },
        )
    })
}

type Times = (Option<i64>, Option<i64>, i64, i64);

fn case(
    policy: SessionPolicy,
    (rotated, confirmed, idle, absolute): Times,
    generation: u32,
    behind: i64,
    (attempt, client, cnf, proof, zone, ended): (u8, u8, u8, u8, u8, u8),
    fast_forward: bool,
) -> Case {
    let now = now();
    let keys = [
        None,
        Some(ProofKey::Jkt("thumb".to_owned())),
        Some(ProofKey::X5tS256("thumb".to_owned())),
    ];
    let clients = [None, ClientId::parse("web").ok(), ClientId::parse("other").ok()];
    let reasons = [EndReason::Reused, EndReason::SignedOut, EndReason::ClientRevoked];
    let absolute = shifted(now, absolute.max(-1_000_000));
    let idle = shifted(now, idle);
    let row = SessionRecord {
        // Born long enough ago for the deadlines, so that the server keeps the row meanwhile.
        id: session_id(now - Duration::from_secs(86_400)),
        cnf: keys[usize::from(if zone == 0 { cnf } else { 0 })].clone(),
        policy,
        absolute_expires_at: if zone == 1 { absolute } else { now + Duration::from_secs(864_000) },
        state: SessionState {
            generation,
            sealing_key: 7,
            attempt: (attempt > 0).then(|| Attempt::from_bytes([attempt.min(2); 8])),
            rotated_at: rotated.map(|by| shifted(now, by)),
            confirmed_at: confirmed.map(|by| shifted(now, by)),
            idle_expires_at: if zone > 2 { now + Duration::from_secs(8_640) } else { idle },
            ended: reasons.get(usize::from(ended)).map(|reason| (now, *reason)),
        },
        ..session("ada", now)
    };
    let presented = u32::try_from((i64::from(generation) - behind).max(0)).unwrap_or(u32::MAX);
    let rotation = Rotation {
        id: row.id,
        presented,
        client: clients[if client > 2 { 1 } else { usize::from(client) }].clone(),
        proof: keys[usize::from(proof)].clone(),
        sealing_key: 9,
        attempt: Attempt::from_bytes([1 + (attempt % 2); 8]),
        fast_forward,
    };
    Case { row, rotation, now }
}

/// Invariants 1-21 are `decide`'s; this holds the script to it, the answer and the row after it.
#[test]
fn every_answer_and_every_row_is_that_of_decide() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store());
    let mut seen = std::collections::HashMap::<String, u32>::new();
    let config = Config { cases: 8_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let counted = std::cell::RefCell::new(&mut seen);
    runner
        .run(&cases(), |Case { row, rotation, now }| {
            let (outcome, after) = runtime.block_on(async {
                assert_eq!(store.insert_session(&row).await.unwrap(), InsertOutcome::Inserted);
                let outcome = store.rotate_session(&rotation, now).await.unwrap();
                let after = store.find_session(&row.id).await.unwrap();
                (outcome, after)
            });
            let decision = decide(Some(&row), &rotation, now);
            prop_assert_eq!(&outcome, &decision.outcome);
            let state = decision.write.unwrap_or(row.state);
            prop_assert_eq!(after, Some(SessionRecord { state, ..row }));
            let kind: String =
                format!("{outcome:?}").chars().filter(|c| !c.is_ascii_digit()).take(26).collect();
            *counted.borrow_mut().entry(kind).or_default() += 1;
            Ok(())
        })
        .unwrap();
    // Every line of the table was met.
    for line in [
        "Granted { how: Rotated",
        "Granted { how: Coalesced",
        "Granted { how: Replayed",
        "Granted { how: Kept",
        "Refused(Ended",
        "Refused(Expired",
        "Refused(Idle",
        "Refused(OtherClient",
        "Refused(ClientRequired",
        "Refused(ProofRequired",
        "Refused(ClockSkew",
        "Reused(",
        "StateRollback",
    ] {
        let met: u32 = seen.iter().filter(|(k, _)| k.starts_with(line)).map(|(_, n)| n).sum();
        assert!(met >= 20, "`{line}` was met {met} times: {seen:?}");
    }
    let records = runtime.block_on(async {
        use hallpass::store::RevocationFeed as _;
        let mut found = 0;
        let mut cursor = None;
        loop {
            let page = store.read_revocations(cursor.as_ref(), 1_000).await.unwrap();
            found += page.records.len();
            if page.complete {
                return found;
            }
            cursor = Some(page.cursor);
        }
    });
    assert!(records > 0, "a reuse writes its record in the same step");
    runtime.block_on(store.prune_revocations(now() + Duration::from_secs(864_000), 10)).unwrap();
}
