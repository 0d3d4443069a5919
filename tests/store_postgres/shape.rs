//! Knows what operations cost, and what lies in the tables.
//! Must not know the statements.

use std::time::Duration;

use hallpass::{
    Authority, Grant, SigningKey,
    id::{ApiKeyId, TokenId},
    key::Algorithm,
    secret::MasterSecret,
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, Attempt, ClientStore, CodeStore, ConsentOutcome,
        ConsentRecord, ConsentStore, EndReason, Owner, Reach, ReplayStore, RevocationFeed,
        RevocationStore, RotateOutcome, SessionStore, Target,
    },
};
use tokio_postgres::Client;

use crate::bed::{MINUTE, beside, hasty_store_in, now, rotation, schema, session, store_in, url};
use crate::server::{code, redemption};

pub(crate) fn api_key(number: u64) -> ApiKeyRecord {
    let like = session(number, now());
    let mut rest = [1; 12];
    rest[4..].copy_from_slice(&number.to_be_bytes());
    ApiKeyRecord {
        id: ApiKeyId::from_parts(now(), rest),
        subject: like.subject,
        client: like.client,
        name: "deploy".into(),
        scope: like.scope,
        audience: like.audience,
        claims: like.claims,
        expires_at: None,
        last_used_at: None,
        replaced_by: None,
        ended: None,
    }
}

/// Invariant 49: one statement, one round trip.
#[tokio::test]
async fn inv_49_every_operation_is_one_statement() {
    let store = store_in(&schema()).await;
    let (row, key, now) = (session(1, now()), api_key(1), now());
    let subject = row.subject.clone();
    macro_rules! one {
        ($call:expr) => {{
            let before = store.statements_sent();
            let answer = $call.await.unwrap();
            assert_eq!(store.statements_sent() - before, 1, stringify!($call));
            answer
        }};
    }
    one!(store.insert_session(&row));
    one!(store.find_session(&row.id));
    one!(store.rotate_session(&rotation(row.id, 0), now));
    one!(store.confirm_session(&row.id, 1, now));
    one!(store.list_sessions(&Owner::Subject(subject.clone()), None, 10, now));
    one!(store.end_session(&row.id, EndReason::SignedOut, now));
    one!(store.insert_api_key(&key));
    one!(store.find_api_key(&key.id));
    one!(store.update_api_key(&key.id, &ApiKeyChange::default(), now));
    one!(store.rotate_api_key(&key.id, &api_key(2), now + MINUTE, now));
    one!(store.end_api_key(&key.id, EndReason::SignedOut, now));
    one!(store.revoke(&Target::Token(TokenId::from_parts(now, [1; 12])), now));
    let owner = Owner::Subject(subject);
    one!(store.revoke_owner(&owner, Reach::Everything, EndReason::SubjectRevoked, now));
    one!(store.read_revocations(None, 100));
    one!(store.prune_sessions(now, 100));
    let code = code(3, now);
    one!(store.insert_code(&code));
    one!(store.redeem_code(&redemption(&code, 1), now));
    one!(store.consume_once(&[1; 32], Attempt::from_bytes([1; 8]), now + MINUTE, now));
    one!(store.find_client(&code.session.client));
    let mut consent = ConsentRecord {
        subject: code.session.subject.clone(),
        client: code.session.client.clone(),
        scope: "invoice:*:*".parse().unwrap(),
        given_at: now,
    };
    one!(store.put_consent(&consent, None, now));
    let before = consent.scope.clone();
    one!(store.put_consent(&consent, Some(&before), now + MINUTE));
    one!(store.find_consent(&consent.subject, &consent.client));
    // A narrower one ends what the client holds, and one that was overtaken does nothing.
    consent.scope = "invoice:*:read".parse().unwrap();
    let put = one!(store.put_consent(&consent, Some(&before), now));
    assert!(matches!(put, ConsentOutcome::Put(ended) if ended.sessions == 1), "{put:?}");
    let put = one!(store.put_consent(&consent, Some(&before), now));
    assert_eq!(put, ConsentOutcome::Conflict);
}

