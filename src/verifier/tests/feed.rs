//! Knows that what is revoked is refused, and that not knowing is refused too.
//! Must not know how the index stores it.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;

use super::support::*;
use crate::{
    Timestamp,
    id::{ClientId, SessionId, Subject, TokenId},
    store::{
        Cursor, EndReason, FeedPage, MemoryStore, Owner, Reach, RevocationFeed, RevocationSink,
        RevocationStore, StoreError, StoreErrorKind, Target,
    },
    verifier::{ConfirmationSink, FailureKind, RevokedBy, Verifier, VerifyError},
};

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(NOW)
}

fn fed(store: &Arc<MemoryStore>) -> (Arc<TestClock>, Verifier) {
    let clock = TestClock::new();
    let feed: Arc<dyn RevocationFeed> = Arc::<MemoryStore>::clone(store);
    let verifier = builder(&clock).revocations(feed).build().unwrap();
    (clock, verifier)
}

#[track_caller]
fn revoked_by(verifier: &Verifier, token: &str) -> Option<RevokedBy> {
    match block_on(verifier.verify(token)) {
        Ok(_) => None,
        Err(VerifyError::Revoked { by }) => Some(by),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn each_target_is_refused_at_once_and_after_a_restart() {
    let subject = Subject::parse("ada").unwrap();
    let client = ClientId::parse("web").unwrap();
    for (target, by) in [
        (Target::Token(token_id()), RevokedBy::Token),
        (Target::Session(session()), RevokedBy::Session),
        (Target::Owner(Owner::Subject(subject.clone())), RevokedBy::Subject),
        (Target::Owner(Owner::Client(client.clone())), RevokedBy::Client),
        (Target::Owner(Owner::SubjectAtClient(subject, client)), RevokedBy::SubjectAtClient),
        (Target::SigningKey(key().kid().clone()), RevokedBy::SigningKey),
    ] {
        let store = Arc::new(MemoryStore::new());
        let (_, verifier) = fed(&store);
        assert_eq!(revoked_by(&verifier, &good()), None);
        block_on(store.revoke(&target, now())).unwrap();
        assert_eq!(revoked_by(&verifier, &good()), Some(by), "no poll was due");
        assert!(matches!(verifier.verify_jwt(&good()), Err(VerifyError::Revoked { .. })));
        let (_, restarted) = fed(&store);
        assert_eq!(revoked_by(&restarted, &good()), Some(by));
    }
}

#[test]
fn an_owner_record_kills_what_was_born_before_it() {
    let store = Arc::new(MemoryStore::new());
    let (_, verifier) = fed(&store);
    let owner = Owner::Subject(Subject::parse("ada").unwrap());
    let at = Timestamp::from_unix_millis(NOW * 1000 + 10);
    block_on(store.revoke_owner(&owner, Reach::Sessions, EndReason::Administrative, at)).unwrap();
    let born = |millis: u64| {
        let id = SessionId::from_parts(Timestamp::from_unix_millis(millis), [1; 12]);
        sign(&with(json!({ "sid": id, "iat": NOW + 20 })))
    };
    assert_eq!(revoked_by(&verifier, &born(NOW * 1000 + 10)), Some(RevokedBy::Subject));
    assert_eq!(revoked_by(&verifier, &born(NOW * 1000 + 11)), None, "a login a moment later");
    let other = sign(&with(json!({ "sub": "bob" })));
    assert_eq!(revoked_by(&verifier, &other), None);
    // An identifier that claims a birth after its own token's dates nothing.
    let forged = born((NOW + 86_400) * 1000);
    assert_eq!(revoked_by(&verifier, &forged), Some(RevokedBy::Subject));
    let without_session = sign(&with(json!({ "sid": null })));
    assert_eq!(revoked_by(&verifier, &without_session), Some(RevokedBy::Subject));
}

/// A feed that counts, and fails or hangs on demand.
#[derive(Debug, Default)]
struct Fickle {
    store: MemoryStore,
    reads: AtomicUsize,
    broken: AtomicBool,
}

#[async_trait]
impl RevocationFeed for Fickle {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "fickle"));
        }
        self.store.read_revocations(after, limit.min(2)).await
    }

    async fn changed(&self) {
        std::future::pending().await
    }

    fn subscribe(&self, _: std::sync::Weak<dyn RevocationSink>) {}
}

