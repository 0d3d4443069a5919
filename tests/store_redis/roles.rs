//! The roles of an authorization server, held to the memory store on random histories, and to one
//! winner where many call at once (invariants 47, 68, 71).

use std::{sync::Arc, time::Duration};

use hallpass::{
    Scope, Timestamp,
    id::{ClientId, KeyId, Subject},
    key::KeyTimes,
    store::{
        Attempt, ClientRecord, ClientStore as _, CodeRecord, CodeStore as _, ConsentRecord,
        EndReason, HashedSecret, MemoryStore, Owner, Reach, RedeemOutcome, Redemption,
        ReplaceOutcome, ReplayStore as _, RevocationFeed, ServerStore, SessionRecord,
        SessionStore as _, SigningKeyRecord, SigningKeySet, SigningKeyStore as _, Target,
    },
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::support::{now, seconds, session, session_id, store};

const CLIENTS: [&str; 3] = ["web", "app one", "zeta"];
const SUBJECTS: [&str; 2] = ["ada", "eve x"];
const SCOPES: [&str; 3] = ["invoice:*:read", "invoice:7:read", "invoice:*:read report:*:read"];

fn client(which: u8) -> ClientId {
    ClientId::parse(CLIENTS[usize::from(which) % 3]).unwrap()
}

fn subject(which: u8) -> Subject {
    Subject::parse(SUBJECTS[usize::from(which) % 2]).unwrap()
}

fn code_id(which: u8, base: Timestamp) -> [u8; 18] {
    let mut id = [which % 6; 18];
    id[..6].copy_from_slice(&base.as_unix_millis().to_be_bytes()[2..]);
    id
}

fn code(which: u8, owner: u8, sessions: &[SessionRecord], base: Timestamp) -> CodeRecord {
    let session = &sessions[usize::from(which % 6)];
    CodeRecord {
        id: code_id(which, base),
        redirect_uri: "https://app.example/cb".to_owned(),
        challenge: "challenge".to_owned(),
        expires_at: base + seconds(60),
        session: SessionRecord {
            client: client(owner),
            subject: subject(owner),
            ..session.clone()
        },
        extra: r#"{"nonce":"n"}"#.to_owned(),
        used: None,
    }
}

/// One call, with small numbers that choose its arguments.
type Step = (u8, u8, u8, u8);

/// What a store answers, as text; the same text for the same answer.
async fn apply<S: ServerStore>(
    store: &S,
    (what, a, b, c): Step,
    sessions: &[SessionRecord],
    base: Timestamp,
) -> String {
    let now = base + Duration::from_secs(u64::from(c) * 10);
    let settings = |version| ClientRecord {
        id: client(a),
        version,
        settings: format!("{{\"n\":{b}}}"),
        secrets: vec![HashedSecret { hash: [b; 32], expires_at: (c % 2 == 0).then_some(now) }],
        disabled_at: (b % 4 == 0).then_some(now),
    };
    let consent = ConsentRecord {
        subject: subject(b),
        client: client(a),
        scope: Scope::parse(SCOPES[usize::from(c) % 3]).unwrap(),
        given_at: now,
    };
    let keys = |version| SigningKeySet {
        version,
        keys: vec![SigningKeyRecord {
            kid: KeyId::parse(&format!("kid {b}")).unwrap(),
            public_jwk: "{}".to_owned(),
            sealed_private: vec![a, b, c],
            times: KeyTimes::published(now),
        }],
    };
    match what % 17 {
        0 => format!("{:?}", store.insert_client(&settings(9), now).await.unwrap()),
        1 => format!("{:?}", store.find_client(&client(a)).await.unwrap()),
        2 => {
            let after = (c % 2 == 0).then(|| client(b));
            format!("{:?}", store.list_clients(after.as_ref(), u32::from(b % 4)).await.unwrap())
        }
        3 => {
            let known = store.find_client(&client(a)).await.unwrap().map_or(1, |k| k.version);
            let version = if b % 5 == 0 { known + 1 } else { known };
            format!("{:?}", store.replace_client(&settings(version), now).await.unwrap())
        }
        4 if b == 0 => format!("{:?}", store.remove_client(&client(a), now).await.unwrap()),
        4 | 5 => {
            // Mostly what is there, as a caller reads it.
            let found = store.find_consent(&consent.subject, &consent.client).await.unwrap();
            let before = found.map(|found| found.scope).filter(|_| c % 7 != 0);
            format!("{:?}", store.put_consent(&consent, before.as_ref(), now).await.unwrap())
        }
        6 => format!("{:?}", store.find_consent(&subject(b), &client(a)).await.unwrap()),
        7 => {
            let after = (c % 2 == 0).then(|| client(a));
            let found = store.list_consents(&subject(b), after.as_ref(), u32::from(c % 4)).await;
            format!("{:?}", found.unwrap())
        }
        8 if c % 3 == 0 => {
            format!("{:?}", store.withdraw_consent(&subject(b), &client(a), now).await.unwrap())
        }
        8 | 9 => {
            format!("{:?}", store.insert_code(&code(a, b, sessions, base)).await.unwrap())
        }
        10..=12 => {
            let redemption = Redemption {
                id: code_id(a, base),
                client: client(b),
                redirect_uri: "https://app.example/cb".to_owned(),
                challenge: if c == 5 { "wrong" } else { "challenge" }.to_owned(),
                attempt: Attempt::from_bytes([b % 4; 8]),
            };
            format!("{:?}", store.redeem_code(&redemption, now).await.unwrap())
        }
        13 => {
            let attempt = Attempt::from_bytes([b; 8]);
            let until = base + seconds(30);
            format!("{:?}", store.consume_once(&[a; 32], attempt, until, now).await.unwrap())
        }
        14 => {
            let pruned = store.prune_codes(now, 100).await.unwrap();
            format!("{pruned} {}", store.prune_replays(now, 100).await.unwrap())
        }
        15 => {
            let known = store.load_signing_keys().await.unwrap();
            let version = known.version + u64::from(b % 4 == 0);
            let withdrawn = [KeyId::parse("old").unwrap(), KeyId::parse("older").unwrap()];
            let withdrawn = &withdrawn[..usize::from(c % 3)];
            let done = store.replace_signing_keys(&keys(version), withdrawn, now).await.unwrap();
            format!("{known:?} {done}")
        }
        _ => {
            let owner = Owner::Subject(subject(b));
            let reason = EndReason::SubjectRevoked;
            let counts = store.revoke_owner(&owner, Reach::Everything, reason, now).await.unwrap();
            let mut found = Vec::new();
            for session in sessions {
                found.push(store.find_session(&session.id).await.unwrap());
            }
            format!("{counts:?} {found:?}")
        }
    }
}

async fn feed<S: RevocationFeed>(store: &S) -> String {
    // Records of one step may come in any order.
    let records = store.read_revocations(None, 10_000).await.unwrap().records;
    let mut texts: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
    texts.sort();
    texts.join("\n")
}

#[test]
fn every_answer_and_the_feed_are_those_of_the_memory_store() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let steps = proptest::collection::vec((0..17u8, 0..6u8, 0..6u8, 0..8u8), 1..60);
    TestRunner::new(config)
        .run(&steps, |steps| {
            runtime.block_on(async {
                let (redis, memory) = (store().await, MemoryStore::new());
                let base = now();
                let sessions: Vec<_> = (0..6)
                    .map(|_| SessionRecord { id: session_id(base), ..session("ada", base) })
                    .collect();
                for (number, step) in steps.iter().enumerate() {
                    let theirs = apply(&memory, *step, &sessions, base).await;
                    let ours = apply(&redis, *step, &sessions, base).await;
                    prop_assert_eq!(ours, theirs, "step {} of {:?}", number, &steps);
                }
                prop_assert_eq!(feed(&redis).await, feed(&memory).await);
                Ok(())
            })
        })
        .unwrap();
}

