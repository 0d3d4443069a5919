//! What lies on the server: how long, how much, and that none of it opens anything.

use std::{collections::BTreeMap, time::Duration};

use hallpass::{
    id::Subject,
    store::{
        CodeRecord, CodeStore as _, ConsentRecord, ConsentStore as _, EndReason, EndedCounts,
        Owner, Reach, Redemption, RedisOptions, RedisStore, Refusal, ReplayStore as _,
        RevocationStore as _, RotateOutcome, SessionStore as _,
    },
};
use redis::aio::MultiplexedConnection;

use crate::{
    server::Server,
    support::{attempt, now, prefix, raw, rotation, seconds, session, url},
};

async fn named() -> (RedisStore, String) {
    let prefix = prefix();
    (RedisOptions::new().prefix(&prefix).connect(&url()).await.unwrap(), prefix)
}

async fn keys(raw: &mut MultiplexedConnection, prefix: &str) -> Vec<String> {
    let mut found: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(raw).await.unwrap();
    found.sort();
    found
}

/// `PEXPIRETIME`, which servers have from version 7 on. Within a script the clock stands still.
const AT: &str = "local left, t = redis.call('PTTL', KEYS[1]), redis.call('TIME') \
    return left < 0 and left or left + t[1] * 1000 + math.floor(t[2] / 1000)";

async fn lives(raw: &mut MultiplexedConnection, prefix: &str) -> BTreeMap<String, i64> {
    let mut lives = BTreeMap::new();
    for key in keys(raw, prefix).await {
        let at: i64 = redis::cmd("EVAL").arg(AT).arg(1).arg(&key).query_async(raw).await.unwrap();
        lives.insert(key, at);
    }
    lives
}

/// Invariants 53 and 54.
#[tokio::test]
async fn inv_53_54_a_rotation_never_moves_an_expiry_and_indices_live_as_long_as_their_rows() {
    let (store, prefix) = named().await;
    let mut raw = raw(&url()).await;
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    let before = lives(&mut raw, &prefix).await;
    // The row, three indices and the deadlines: all until the deadline and the skew allowed, with
    // ten minutes for clocks, told by the server's clock from the moment of the insert.
    assert_eq!(before.len(), 5, "{before:?}");
    let planned = i64::try_from((row.prune_after() + seconds(600)).as_unix_millis()).unwrap();
    for (key, at) in &before {
        assert!((planned..planned + 5_000).contains(at), "{key}: {at}, planned {planned}");
    }
    for generation in 0..3 {
        let at = now() + seconds(61 * (u64::from(generation) + 1));
        store.rotate_session(&rotation(row.id, generation), at).await.unwrap();
        assert_eq!(lives(&mut raw, &prefix).await, before);
    }
    // A later session lengthens the life of what both share, and of nothing else.
    let longer = hallpass::store::SessionRecord {
        absolute_expires_at: row.absolute_expires_at + seconds(3_600),
        ..session("ada", now())
    };
    store.insert_session(&longer).await.unwrap();
    let after = lives(&mut raw, &prefix).await;
    for (key, at) in &before {
        let grew = after[key] - at;
        let expected =
            if key.contains(":s:") && !key.ends_with("deadlines") { 0 } else { 3_600_000 };
        assert!((expected - 50..=expected + 5_000).contains(&grew), "{key} grew by {grew}");
    }
    // Nothing of the store is without an end but what must outlive every row.
    store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap();
    let owner = Owner::Subject(Subject::parse("ada").unwrap());
    store.revoke_owner(&owner, Reach::Everything, EndReason::SubjectRevoked, now()).await.unwrap();
    let endless: Vec<_> =
        lives(&mut raw, &prefix).await.into_iter().filter(|(_, at)| *at < 0).collect();
    assert_eq!(endless, [(format!("{prefix}number"), -1)]);
}

