//! Knows that the roles of an authorization server answer as the memory store does, and race as
//! one.
//! Must not know a statement.

use std::sync::Arc;

use hallpass::{
    Timestamp,
    id::{ClientId, KeyId, Subject},
    key::KeyTimes,
    store::{
        Attempt, ClientRecord, ClientStore, CodeRecord, CodeRefusal, CodeStore, ConsentRecord,
        EndReason, HashedSecret, MemoryStore, Owner, PostgresStore, Reach, RedeemOutcome,
        Redemption, ReplaceOutcome, ReplayStore, ServerStore, SessionStore, SigningKeyRecord,
        SigningKeySet, SigningKeyStore,
    },
};

use crate::bed::{MINUTE, fresh, now, session};

pub(crate) fn client(version: u64) -> ClientRecord {
    ClientRecord {
        id: ClientId::parse("web").unwrap(),
        version,
        settings: format!("{{\"v\":{version}}}"),
        secrets: vec![
            HashedSecret { hash: [1; 32], expires_at: None },
            HashedSecret { hash: [2; 32], expires_at: Some(Timestamp::from_unix_seconds(9)) },
        ],
        disabled_at: None,
    }
}

pub(crate) fn code(number: u64, now: Timestamp) -> CodeRecord {
    let session = session(number, now);
    CodeRecord {
        id: *session.id.as_bytes(),
        redirect_uri: "https://app.example.com/cb".into(),
        challenge: "c".repeat(43),
        expires_at: now + MINUTE,
        session,
        extra: "{\"nonce\":\"n\"}".into(),
        used: None,
    }
}

pub(crate) fn redemption(code: &CodeRecord, attempt: u8) -> Redemption {
    Redemption {
        id: code.id,
        client: code.session.client.clone(),
        redirect_uri: code.redirect_uri.clone(),
        challenge: code.challenge.clone(),
        attempt: Attempt::from_bytes([attempt; 8]),
    }
}