/// Invariant 60, and no index is touched by a refresh.
#[tokio::test]
async fn inv_60_ten_thousand_refreshes_are_one_row() {
    let name = schema();
    let store = hasty_store_in(&name).await;
    let mut row = session(1, now());
    row.policy.retry_window = Duration::ZERO;
    store.insert_session(&row).await.unwrap();
    for generation in 0..10_000 {
        let at = now();
        let outcome = store.rotate_session(&rotation(row.id, generation), at).await.unwrap();
        assert!(matches!(outcome, RotateOutcome::Granted { .. }), "{outcome:?}");
    }
    drop(store);
    let beside = beside(&url()).await;
    let count = format!("SELECT count(*), max(generation) FROM {name}.session");
    let counted = beside.query_one(&count, &[]).await.unwrap();
    assert_eq!((counted.get::<_, i64>(0), counted.get::<_, i64>(1)), (1, 10_000));
    let (mut hot, mut all) = (0, 0);
    for _ in 0..100 {
        (hot, all) = stats(&beside, &name, "n_tup_hot_upd", "n_tup_upd").await;
        if all >= 10_000 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(all >= 10_000 && hot * 100 >= all * 95, "{hot} of {all} updates touched no index");
}

/// Two columns of the statistics of the session table.
async fn stats(beside: &Client, schema: &str, one: &str, two: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT {one}::bigint, {two}::bigint FROM pg_stat_user_tables \
         WHERE schemaname = '{schema}' AND relname = 'session'"
    );
    let row = beside.query_one(&sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Invariant 50: what ending costs does not depend on how often a session was refreshed. Counted in
/// statements, and in rows that the server wrote.
#[tokio::test]
async fn inv_50_ending_costs_the_same_after_10_rotations_and_after_10_000() {
    let mut costs = Vec::new();
    for rotations in [10_u32, 10_000] {
        let name = schema();
        let store = hasty_store_in(&name).await;
        let mut rows = [session(1, now()), session(2, now())];
        for row in &mut rows {
            row.policy.retry_window = Duration::ZERO;
            store.insert_session(row).await.unwrap();
        }
        for generation in 0..rotations {
            let (one, two) = (rotation(rows[0].id, generation), rotation(rows[1].id, generation));
            let at = now();
            let (one, two) =
                tokio::join!(store.rotate_session(&one, at), store.rotate_session(&two, at));
            for outcome in [one.unwrap(), two.unwrap()] {
                assert!(matches!(outcome, RotateOutcome::Granted { .. }), "{outcome:?}");
            }
        }
        drop(store);
        let store = store_in(&name).await;
        let before = written(&name).await;
        let sent = store.statements_sent();
        assert!(store.end_session(&rows[0].id, EndReason::SignedOut, now()).await.unwrap());
        let owner = Owner::Subject(rows[1].subject.clone());
        let reason = EndReason::SubjectRevoked;
        let counts = store.revoke_owner(&owner, Reach::Everything, reason, now()).await.unwrap();
        assert_eq!(counts.sessions, 1);
        assert_eq!(store.statements_sent() - sent, 2);
        drop(store);
        costs.push(written(&name).await - before);
    }
    // Two rows ended, with a record each, and the mark of the owner.
    assert_eq!(costs, [5, 5]);
}

/// How many rows were written in a schema, once the numbers have settled.
async fn written(schema: &str) -> i64 {
    let beside = beside(&url()).await;
    let sql = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables \
        WHERE schemaname = $1";
    let (mut last, mut same) = (-1, 0);
    while same < 15 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now: i64 = beside.query_one(sql, &[&schema]).await.unwrap().get(0);
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// Invariants 40 and 41: a dump holds nothing that can be presented.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_holds_nothing_that_can_be_presented() {
    let name = schema();
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .store(store_in(&name).await)
        .master_secret(MasterSecret::generate().unwrap())
        .build()
        .unwrap();
    let mut held = Vec::new();
    for user in 0..5 {
        let scope = "invoice:*:read".parse().unwrap();
        let grant = Grant::new(format!("user-{user}"), scope);
        let issued = authority.issue(grant).await.unwrap();
        let next = authority.refresh(issued.refresh_token()).await.unwrap();
        for of in [&issued, &next] {
            held.push(of.access_token().expose_secret().to_owned());
            held.push(of.refresh_token().expose_secret().to_owned());
        }
    }
    let beside = beside(&url()).await;
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = $1";
    let mut dump = String::new();
    for table in beside.query(tables, &[&name]).await.unwrap() {
        let sql = format!("SELECT t::text FROM {name}.{} t", table.get::<_, &str>(0));
        for row in beside.query(&sql, &[]).await.unwrap() {
            dump.push_str(row.get(0));
            dump.push('\n');
        }
    }
    assert!(dump.contains("user-3"), "the dump is empty");
    for token in &held {
        assert!(!dump.contains(token.as_str()));
        // Nor a part of one: no token shares a run of 20 characters with it.
        for run in token.as_bytes().windows(20) {
            let run = std::str::from_utf8(run).unwrap();
            assert!(!dump.contains(run), "{run}");
        }
    }
    // Every word of the dump is tried, as it is and as the body of a token.
    let words = dump.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    for word in words.filter(|word| word.len() > 10) {
        for text in [word.to_owned(), format!("hp_rt_{word}"), format!("hp_ak_{word}")] {
            assert!(authority.refresh(text.as_str()).await.is_err());
            assert!(authority.verify(text.as_str()).await.is_err());
        }
    }
}