async fn race<T, F>(count: u8, work: impl Fn(u8) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(tokio::sync::Barrier::new(usize::from(count)));
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (start, work) = (Arc::clone(&start), work(number));
            tokio::spawn(async move {
                start.wait().await;
                work.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_redemptions_one_opens_the_session_and_a_replay_ends_it() {
    let store = store().await;
    let base = now();
    let sessions: Vec<_> = (0..6).map(|_| session("ada", base)).collect();
    let code = code(1, 0, &sessions, base);
    assert!(store.insert_code(&code).await.unwrap());
    let outcomes = race(100, |number| {
        let (store, code) = (store.clone(), code.clone());
        async move {
            let redemption = Redemption {
                id: code.id,
                client: code.session.client,
                redirect_uri: code.redirect_uri,
                challenge: code.challenge,
                attempt: Attempt::from_bytes([number; 8]),
            };
            store.redeem_code(&redemption, base).await.unwrap()
        }
    })
    .await;
    let won = outcomes.iter().filter(|o| matches!(o, RedeemOutcome::Redeemed(_))).count();
    let replayed = outcomes.iter().filter(|o| matches!(o, RedeemOutcome::Replayed { .. })).count();
    assert_eq!((won, replayed), (1, 99));
    let opened = store.find_session(&code.session.id).await.unwrap().unwrap();
    assert!(matches!(opened.state.ended, Some((_, EndReason::CodeReplayed))));
    let records = store.read_revocations(None, 1_000).await.unwrap().records;
    let of_session =
        |r: &&hallpass::store::RevocationRecord| r.target == Target::Session(opened.id);
    assert_eq!(records.iter().filter(of_session).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_one_uses_a_value_up_one_changes_a_client_and_one_rotates_the_keys() {
    let store = store().await;
    let at = now();
    let first = race(100, |number| {
        let store = store.clone();
        async move {
            let attempt = Attempt::from_bytes([number; 8]);
            store.consume_once(&[7; 32], attempt, at + seconds(60), at).await.unwrap()
        }
    })
    .await;
    assert_eq!(first.iter().filter(|first| **first).count(), 1);

    let rotated = race(100, |_| {
        let store = store.clone();
        async move { store.replace_signing_keys(&SigningKeySet::default(), &[], at).await.unwrap() }
    })
    .await;
    assert_eq!(rotated.iter().filter(|rotated| **rotated).count(), 1);

    let record = ClientRecord {
        id: client(0),
        version: 1,
        settings: "{}".to_owned(),
        secrets: Vec::new(),
        disabled_at: None,
    };
    assert!(store.insert_client(&record, at).await.unwrap());
    let replaced = race(100, |_| {
        let (store, record) = (store.clone(), record.clone());
        async move { store.replace_client(&record, at).await.unwrap() }
    })
    .await;
    assert_eq!(replaced.iter().filter(|r| **r == ReplaceOutcome::Replaced).count(), 1);
}
