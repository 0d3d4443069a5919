//! Knows that what is revoked at an authority elsewhere is refused here, and that not knowing is
//! refused too, over real HTTP.
//! Must not know how a verifier keeps the records.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    MemoryStore, Timestamp, Verifier,
    key::Jwks,
    remote::RemoteFeed,
    secret::ClientSecret,
    store::{
        Cursor, EndReason, EndedCounts, FeedPage, Owner, Reach, RevocationFeed, RevocationSink,
        RevocationStore, StoreError, StoreErrorKind, Target,
    },
    testing::{
        TestAuthority,
        conformance::{Suite, Workers},
    },
    verifier::{RevokedBy, VerifyError},
};

use crate::{
    server::{Reply, Script, Seen, Server, reply, reserve, script},
    world::*,
};

/// Serves a store's feed as `docs/remote.md` says.
fn serving_feed(store: Arc<MemoryStore>) -> Script {
    Arc::new(move |seen: Seen| {
        let store = Arc::clone(&store);
        Box::pin(async move {
            let after = seen.parameter("after").map(|text| Cursor::from_text(text).unwrap());
            let limit: u32 = seen.parameter("limit").unwrap().parse().unwrap();
            assert!((1..=1000).contains(&limit));
            // A server may give fewer than it is asked for.
            match store.read_revocations(after.as_ref(), limit.min(3)).await {
                Ok(page) => reply(200, page.to_json()).header("Cache-Control", "no-store"),
                Err(error) if error.kind() == StoreErrorKind::Corrupt => reply(410, ""),
                Err(_) => reply(503, ""),
            }
        })
    })
}

fn feed(server: &Server) -> RemoteFeed {
    RemoteFeed::at(&server.url("/revocations")).unwrap()
}

/// An authority, and a verifier elsewhere that follows its feed at this address.
fn follower(auth: &TestAuthority, feed: RemoteFeed) -> Verifier {
    Verifier::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .jwks(&Jwks::parse(&jwks()).unwrap())
        .clock(auth.clock().clone())
        .revocations(feed)
        .build()
        .unwrap()
}

/// A store that is written here and read over HTTP.
#[derive(Debug)]
struct Pair {
    store: Arc<MemoryStore>,
    feed: RemoteFeed,
    _server: Server,
}

#[async_trait]
impl RevocationFeed for Pair {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        self.feed.read_revocations(after, limit).await
    }

    async fn changed(&self) {
        self.feed.changed().await;
    }

    fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        self.feed.subscribe(sink);
    }
}

#[async_trait]
impl RevocationStore for Pair {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        self.store.raise_retention(retention).await
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        self.store.revoke(target, now).await
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        self.store.revoke_owner(owner, reach, reason, now).await
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.store.prune_revocations(now, limit).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_keeps_the_promises_of_a_store() {
    let spawning = Workers::spawning(|work| drop(tokio::spawn(work)));
    let report = Suite::new()
        .workers(spawning)
        .feed(|| async {
            let store = Arc::new(MemoryStore::new());
            let server = Server::start(serving_feed(Arc::clone(&store))).await;
            Pair { store, feed: feed(&server), _server: server }
        })
        .await
        .unwrap();
    assert_eq!(report.held().len(), 3);
}

/// INVARIANTS 61-63, from a store that we do not have.
#[tokio::test]
async fn what_is_revoked_elsewhere_is_refused_within_one_poll() {
    let auth = TestAuthority::new();
    let server = Server::start(serving_feed(Arc::clone(auth.store()))).await;
    let verifier = follower(&auth, feed(&server));
    let refused_by = async |token: &str| match verifier.verify(token).await {
        Ok(_) => None,
        Err(VerifyError::Revoked { by }) => Some(by),
        Err(error) => panic!("{error}"),
    };
    let issue = async |subject: &str| {
        let grant = hallpass::Grant::new(subject, "invoice:*:read".parse().unwrap()).client("web");
        auth.issue(grant).await.unwrap()
    };
    // More than one page of them before the verifier starts.
    for n in 0..10 {
        let _ = auth.revoke(issue(&format!("early-{n}")).await.refresh_token()).await.unwrap();
    }
    let (ada, bob) = (issue("ada").await, issue("bob").await);
    let (ada, bob_token) = (ada.access_token().expose_secret(), bob.access_token());
    assert_eq!(refused_by(ada).await, None);
    assert_eq!(refused_by(bob_token.expose_secret()).await, None);
    assert_eq!(verifier.revocations().len(), 10);

    let _ = auth.revoke(bob.refresh_token()).await.unwrap();
    auth.clock().advance(Duration::from_millis(500));
    assert_eq!(refused_by(bob_token.expose_secret()).await, Some(RevokedBy::Session));
    assert_eq!(refused_by(ada).await, None);
    let (store, now) = (auth.store(), TestAuthority::STARTS_AT + SECOND);
    for (target, by) in [
        (Target::Owner(Owner::Subject("ada".parse().unwrap())), RevokedBy::Subject),
        (
            Target::SigningKey(auth.jwks().keys()[0].verifying_key().kid().clone()),
            RevokedBy::SigningKey,
        ),
    ] {
        store.revoke(&target, now).await.unwrap();
        auth.clock().advance(Duration::from_millis(500));
        assert_eq!(refused_by(ada).await, Some(by));
    }
    // Whoever starts later knows all of it before it accepts anything.
    let restarted = follower(&auth, feed(&server));
    let error = restarted.verify(bob_token).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { .. }), "{error}");
}