#[tokio::test]
async fn inv_60_ten_thousand_refreshes_leave_one_key_of_the_same_size() {
    let (store, prefix) = named().await;
    let mut raw = raw(&url()).await;
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
    let before = keys(&mut raw, &prefix).await;
    let key = before.iter().find(|key| key.starts_with(&format!("{prefix}s:0"))).unwrap().clone();
    let size = |mut raw: MultiplexedConnection, key: String| async move {
        let size: i64 =
            redis::cmd("MEMORY").arg("USAGE").arg(key).query_async(&mut raw).await.unwrap();
        size
    };
    let small = size(raw.clone(), key.clone()).await;
    for generation in 1..10_000u32 {
        let at = now() + Duration::from_millis(60_001 * u64::from(generation));
        let outcome = store.rotate_session(&rotation(row.id, generation), at).await.unwrap();
        assert!(matches!(outcome, RotateOutcome::Granted { .. }), "{generation}: {outcome:?}");
    }
    assert_eq!(store.find_session(&row.id).await.unwrap().unwrap().state.generation, 10_000);
    assert_eq!(keys(&mut raw, &prefix).await, before);
    assert!(size(raw, key).await <= small + 64);
}

/// One script call each, and no command beside it (invariant 49).
#[tokio::test]
async fn inv_49_every_operation_is_one_round_trip() {
    let server = Server::start(&[]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let mut admin = raw(&server.url()).await;
    // Once each, so that the server knows the scripts.
    one_of_each(&store).await;
    let () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut admin).await.unwrap();
    let calls = one_of_each(&store).await;
    let stats: String =
        redis::cmd("INFO").arg("commandstats").query_async(&mut admin).await.unwrap();
    let count = |name: &str| {
        stats
            .lines()
            .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")))
            .map_or(0, |rest| rest.split(',').next().unwrap().parse::<u32>().unwrap())
    };
    assert_eq!(count("evalsha"), calls, "{stats}");
    for never in ["eval", "multi", "watch", "script|load", "keys", "scan"] {
        assert_eq!(count(never), 0, "{never}");
    }
    // What came from the connections, beside what scripts did: the calls, and what this test sent.
    let total: String = redis::cmd("INFO").arg("stats").query_async(&mut admin).await.unwrap();
    let processed: u32 = total
        .lines()
        .find_map(|line| line.strip_prefix("total_commands_processed:"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(processed >= calls);
}

async fn one_of_each(store: &RedisStore) -> u32 {
    let row = session("ada", now());
    store.insert_session(&row).await.unwrap();
    store.find_session(&row.id).await.unwrap();
    store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
    store.confirm_session(&row.id, 1, now()).await.unwrap();
    store.list_sessions(&Owner::Subject(row.subject.clone()), None, 10, now()).await.unwrap();
    store.end_session(&row.id, EndReason::SignedOut, now()).await.unwrap();
    let owner = Owner::Client(row.client);
    store.revoke_owner(&owner, Reach::Everything, EndReason::ClientRevoked, now()).await.unwrap();
    store.prune_sessions(now(), 100).await.unwrap();
    let session = session("bob", now());
    let code = CodeRecord {
        id: *session.id.as_bytes(),
        redirect_uri: "https://app.example.com/cb".into(),
        challenge: "c".repeat(43),
        expires_at: now() + seconds(60),
        session,
        extra: "{}".into(),
        used: None,
    };
    let redemption = Redemption {
        id: code.id,
        client: code.session.client.clone(),
        redirect_uri: code.redirect_uri.clone(),
        challenge: code.challenge.clone(),
        attempt: attempt(),
    };
    store.insert_code(&code).await.unwrap();
    store.redeem_code(&redemption, now()).await.unwrap();
    store.consume_once(&[1; 32], attempt(), now() + seconds(60), now()).await.unwrap();
    let consent = ConsentRecord {
        subject: Subject::parse("bob").unwrap(),
        client: redemption.client,
        scope: "invoice:*:read".parse().unwrap(),
        given_at: now(),
    };
    store.put_consent(&consent, None, now()).await.unwrap();
    store.put_consent(&consent, Some(&consent.scope), now()).await.unwrap();
    13
}

/// Invariant 50: what ending costs does not depend on how often a session was refreshed. Counted in
/// the commands that the server carried out for it, within scripts too.
#[tokio::test]
async fn inv_50_ending_costs_the_same_after_10_rotations_and_after_10_000() {
    let mut costs = Vec::new();
    for rotations in [10, 10_000] {
        let server = Server::start(&[]);
        let store = RedisStore::connect(&server.url()).await.unwrap();
        let mut admin = raw(&server.url()).await;
        // So that the server knows every script.
        one_of_each(&store).await;
        let rows = [session("ada", now()), session("eve", now())];
        for row in &rows {
            store.insert_session(row).await.unwrap();
            for generation in 0..rotations {
                let at = now() + Duration::from_millis(60_001 * u64::from(generation));
                store.rotate_session(&rotation(row.id, generation), at).await.unwrap();
            }
        }
        let mut cost = Vec::new();
        for end in 0..2 {
            let () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut admin).await.unwrap();
            if end == 0 {
                let reason = EndReason::SignedOut;
                assert!(store.end_session(&rows[0].id, reason, now()).await.unwrap());
            } else {
                let owner = Owner::Subject(rows[1].subject.clone());
                let reason = EndReason::SubjectRevoked;
                let ended = store.revoke_owner(&owner, Reach::Everything, reason, now()).await;
                assert_eq!(ended.unwrap().sessions, 1);
            }
            let stats: String =
                redis::cmd("INFO").arg("commandstats").query_async(&mut admin).await.unwrap();
            let calls = stats.lines().filter_map(|line| line.split_once(",usec="));
            // Whether an index must live longer depends on the millisecond.
            let not = ["info", "config", "pexpire"];
            let calls = calls.filter(|(call, _)| !not.iter().any(|not| call.contains(not)));
            let mut calls: Vec<_> = calls.map(|(call, _)| call.to_owned()).collect();
            calls.sort();
            assert!(calls.contains(&"cmdstat_evalsha:calls=1".to_owned()), "{calls:?}");
            cost.push(calls);
        }
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
}

/// An owner with more rows than one script ends: dead at once, whoever finishes the sweep.
#[tokio::test]
async fn a_great_owner_is_dead_from_the_first_script_on() {
    let (store, prefix) = named().await;
    let mut raw = raw(&url()).await;
    let born = now() - seconds(60);
    let rows: Vec<_> = (0..2_500).map(|_| session("ada", born)).collect();
    for chunk in rows.chunks(250) {
        let inserts = chunk.iter().map(|row| {
            let (store, row) = (store.clone(), row.clone());
            tokio::spawn(async move { store.insert_session(&row).await.unwrap() })
        });
        for insert in inserts.collect::<Vec<_>>() {
            insert.await.unwrap();
        }
    }
    let other = session("eve", born);
    store.insert_session(&other).await.unwrap();
    let owner = Owner::Subject(Subject::parse("ada").unwrap());
    let reason = EndReason::SubjectRevoked;

    // The caller goes away after the first script: it is dropped at its first pause.
    let mut revoking = Box::pin(store.revoke_owner(&owner, Reach::Sessions, reason, now()));
    let sweeps = loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep(Duration::from_micros(200)) => {
                let sweeps: u32 = redis::cmd("HLEN").arg(format!("{prefix}sweeps")).query_async(&mut raw).await.unwrap();
                if sweeps > 0 { break sweeps; }
            }
            done = &mut revoking => {
                assert_eq!(done.unwrap(), EndedCounts { sessions: 2_500, api_keys: 0 });
                break 0;
            }
        }
    };
    drop(revoking);
    println!("left with {sweeps} sweeps under way");
    for row in &rows {
        let outcome = store.rotate_session(&rotation(row.id, 0), now()).await.unwrap();
        assert_eq!(outcome, RotateOutcome::Refused(Refusal::Ended(reason)));
    }
    assert_eq!(
        store
            .list_sessions(&Owner::Subject(rows[0].subject.clone()), None, 10, now())
            .await
            .unwrap(),
        []
    );
    assert!(!store.end_session(&rows[2_499].id, EndReason::SignedOut, now()).await.unwrap());
    let alive = store.rotate_session(&rotation(other.id, 0), now()).await.unwrap();
    assert!(matches!(alive, RotateOutcome::Granted { .. }));
    // Maintenance finishes it, and then every row says so itself.
    for _ in 0..5 {
        store.prune_revocations(now(), 10).await.unwrap();
    }
    let left: u32 =
        redis::cmd("EXISTS").arg(format!("{prefix}sweeps")).query_async(&mut raw).await.unwrap();
    assert_eq!(left, 0);
    for row in &rows {
        let id: String = row.id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let why: Vec<u8> = redis::cmd("HGET")
            .arg(format!("{prefix}s:{id}"))
            .arg("state")
            .query_async(&mut raw)
            .await
            .unwrap();
        assert!(why.ends_with(b"subject_revoked"), "{why:?}");
    }
}
