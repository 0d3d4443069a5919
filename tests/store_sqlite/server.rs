//! Knows that the roles of an authorization server answer as the memory store does.
//! Must not know which answers are right: the memory store's tests do.

use std::sync::Arc;

use hallpass::{
    id::{ClientId, KeyId},
    key::KeyTimes,
    store::{
        Attempt, ClientRecord, ClientStore, CodeRecord, CodeRefusal, CodeStore, ConsentOutcome,
        ConsentRecord, ConsentStore, HashedSecret, MemoryStore, RedeemOutcome, Redemption,
        ReplayStore, RevocationFeed, RevocationRecord, SessionStore, SigningKeyRecord,
        SigningKeySet, SigningKeyStore, SqliteStore,
    },
};

use crate::support::{DAY, MINUTE, NOW, Place, SECOND, open, session};

/// Both stores, asked the same.
struct Twins {
    memory: MemoryStore,
    sqlite: SqliteStore,
}

macro_rules! same {
    ($twins:ident, $($call:tt)*) => {{
        let memory = $twins.memory.$($call)*.await.unwrap();
        let sqlite = $twins.sqlite.$($call)*.await.unwrap();
        assert_eq!(memory, sqlite);
        sqlite
    }};
}

impl Twins {
    async fn new(place: &Place) -> Self {
        Self { memory: MemoryStore::new(), sqlite: open(place).await }
    }

    async fn same_feed(&self) {
        let memory = records(&self.memory).await;
        assert_eq!(memory, records(&self.sqlite).await);
    }
}

async fn records(store: &impl RevocationFeed) -> Vec<RevocationRecord> {
    store.read_revocations(None, 1000).await.unwrap().records
}

fn client(id: &str) -> ClientRecord {
    ClientRecord {
        id: id.parse().unwrap(),
        version: 1,
        settings: r#"{"redirect_uris":["https://app.example/cb"]}"#.into(),
        secrets: vec![
            HashedSecret { hash: [7; 32], expires_at: None },
            HashedSecret { hash: [255; 32], expires_at: Some(NOW + DAY) },
        ],
        disabled_at: None,
    }
}

#[tokio::test]
async fn clients_and_consents() {
    let place = Place::new();
    let twins = Twins::new(&place).await;
    for number in 0..6 {
        same!(twins, insert_session(&session(number)));
    }
    let web: ClientId = "web".parse().unwrap();
    for id in ["web", "app", "zoo"] {
        assert!(same!(twins, insert_client(&client(id), NOW)));
    }
    assert!(!same!(twins, insert_client(&client("web"), NOW)));
    assert_eq!(same!(twins, find_client(&web)), Some(client("web")));
    same!(twins, find_client(&"none".parse().unwrap()));
    same!(twins, list_clients(None, 2));
    same!(twins, list_clients(Some(&web), 10));
    let changed = ClientRecord { settings: "{}".into(), secrets: vec![], ..client("web") };
    same!(twins, replace_client(&changed, NOW + SECOND));
    same!(twins, replace_client(&changed, NOW + SECOND));
    same!(twins, replace_client(&client("none"), NOW));

    let subject = |number: u64| session(number).subject;
    let consent = |number, scope: &str| ConsentRecord {
        subject: subject(number),
        client: "web".parse().unwrap(),
        scope: scope.parse().unwrap(),
        given_at: NOW,
    };
    let (read, both) = (consent(1, "invoice:*:read"), consent(1, "invoice:*:read invoice:*:write"));
    same!(twins, put_consent(&read, None, NOW));
    same!(twins, put_consent(&both, Some(&read.scope), NOW));
    let narrow = consent(1, "invoice:7:read");
    let put = same!(twins, put_consent(&narrow, Some(&read.scope), NOW));
    assert_eq!(put, ConsentOutcome::Conflict);
    let put = same!(twins, put_consent(&narrow, Some(&both.scope), NOW));
    assert!(matches!(put, ConsentOutcome::Put(ended) if ended.sessions == 1), "{put:?}");
    same!(twins, put_consent(&consent(2, "invoice:*:read"), None, NOW));
    assert_eq!(same!(twins, withdraw_consent(&subject(2), &web, NOW)).sessions, 1);
    same!(twins, withdraw_consent(&subject(5), &"zoo".parse().unwrap(), NOW));
    same!(twins, find_consent(&subject(1), &web));
    same!(twins, list_consents(&subject(1), None, 5));
    same!(twins, list_consents(&subject(1), Some(&web), 5));

    let disabled = ClientRecord { disabled_at: Some(NOW + MINUTE), version: 2, ..client("web") };
    same!(twins, replace_client(&disabled, NOW + MINUTE));
    same!(twins, find_client(&web));
    for number in 0..6 {
        assert!(same!(twins, find_session(&session(number).id)).unwrap().state.ended.is_some());
    }
    same!(twins, remove_client(&web, NOW + MINUTE));
    same!(twins, remove_client(&web, NOW + MINUTE));
    same!(twins, find_consent(&subject(1), &web));
    twins.same_feed().await;
}

fn code(number: u8) -> CodeRecord {
    CodeRecord {
        id: [number; 18],
        redirect_uri: "https://app.example/cb".into(),
        challenge: "c".repeat(43),
        expires_at: NOW + MINUTE,
        session: session(u64::from(number)),
        extra: r#"{"nonce":"n"}"#.into(),
        used: None,
    }
}