#[test]
fn not_knowing_is_refused() {
    let clock = TestClock::new();
    let feed = Arc::new(Fickle::default());
    let verifier = builder(&clock).revocations(Arc::<Fickle>::clone(&feed)).build().unwrap();
    let error = verifier.verify_jwt(&good()).unwrap_err();
    assert!(matches!(error, VerifyError::Stale), "nothing was loaded yet");
    assert_eq!(error.kind(), FailureKind::Unavailable);
    block_on(verifier.ready()).unwrap();
    assert!(verifier.verify_jwt(&good()).is_ok());

    for _ in 0..5 {
        assert!(block_on(verifier.verify(&good())).is_ok());
    }
    assert_eq!(feed.reads.load(Ordering::SeqCst), 1, "no poll before it is due");
    clock.advance(Duration::from_millis(500));
    assert!(block_on(verifier.verify(&good())).is_ok());
    assert_eq!(feed.reads.load(Ordering::SeqCst), 2);

    feed.broken.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(5));
    assert!(block_on(verifier.verify(&good())).is_ok(), "five seconds old is not too old");
    clock.advance(Duration::from_millis(1));
    assert!(matches!(block_on(verifier.verify(&good())), Err(VerifyError::Stale)));
    assert!(matches!(verifier.verify_jwt(&good()), Err(VerifyError::Stale)));
    assert!(matches!(block_on(verifier.ready()), Err(VerifyError::Store(_))));
    let junk = verifier.verify_jwt("a.b.c").unwrap_err();
    assert_eq!(junk.kind(), FailureKind::BadCredential, "junk is junk, fresh or not");
    // The wall clock does not make old news fresh.
    clock.set_wall(now());
    assert!(matches!(verifier.verify_jwt(&good()), Err(VerifyError::Stale)));

    feed.broken.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_millis(500));
    assert!(block_on(verifier.verify(&good())).is_ok());
}

#[test]
fn stale_by_choice() {
    let clock = TestClock::new();
    let feed = Arc::new(Fickle::default());
    feed.broken.store(true, Ordering::SeqCst);
    let builder = builder(&clock).dangerous_allow_stale();
    let verifier = builder.revocations(Arc::<Fickle>::clone(&feed)).build().unwrap();
    assert!(verifier.verify_jwt(&good()).is_ok());
    assert!(block_on(verifier.verify(&good())).is_ok());
    assert!(!verifier.is_fresh());
}

#[test]
fn every_page_is_read_before_anything_is_decided() {
    let clock = TestClock::new();
    let feed = Arc::new(Fickle::default());
    for n in 0..9 {
        let id = SessionId::from_parts(now(), [n; 12]);
        block_on(feed.store.revoke(&Target::Session(id), now())).unwrap();
    }
    block_on(feed.store.revoke(&Target::Session(session()), now())).unwrap();
    let verifier = builder(&clock).revocations(Arc::<Fickle>::clone(&feed)).build().unwrap();
    assert_eq!(revoked_by(&verifier, &good()), Some(RevokedBy::Session));
    assert_eq!(verifier.revocations().len(), 10);
    // The next poll goes on where this one ended.
    let reads = feed.reads.load(Ordering::SeqCst);
    clock.advance(Duration::from_secs(1));
    assert_eq!(block_on(verifier.tick()), Duration::from_millis(500));
    assert_eq!(feed.reads.load(Ordering::SeqCst), reads + 1);
}

#[test]
fn a_stepped_wall_clock_forgets_nothing() {
    let store = Arc::new(MemoryStore::new());
    let (clock, verifier) = fed(&store);
    block_on(store.revoke(&Target::Session(session()), now())).unwrap();
    assert_eq!(revoked_by(&verifier, &good()), Some(RevokedBy::Session));
    clock.set_wall(now() + Duration::from_secs(400 * 86_400));
    clock.advance(Duration::from_secs(1));
    block_on(verifier.tick());
    clock.set_wall(now());
    assert_eq!(revoked_by(&verifier, &good()), Some(RevokedBy::Session));
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<(SessionId, u32)>>);

impl ConfirmationSink for Heard {
    fn confirm(&self, session: SessionId, generation: u32) {
        self.0.lock().unwrap().push((session, generation));
    }
}

