//! What is taken back while a code is being made is not in it (INVARIANTS 16): the host is asked
//! for permissions in the middle, and that is when it happens here.

use std::{
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    Authority, Grant, MemoryStore, Scope, Timestamp,
    authority::{AuthorityBuilder, Client, CodeError, CodeRedemption, GrantType},
    clock::Clock,
    id::{ClientId, Subject},
    store::{
        CodeRefusal, ConsentStore as _, RevocationFeed as _, RevocationRecord, RevocationSink,
    },
    testing::{TestAuthority, TestClock, conformance::block_on},
    verifier::{PermissionError, PermissionSource, VerifyError},
};

use crate::{
    host::{World, code_sent},
    support::{REDIRECT, SECRET, VERIFIER, ada, binding, id, partner},
};

/// What is taken back, and at the how many'th question from now.
#[derive(Debug, Clone, Copy)]
enum TakeBack {
    Consent,
    PartOfIt,
    Client,
}

/// Allows everything, and takes something back while it is asked.
#[derive(Debug, Clone, Default)]
struct Meanwhile {
    authority: Arc<OnceLock<Authority>>,
    plan: Arc<Mutex<Option<(u32, TakeBack)>>>,
}

impl Meanwhile {
    fn plan(&self, question: u32, what: TakeBack) {
        *self.plan.lock().unwrap() = Some((question, what));
    }

    fn is_due(&self) -> Option<TakeBack> {
        let mut plan = self.plan.lock().unwrap();
        let (left, what) = plan.as_mut()?;
        *left -= 1;
        let (due, what) = (*left == 0, *what);
        if due {
            *plan = None;
        }
        due.then_some(what)
    }
}

#[async_trait]
impl PermissionSource for Meanwhile {
    async fn permissions(
        &self,
        _: &Subject,
        _: Option<&ClientId>,
    ) -> Result<Scope, PermissionError> {
        let authority = self.authority.get().unwrap();
        match self.is_due() {
            Some(TakeBack::Consent) => {
                let _ = authority.withdraw_consent(&ada(), &id("partner")).await.unwrap();
            }
            Some(TakeBack::PartOfIt) => {
                let less = "invoice:7:read".parse().unwrap();
                let _ = authority.narrow_consent(&ada(), &id("partner"), &less).await.unwrap();
            }
            Some(TakeBack::Client) => authority.disable_client(&id("late")).await.unwrap(),
            None => {}
        }
        Ok("*:*:*".parse().unwrap())
    }
}

async fn world() -> (World, Meanwhile) {
    let source = Meanwhile::default();
    let world = World::with(|builder| builder.permissions(source.clone()));
    source.authority.set(world.auth.authority().clone()).unwrap();
    let late = Client::confidential("late")
        .secret(SECRET)
        .redirect_uri(REDIRECT)
        .scope("invoice:*:read".parse().unwrap())
        .grant(GrantType::AuthorizationCode)
        .grant(GrantType::ClientCredentials)
        .grant(GrantType::RefreshToken);
    let _ = world.auth.register_client(late).await.unwrap();
    (world, source)
}