fn redemption(number: u8, attempt: u64) -> Redemption {
    let CodeRecord { id, redirect_uri, challenge, session, .. } = code(number);
    let attempt = Attempt::from_bytes(attempt.to_be_bytes());
    Redemption { id, client: session.client, redirect_uri, challenge, attempt }
}

#[tokio::test]
async fn codes() {
    let place = Place::new();
    let twins = Twins::new(&place).await;
    for number in 1..6 {
        assert!(same!(twins, insert_code(&code(number))));
    }
    assert!(!same!(twins, insert_code(&code(1))));
    let other = Redemption { client: "app".parse().unwrap(), ..redemption(1, 1) };
    same!(twins, redeem_code(&other, NOW));
    same!(twins, redeem_code(&redemption(1, 1), NOW));
    same!(twins, find_session(&session(1).id));
    // A lost answer, then a replay.
    same!(twins, redeem_code(&redemption(1, 1), NOW + SECOND));
    same!(twins, redeem_code(&redemption(1, 2), NOW + SECOND));
    same!(twins, redeem_code(&redemption(1, 3), NOW + SECOND));
    assert!(same!(twins, find_session(&session(1).id)).unwrap().state.ended.is_some());
    let wrong = Redemption { challenge: "d".repeat(43), ..redemption(2, 1) };
    same!(twins, redeem_code(&wrong, NOW));
    same!(twins, redeem_code(&redemption(2, 2), NOW));
    same!(twins, redeem_code(&redemption(3, 1), NOW + MINUTE));
    same!(twins, redeem_code(&redemption(9, 1), NOW));
    same!(twins, redeem_code(&redemption(4, 1), NOW));
    assert_eq!(same!(twins, prune_codes(NOW + MINUTE, 1)), 1);
    assert_eq!(same!(twins, prune_codes(NOW + MINUTE, 10)), 2);
    assert_eq!(same!(twins, prune_codes(NOW + DAY * 91, 10)), 2);
    twins.same_feed().await;
}

/// Invariants 47 and 71: of many calls one is the first, and a session is opened once.
#[tokio::test(flavor = "multi_thread")]
async fn codes_and_values_work_once() {
    let place = Place::new();
    let stores = [Arc::new(open(&place).await), Arc::new(open(&place).await)];
    stores[0].insert_code(&code(1)).await.unwrap();
    let tasks = (0..100_u64).map(|worker| {
        let store = Arc::clone(&stores[usize::try_from(worker % 2).unwrap()]);
        tokio::spawn(async move {
            let attempt = Attempt::from_bytes(worker.to_be_bytes());
            let first = store.consume_once(&[3; 32], attempt, NOW + MINUTE, NOW).await.unwrap();
            (first, store.redeem_code(&redemption(1, worker), NOW).await.unwrap())
        })
    });
    let (mut first, mut redeemed, mut replayed) = (0, 0, 0);
    for task in tasks.collect::<Vec<_>>() {
        let (was_first, outcome) = task.await.unwrap();
        first += u32::from(was_first);
        match outcome {
            RedeemOutcome::Redeemed(_) => redeemed += 1,
            RedeemOutcome::Replayed { .. } => replayed += 1,
            RedeemOutcome::Refused(CodeRefusal::Used) => panic!("a replay was not seen"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((first, redeemed, replayed), (1, 1, 99));
}

#[tokio::test]
async fn single_use_values() {
    let place = Place::new();
    let twins = Twins::new(&place).await;
    let by = |mark: u64| Attempt::from_bytes(mark.to_be_bytes());
    let until = NOW + MINUTE;
    assert!(same!(twins, consume_once(&[1; 32], by(1), until, NOW)));
    assert!(same!(twins, consume_once(&[1; 32], by(1), until, NOW)));
    assert!(!same!(twins, consume_once(&[1; 32], by(2), until, NOW)));
    assert!(same!(twins, consume_once(&[2; 32], by(2), until + SECOND, NOW)));
    assert!(same!(twins, consume_once(&[1; 32], by(3), until + SECOND, until)));
    assert_eq!(same!(twins, prune_replays(until + SECOND, 1)), 1);
    assert_eq!(same!(twins, prune_replays(until + SECOND, 5)), 1);
}

#[tokio::test]
async fn signing_keys() {
    let place = Place::new();
    let twins = Twins::new(&place).await;
    assert_eq!(same!(twins, load_signing_keys()), SigningKeySet::default());
    let mut times = KeyTimes::published(NOW);
    times.active_at = Some(NOW + MINUTE);
    let key = |kid: &str| SigningKeyRecord {
        kid: kid.parse().unwrap(),
        public_jwk: "{}".into(),
        sealed_private: vec![0, 1, 255],
        times,
    };
    // Out of order on purpose: a set keeps the order it was given.
    let set = SigningKeySet { version: 0, keys: vec![key("z"), key("a")] };
    assert!(same!(twins, replace_signing_keys(&set, &[], NOW)));
    assert!(!same!(twins, replace_signing_keys(&set, &[], NOW)));
    assert_eq!(same!(twins, load_signing_keys()).keys, set.keys);
    let next = SigningKeySet { version: 1, keys: vec![key("m")] };
    let withdrawn: [KeyId; 2] = ["z".parse().unwrap(), "a".parse().unwrap()];
    assert!(same!(twins, replace_signing_keys(&next, &withdrawn, NOW)));
    assert_eq!(same!(twins, load_signing_keys()).version, 2);
    twins.same_feed().await;
}