#[test]
fn a_generation_is_confirmed_once() {
    let heard = Arc::new(Heard::default());
    let verifier = stateless().confirmations(Arc::<Heard>::clone(&heard)).build().unwrap();
    for _ in 0..3 {
        assert!(verifier.verify_jwt(&good()).is_ok());
    }
    assert!(verifier.verify_jwt(&sign(&with(json!({ "gen": 4 })))).is_ok());
    assert!(verifier.verify_jwt(&sign(&with(json!({ "gen": null })))).is_ok());
    let expired = sign(&with(json!({ "gen": 9, "exp": NOW - 60 })));
    assert!(verifier.verify_jwt(&expired).is_err());
    assert_eq!(*heard.0.lock().unwrap(), [(session(), 3), (session(), 4)]);
}

/// A poll that failed is no poll, however recent.
#[test]
fn nothing_is_decided_before_the_first_complete_read() {
    let clock = TestClock::new();
    let feed = Arc::new(Fickle::default());
    feed.broken.store(true, Ordering::SeqCst);
    let verifier = builder(&clock).revocations(Arc::<Fickle>::clone(&feed)).build().unwrap();
    for _ in 0..3 {
        assert!(matches!(block_on(verifier.verify(&good())), Err(VerifyError::Stale)));
    }
}

/// A feed that answers only when it is let.
#[derive(Debug, Default)]
struct Gated(MemoryStore, AtomicBool);

#[async_trait]
impl RevocationFeed for Gated {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let is_open = || self.1.load(Ordering::SeqCst);
        poll_fn(|_| if is_open() { Poll::Ready(()) } else { Poll::Pending }).await;
        self.0.read_revocations(after, limit).await
    }

    async fn changed(&self) {
        std::future::pending().await
    }

    fn subscribe(&self, _: std::sync::Weak<dyn RevocationSink>) {}
}

/// At the start all wait for the first poll, whoever makes it; later nobody waits for another's.
#[test]
fn a_poll_of_another_is_waited_for_only_at_the_start() {
    let clock = TestClock::new();
    let feed = Arc::new(Gated::default());
    let verifier = builder(&clock).revocations(Arc::<Gated>::clone(&feed)).build().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let token = good();
    let [mut first, mut second] = [(); 2].map(|()| Box::pin(verifier.verify(&token)));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending(), "it has nothing to decide by yet");
    feed.1.store(true, Ordering::SeqCst);
    assert!(matches!(first.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Ok(_))));

    feed.1.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_millis(500));
    let [mut first, mut second] = [(); 2].map(|()| Box::pin(verifier.verify(&token)));
    assert!(first.as_mut().poll(&mut context).is_pending(), "it polls");
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
}

/// A feed that always has more, from the same place on.
#[derive(Debug, Default)]
struct Stuck(MemoryStore, AtomicUsize);

#[async_trait]
impl RevocationFeed for Stuck {
    async fn read_revocations(&self, _: Option<&Cursor>, _: u32) -> Result<FeedPage, StoreError> {
        assert!(self.1.fetch_add(1, Ordering::SeqCst) < 10, "asked for the same again and again");
        let page = self.0.read_revocations(None, 1).await?;
        Ok(FeedPage { complete: false, ..page })
    }

    async fn changed(&self) {
        std::future::pending().await
    }

    fn subscribe(&self, _: std::sync::Weak<dyn RevocationSink>) {}
}

#[test]
fn a_feed_that_stands_still_is_an_error() {
    let verifier = builder(&TestClock::new()).revocations(Stuck::default()).build().unwrap();
    match block_on(verifier.ready()) {
        Err(VerifyError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Corrupt),
        other => panic!("{other:?}"),
    }
}

/// An identifier may be a little younger than its token says: by the leeway, and a second of rounding.
#[test]
fn an_identifier_dates_itself_within_the_leeway() {
    let verifier = stateless().build().unwrap();
    let latest = Timestamp::from_unix_seconds(NOW + 31);
    for (born, expected) in [(latest, latest), (latest + Duration::from_millis(1), now())] {
        let (session, token) =
            (SessionId::from_parts(born, [1; 12]), TokenId::from_parts(born, [2; 12]));
        let who =
            verifier.verify_jwt(&sign(&with(json!({ "sid": session, "jti": token })))).unwrap();
        assert_eq!(who.born(), expected);
    }
}