#[tokio::test]
async fn not_knowing_is_refused_and_a_feed_that_comes_back_is_read_on() {
    let auth = TestAuthority::new();
    let address = reserve().await;
    let feed = RemoteFeed::at(&format!("http://{address}/revocations")).unwrap();
    let verifier = follower(&auth, feed);
    let token = token(&auth);
    assert!(matches!(verifier.ready().await, Err(VerifyError::Store(_))));
    assert!(matches!(verifier.verify(&token).await, Err(VerifyError::Stale)));
    let server = Server::start_at(address, serving_feed(Arc::clone(auth.store()))).await;
    auth.clock().advance(Duration::from_millis(500));
    assert!(verifier.verify(&token).await.is_ok());
    server.stop().await;
    auth.clock().advance(5 * SECOND);
    assert!(verifier.verify(&token).await.is_ok());
    auth.clock().advance(Duration::from_millis(500));
    assert!(matches!(verifier.verify(&token).await, Err(VerifyError::Stale)));
    let _server = Server::start_at(address, serving_feed(Arc::clone(auth.store()))).await;
    auth.clock().advance(Duration::from_millis(500));
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn every_other_answer_fails_closed() {
    let page = |records: &str| {
        reply(200, format!(r#"{{"records":[{records}],"next":"AA","more":false}}"#))
    };
    let unknown = r#"{"kind":"tenant","tenant":"a","not_before":1,"expires_at":2}"#;
    let cases: [(Reply, StoreErrorKind); 13] = [
        (reply(301, "").header("Location", "/elsewhere"), StoreErrorKind::Misconfigured),
        (reply(400, ""), StoreErrorKind::Misconfigured),
        (reply(401, ""), StoreErrorKind::Misconfigured),
        (reply(403, ""), StoreErrorKind::Misconfigured),
        (reply(404, ""), StoreErrorKind::Misconfigured),
        (reply(410, ""), StoreErrorKind::Corrupt),
        (reply(429, ""), StoreErrorKind::Busy),
        (reply(500, ""), StoreErrorKind::Unavailable),
        (reply(503, ""), StoreErrorKind::Unavailable),
        (reply(204, ""), StoreErrorKind::Unavailable),
        (reply(200, "<html>"), StoreErrorKind::Corrupt),
        (page(unknown), StoreErrorKind::Corrupt),
        (reply(200, vec![b' '; 1 << 20]).endless(), StoreErrorKind::Unavailable),
    ];
    for (answer, kind) in cases {
        let server = Server::start(always(answer.clone())).await;
        let auth = TestAuthority::new();
        let error = feed(&server).read_revocations(None, 10).await.unwrap_err();
        assert_eq!((error.kind(), error.engine()), (kind, "remote"), "{answer:?}");
        let verifier = follower(&auth, feed(&server));
        let refused = verifier.verify(&token(&auth)).await;
        assert!(matches!(refused, Err(VerifyError::Stale)), "{answer:?}");
        // Asked once here, once there, and not again before it is due.
        assert!(verifier.verify(&token(&auth)).await.is_err());
        assert_eq!(server.requests(), 2);
    }
    let server = Server::start(always(page(""))).await;
    assert!(feed(&server).read_revocations(None, 10).await.unwrap().complete);
}

/// A store that started anew numbers its records anew: going on with the old number would miss
/// what it wrote since.
#[tokio::test]
async fn a_feed_that_lost_our_place_is_read_from_the_beginning() {
    let auth = TestAuthority::new();
    let address = reserve().await;
    let verifier = follower(&auth, RemoteFeed::at(&format!("http://{address}/feed")).unwrap());
    let grant = hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web");
    let issued = auth.issue(grant).await.unwrap();
    let at = TestAuthority::STARTS_AT;
    let target = |subject: &str| Target::Owner(Owner::Subject(subject.parse().unwrap()));
    let before = Arc::new(MemoryStore::new());
    for n in 0..5 {
        before.revoke(&target(&format!("other-{n}")), at).await.unwrap();
    }
    let server = Server::start_at(address, serving_feed(before)).await;
    assert!(verifier.verify(issued.access_token()).await.is_ok());
    server.stop().await;

    let after = Arc::new(MemoryStore::new());
    after.revoke(&target("ada"), at).await.unwrap();
    for n in 0..9 {
        after.revoke(&target(&format!("more-{n}")), at).await.unwrap();
    }
    let _server = Server::start_at(address, serving_feed(after)).await;
    for _ in 0..2 {
        auth.clock().advance(Duration::from_millis(500));
        verifier.tick().await;
    }
    assert!(verifier.is_fresh());
    let error = verifier.verify(issued.access_token()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { .. }), "{error}");
    assert_eq!(verifier.revocations().len(), 15, "what was known stays known");
}

#[tokio::test]
async fn the_credential_is_sent_and_never_shown() {
    let empty = reply(200, r#"{"records":[],"next":"","more":false}"#);
    let server = Server::start(always(empty)).await;
    let sent = async |feed: RemoteFeed| {
        assert!(!format!("{feed:?}").contains("s3cret"), "{feed:?}");
        feed.read_revocations(None, 7).await.unwrap();
        server.seen().last().unwrap().header("authorization").map(str::to_owned)
    };
    assert_eq!(sent(feed(&server)).await, None);
    let secret = ClientSecret::new("s3cret/".to_owned());
    let basic = sent(feed(&server).client("part ner", &secret)).await;
    assert_eq!(basic.unwrap(), "Basic cGFydCtuZXI6czNjcmV0JTJG");
    let fixed = sent(feed(&server).authorization("Bearer s3cret")).await;
    assert_eq!(fixed.unwrap(), "Bearer s3cret");
    let turn = Arc::new(AtomicU16::new(0));
    let given = feed(&server).authorization_from(move || {
        format!("Bearer s3cret-{}", turn.fetch_add(1, Ordering::SeqCst))
    });
    assert_eq!(sent(given.clone()).await.unwrap(), "Bearer s3cret-0");
    assert_eq!(sent(given).await.unwrap(), "Bearer s3cret-1");
    let last = server.seen().pop().unwrap();
    assert_eq!((last.parameter("limit"), last.parameter("after")), (Some("7"), None));

    // What cannot be a header is not sent, and not shown.
    let bad = feed(&server).authorization("Bearer s3cret\r\nX: y");
    let error = bad.read_revocations(None, 7).await.unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

/// What the documentation shows is what is read.
#[test]
fn the_documented_page_is_one() {
    let text = include_str!("../../docs/remote.md");
    let (_, from) = text.split_once("no-store\n\n").unwrap();
    let (page, _) = from.split_once("```").unwrap();
    let page = FeedPage::from_json(page).unwrap();
    assert_eq!((page.records.len(), page.complete), (2, true));
}

/// A redirect would carry the credential elsewhere.
#[tokio::test]
async fn the_credential_follows_no_redirect() {
    let elsewhere = Server::start(always(reply(200, ""))).await;
    let to = elsewhere.url("/steal");
    let server = Server::start(script(move |_| reply(307, "").header("Location", &to))).await;
    let feed = feed(&server).authorization("Bearer s3cret");
    assert!(feed.read_revocations(None, 7).await.is_err());
    assert_eq!((server.requests(), elsewhere.requests()), (1, 0));
}

/// The connection is kept: a poll is one round trip.
#[tokio::test]
async fn polls_share_a_connection() {
    let connections = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&connections);
    let accept = move |stream| {
        *counted.lock().unwrap() += 1;
        async move { Some(stream) }
    };
    let store = Arc::new(MemoryStore::new());
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::listen(address, serving_feed(store), accept).await;
    let feed = feed(&server);
    let mut cursor = None;
    for _ in 0..20 {
        cursor = Some(feed.read_revocations(cursor.as_ref(), 10).await.unwrap().cursor);
    }
    assert_eq!((*connections.lock().unwrap(), server.requests()), (1, 20));
}