/// Everything a store says in one story, for comparison.
async fn story(store: &dyn ServerStore, now: Timestamp) -> Vec<String> {
    let mut said = Vec::new();
    macro_rules! say {
        ($call:expr) => {
            said.push(format!("{}: {:?}", stringify!($call), $call.await.unwrap()))
        };
    }
    let (web, user) = (ClientId::parse("web").unwrap(), Subject::parse("user-1").unwrap());
    say!(store.insert_client(&client(7), now));
    say!(store.insert_client(&client(1), now));
    say!(store.find_client(&web));
    say!(store.list_clients(None, 10));
    say!(store.list_clients(Some(&web), 10));
    say!(store.replace_client(&client(9), now));
    say!(store.replace_client(&client(1), now));
    say!(store.find_client(&web));
    let other = ClientRecord { id: ClientId::parse("nobody").unwrap(), ..client(1) };
    say!(store.replace_client(&other, now));
    let consent = |scope: &str, at| ConsentRecord {
        subject: user.clone(),
        client: web.clone(),
        scope: scope.parse().unwrap(),
        given_at: at,
    };
    let (read, all) = (consent("invoice:*:read", now).scope, consent("invoice:*:*", now).scope);
    say!(store.insert_session(&session(1, now)));
    say!(store.put_consent(&consent("invoice:*:read", now), None, now));
    say!(store.put_consent(&consent("invoice:*:*", now + MINUTE), Some(&read), now));
    say!(store.find_session(&session(1, now).id));
    say!(store.put_consent(&consent("invoice:7:read", now), Some(&all), now));
    say!(store.find_session(&session(1, now).id));
    say!(store.find_consent(&user, &web));
    say!(store.list_consents(&user, None, 10));
    say!(store.list_consents(&user, Some(&web), 10));
    say!(store.withdraw_consent(&user, &web, now));
    say!(store.find_consent(&user, &web));
    // Born after the revocation above.
    let later = now + MINUTE;
    let (a, b, c) = (code(11, later), code(12, later), code(13, later));
    for code in [&a, &b, &c, &a] {
        say!(store.insert_code(code));
    }
    let mut wrong = redemption(&a, 1);
    wrong.client = ClientId::parse("other").unwrap();
    say!(store.redeem_code(&wrong, later));
    say!(store.redeem_code(&redemption(&a, 1), later));
    say!(store.redeem_code(&redemption(&a, 1), later));
    say!(store.find_session(&a.session.id));
    wrong = redemption(&a, 2);
    wrong.challenge = "x".into();
    say!(store.redeem_code(&wrong, later));
    say!(store.redeem_code(&redemption(&a, 2), later));
    say!(store.redeem_code(&redemption(&a, 3), later));
    say!(store.find_session(&a.session.id));
    wrong = redemption(&b, 4);
    wrong.redirect_uri.push('x');
    say!(store.redeem_code(&wrong, later));
    say!(store.redeem_code(&redemption(&b, 5), later));
    say!(store.redeem_code(&redemption(&c, 6), later + MINUTE));
    let owner = Owner::Client(web.clone());
    say!(store.revoke_owner(&owner, Reach::Sessions, EndReason::ClientRevoked, later));
    say!(store.redeem_code(&redemption(&c, 7), later));
    say!(store.redeem_code(&redemption(&code(99, later), 7), later));
    say!(store.prune_codes(later + MINUTE, 10));
    say!(store.prune_codes(later + MINUTE * 60 * 24 * 400, 10));
    let attempt = |of| Attempt::from_bytes([of; 8]);
    say!(store.consume_once(&[1; 32], attempt(1), now + MINUTE, now));
    say!(store.consume_once(&[1; 32], attempt(2), now + MINUTE, now));
    say!(store.consume_once(&[1; 32], attempt(1), now + MINUTE * 9, now));
    say!(store.consume_once(&[1; 32], attempt(3), now + MINUTE * 9, now + MINUTE));
    say!(store.prune_replays(now + MINUTE, 10));
    say!(store.prune_replays(now + MINUTE * 9, 10));
    say!(store.load_signing_keys());
    let mut times = KeyTimes::published(now);
    times.active_at = Some(later);
    let key = SigningKeyRecord {
        kid: KeyId::parse("k1").unwrap(),
        public_jwk: "{}".into(),
        sealed_private: vec![0, 1, 255],
        times,
    };
    let set = SigningKeySet { version: 0, keys: vec![key] };
    let withdrawn = [KeyId::parse("k0").unwrap()];
    say!(store.replace_signing_keys(&set, &withdrawn, now));
    say!(store.replace_signing_keys(&set, &withdrawn, now));
    say!(store.load_signing_keys());
    say!(store.insert_session(&session(21, later + MINUTE)));
    let disabled = ClientRecord { disabled_at: Some(later), version: 2, ..client(2) };
    say!(store.replace_client(&disabled, later));
    say!(store.find_session(&session(21, later + MINUTE).id));
    say!(store.remove_client(&web, later));
    say!(store.remove_client(&web, later));
    let page = store.read_revocations(None, 1_000).await.unwrap();
    let mut records: Vec<String> =
        page.records.iter().map(|record| format!("{record:?}")).collect();
    records.sort();
    said.extend(records);
    said
}

#[tokio::test]
async fn the_server_roles_answer_as_the_memory_store_does() {
    let now = now();
    let (ours, theirs) = (story(&fresh().await, now).await, story(&MemoryStore::new(), now).await);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
}

/// Invariants 47, 68, 71: of many callers exactly one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_callers_one_wins() {
    let store: Arc<PostgresStore> = Arc::new(fresh().await);
    let now = now();
    let code = code(1, now);
    store.insert_code(&code).await.unwrap();
    store.insert_client(&client(1), now).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..100_u8 {
        let (store, code) = (Arc::clone(&store), code.clone());
        tasks.push(tokio::spawn(async move {
            let redeemed = store.redeem_code(&redemption(&code, number), now).await.unwrap();
            let attempt = Attempt::from_bytes([number; 8]);
            let once = store.consume_once(&[9; 32], attempt, now + MINUTE, now).await.unwrap();
            let set = SigningKeySet::default();
            let keys = store.replace_signing_keys(&set, &[], now).await.unwrap();
            let replaced = store.replace_client(&client(1), now).await.unwrap();
            (redeemed, once, keys, replaced)
        }));
    }
    let mut won = [0; 4];
    for task in tasks {
        let (redeemed, once, keys, replaced) = task.await.unwrap();
        assert_ne!(redeemed, RedeemOutcome::Refused(CodeRefusal::Unknown));
        won[0] += u32::from(matches!(redeemed, RedeemOutcome::Redeemed(_)));
        won[1] += u32::from(once);
        won[2] += u32::from(keys);
        won[3] += u32::from(replaced == ReplaceOutcome::Replaced);
    }
    assert_eq!(won, [1; 4]);
    // The second presentation ended what the first had opened.
    let row = store.find_session(&code.session.id).await.unwrap().unwrap();
    assert_eq!(row.state.ended.map(|(_, reason)| reason), Some(EndReason::CodeReplayed));
}