fn late() -> Grant {
    Grant::new("ada", "invoice:*:read".parse().unwrap()).client("late")
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_while_a_code_is_made_opens_no_session() {
    let (world, source) = world().await;
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let page = world.authorize(&[]).await;
    let tick = || world.auth.clock().advance(Duration::from_millis(1));
    code_sent(&world.allow(&page).await);
    // The first question is for the page; for a code without a page the second is for the code.
    for (question, ask_first) in [(2, false), (1, true)] {
        let answer = if ask_first {
            let page = world.authorize(&[("prompt", "consent")]).await;
            source.plan(question, TakeBack::Consent);
            world.allow(&page).await
        } else {
            source.plan(question, TakeBack::Consent);
            world.authorize(&[]).await
        };
        let code = code_sent(&answer);
        assert_eq!(world.auth.find_consent(&ada(), &partner).await.unwrap(), None);
        let refused = world.auth.redeem_code(&code, given.clone()).await.unwrap_err();
        assert!(matches!(refused, CodeError::Refused(CodeRefusal::Revoked)), "{refused:?}");
        assert!(world.auth.list_sessions(&ada(), None, 9).await.unwrap().is_empty());
        tick();
    }
    // Allowed again, in the very same millisecond.
    let code = code_sent(&world.allow(&world.authorize(&[]).await).await);
    assert!(world.auth.redeem_code(&code, given).await.is_ok());
}

#[tokio::test]
async fn a_client_that_is_disabled_while_it_is_served_gets_nothing_that_lives() {
    let (world, source) = world().await;
    let (auth, client) = (&world.auth, id("late"));
    let given = CodeRedemption::new(&client, VERIFIER).redirect_uri(REDIRECT);
    let enable = || {
        auth.clock().advance(Duration::from_millis(1));
        auth.enable_client(&client)
    };

    source.plan(1, TakeBack::Client);
    let code = auth.issue_code(late(), binding()).await.unwrap();
    assert!(auth.redeem_code(&code, given).await.is_err(), "a code");
    enable().await.unwrap();

    source.plan(1, TakeBack::Client);
    assert!(auth.issue(late()).await.is_err(), "a session");
    enable().await.unwrap();

    source.plan(1, TakeBack::Client);
    let minted = auth.issue_access(late()).await.unwrap();
    assert!(auth.verify(minted.access_token()).await.is_err(), "a token of no session");
    enable().await.unwrap();

    source.plan(1, TakeBack::Client);
    assert!(auth.issue_api_key(late(), "a key", None).await.is_err(), "an API key");
    enable().await.unwrap();

    // Enabled again it starts anew.
    assert!(auth.list_sessions(&ada(), None, 9).await.unwrap().is_empty());
    let issued = auth.issue(late()).await.unwrap();
    assert!(auth.verify(issued.access_token()).await.is_ok());
    let minted = auth.issue_access(late()).await.unwrap();
    assert!(auth.verify(minted.access_token()).await.is_ok());
}

/// The clock of an instance whose command takes long: its time was read two milliseconds before
/// now, and it has its effect two milliseconds from now.
#[derive(Debug)]
struct Slow {
    clock: TestClock,
    is_done: AtomicBool,
}

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        let (now, step) = (self.clock.now(), Duration::from_millis(2));
        if self.is_done.load(Ordering::Relaxed) { now + step } else { now - step }
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

impl RevocationSink for Slow {
    fn record(&self, _: &RevocationRecord) {
        self.is_done.store(true, Ordering::Relaxed);
    }
}

/// The time of a mark is read before its command. What is born between that and its effect has
/// read what was there before, and ends all the same.
#[tokio::test]
async fn what_is_born_while_a_command_is_under_way_ends_with_it() {
    for what in [TakeBack::Consent, TakeBack::PartOfIt, TakeBack::Client] {
        let (world, source) = (World::new(), Meanwhile::default());
        let (store, clock) = (world.auth.store().clone(), world.auth.clock().clone());
        let instance = |configure: &dyn Fn(AuthorityBuilder) -> AuthorityBuilder| {
            TestAuthority::sharing(store.clone(), clock.clone(), |builder| {
                configure(builder.client(partner()).server_store(store.clone()))
            })
        };
        let slow = Arc::new(Slow { clock: clock.clone(), is_done: AtomicBool::new(false) });
        let (there, here) = (
            instance(&|builder| builder.clock(slow.clone())),
            instance(&|builder| builder.permissions(source.clone())),
        );
        let client = Client::confidential("late").secret(SECRET).redirect_uri(REDIRECT);
        let client = client.scope("invoice:*:read".parse().unwrap());
        let _ = there.register_client(client.grant(GrantType::AuthorizationCode)).await.unwrap();
        store.subscribe(Arc::downgrade(&slow) as Weak<dyn RevocationSink>);

        source.authority.set(there.authority().clone()).unwrap();
        source.plan(1, what);
        let all = "invoice:*:read".parse().unwrap();
        let _ = here.give_consent(&ada(), &id("partner"), &all).await.unwrap();
        let client = if matches!(what, TakeBack::Client) { "late" } else { "partner" };
        let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client(client);
        let minted = here.issue_access(grant).await.unwrap();
        assert!(slow.is_done.load(Ordering::Relaxed));
        let refused = here.verify(minted.access_token()).await;
        assert!(matches!(refused, Err(VerifyError::Revoked { .. })), "{what:?}: {refused:?}");
    }
}

/// The clock of an instance that reads what is consented, and has not yet written when somebody
/// else takes it back.
#[derive(Debug)]
struct Overtaken {
    clock: TestClock,
    there: Arc<MemoryStore>,
    is_armed: AtomicBool,
}

impl Clock for Overtaken {
    fn now(&self) -> Timestamp {
        if self.is_armed.swap(false, Ordering::Relaxed) {
            let (ada, partner) = (ada(), id("partner"));
            let withdrawn = self.there.withdraw_consent(&ada, &partner, self.clock.now());
            let _ = block_on(withdrawn).unwrap();
        }
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// What is given or kept is what was asked for now: nothing that somebody has taken back meanwhile
/// comes back with it.
#[tokio::test]
async fn a_withdrawal_between_reading_and_writing_a_consent_is_not_undone() {
    for narrowed in [false, true] {
        let world = World::new();
        let (store, clock) = (world.auth.store().clone(), world.auth.clock().clone());
        let scope = |text: &str| -> Scope { text.parse().unwrap() };
        let overtaken = Arc::new(Overtaken {
            clock: clock.clone(),
            there: store.clone(),
            is_armed: AtomicBool::new(false),
        });
        let here = TestAuthority::sharing(store.clone(), clock.clone(), |builder| {
            let builder = builder.client(partner()).server_store(store.clone());
            builder.clock(overtaken.clone())
        });
        let both = scope("invoice:*:read page:*:read");
        let _ = here.give_consent(&ada(), &id("partner"), &both).await.unwrap();
        overtaken.is_armed.store(true, Ordering::Relaxed);
        let (given, left) = if narrowed {
            let kept = here.narrow_consent(&ada(), &id("partner"), &scope("page:*:read")).await;
            (kept.unwrap(), Scope::empty())
        } else {
            let given = here.give_consent(&ada(), &id("partner"), &scope("note")).await;
            (given.unwrap(), scope("note"))
        };
        assert!(!overtaken.is_armed.load(Ordering::Relaxed), "it was taken back in between");
        assert_eq!(given, left);
        let found = here.find_consent(&ada(), &id("partner")).await.unwrap();
        assert_eq!(found.map_or(Scope::empty(), |found| found.scope), left, "{narrowed}");
    }
}

/// INVARIANTS 21: what cannot be answered is not begun. A code that met an authority without a key
/// to sign is as good as before.
#[tokio::test]
async fn inv_21_a_code_is_not_spent_when_nothing_can_be_signed() {
    let (world, _) = world().await;
    let partner = id("partner");
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let code = code_sent(&world.allow(&world.authorize(&[]).await).await);
    let now = world.auth.clock().now();
    let only = world.auth.key_ring().signing_key(now).unwrap().kid().clone();
    world.auth.withdraw_key(&only).await.unwrap();
    let refused = world.auth.redeem_code(&code, given.clone()).await.unwrap_err();
    assert!(matches!(refused, CodeError::Signing(_)), "{refused:?}");
    assert!(world.auth.list_sessions(&ada(), None, 9).await.unwrap().is_empty());
}
