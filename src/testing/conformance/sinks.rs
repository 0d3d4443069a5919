//! Knows what a store promises to those who listen in the same process.
//! Must not know what they do with a record.

use std::{
    collections::HashSet,
    future::poll_fn,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use super::{
    Suite, Violation,
    sample::{MINUTE, owners},
    sessions::put,
    violation::{Because, ensure},
    workers::Job,
};
use crate::store::{
    ApiKeyChange, EndReason, Reach, RevocationRecord, RevocationSink, Store, StoreError, Target,
};

const SINKS: &str = "subscribe: a record reaches every sink before the writing call returns";
const SEEN: &str =
    "subscribe: an end that a call reports, its own or another's, has reached the sinks";

/// How long calls may hold each other up before the check lets them go.
const PATIENCE: Duration = Duration::from_secs(1);

/// Remembers what it was told; the first call can be held up.
#[derive(Debug, Default)]
struct Listener {
    heard: Mutex<HashSet<Target>>,
    hold: Mutex<Hold>,
    changed: Condvar,
}

#[derive(Debug, Default, PartialEq)]
enum Hold {
    #[default]
    Free,
    Next,
    Held,
}

impl RevocationSink for Listener {
    fn record(&self, record: &RevocationRecord) {
        let mut hold = lock(&self.hold);
        if *hold == Hold::Next {
            *hold = Hold::Held;
            self.changed.notify_all();
            while *hold == Hold::Held {
                hold = self.changed.wait(hold).unwrap_or_else(PoisonError::into_inner);
            }
        }
        drop(hold);
        lock(&self.heard).insert(record.target.clone());
    }
}

impl Listener {
    fn has(&self, target: &Target) -> bool {
        lock(&self.heard).contains(target)
    }

    fn forget(&self) {
        lock(&self.heard).clear();
    }

    fn set(&self, to: Hold) {
        *lock(&self.hold) = to;
        self.changed.notify_all();
    }

    /// Waits until a call is held up; not for ever, as an engine may publish in another order.
    /// It yields instead of blocking, because the call may wait for this very thread.
    async fn wait_held(&self) {
        let start = Instant::now();
        poll_fn(|context| {
            if *lock(&self.hold) != Hold::Next || start.elapsed() > PATIENCE {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn subscribe<S: Store>(store: &S) -> Arc<Listener> {
    let listener = Arc::new(Listener::default());
    let weak: Weak<Listener> = Arc::downgrade(&listener);
    store.subscribe(weak);
    listener
}

pub(super) async fn every_write_reaches_the_sinks_before_it_returns<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    let sinks = [subscribe(store), subscribe(store)];
    // One that is gone must not trouble the others.
    drop(subscribe(store));
    let heard = |target: Target, what: &str| {
        let all = sinks.iter().all(|sink| sink.has(&target));
        sinks.iter().for_each(|sink| sink.forget());
        ensure(SINKS, all, what)
    };
    let token = Target::Token(sample.token_id());
    store.revoke(&token, now).await.because(SINKS)?;
    heard(token, "revoke")?;

    let ended = sample.session_of(&subject, &client)?;
    put(store, &ended).await?;
    store.end_session(&ended.id, EndReason::SignedOut, now).await.because(SINKS)?;
    heard(Target::Session(ended.id), "end_session")?;

    let stolen = sample.session_of(&subject, &client)?;
    put(store, &stolen).await?;
    for (generation, later) in [(0, now), (1, now + MINUTE), (0, now + MINUTE)] {
        let rotation = sample.rotation(&stolen, generation);
        store.rotate_session(&rotation, later).await.because(SINKS)?;
    }
    heard(Target::Session(stolen.id), "rotate_session, on reuse")?;

    let key = sample.api_key_of(&subject, &client)?;
    store.insert_api_key(&key).await.because(SINKS)?;
    let change = ApiKeyChange { name: Some("renamed".to_owned()), ..ApiKeyChange::default() };
    store.update_api_key(&key.id, &change, now).await.because(SINKS)?;
    heard(Target::ApiKey(key.id), "update_api_key")?;
    let successor = sample.api_key_of(&subject, &client)?;
    store.rotate_api_key(&key.id, &successor, now + MINUTE, now).await.because(SINKS)?;
    heard(Target::ApiKey(key.id), "rotate_api_key")?;
    store.end_api_key(&key.id, EndReason::Administrative, now).await.because(SINKS)?;
    heard(Target::ApiKey(key.id), "end_api_key")?;

    for owner in owners(&subject, &client) {
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, Reach::Everything, reason, now).await.because(SINKS)?;
        heard(Target::Owner(owner), "revoke_owner")?;
    }
    Ok(())
}

/// Two calls end the same session. The first has written, and is held up before its record is
/// heard; the second finds the session ended. When it returns, its caller may believe that no
/// token of the session is accepted in this process.
pub(super) async fn an_end_seen_by_another_call_has_reached_the_sinks<S: Store>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let session = sample.session()?;
    put(&**store, &session).await?;
    let listener = subscribe(&**store);
    listener.set(Hold::Next);
    let mut jobs: Vec<Job<Result<bool, StoreError>>> = Vec::new();
    for second in [false, true] {
        let (store, listener) = (Arc::clone(store), Arc::clone(&listener));
        let (id, now) = (session.id, sample.now);
        jobs.push(Box::pin(async move {
            if second {
                listener.wait_held().await;
            }
            let ended = store.end_session(&id, EndReason::SignedOut, now).await;
            let heard = listener.has(&Target::Session(id));
            if second {
                listener.set(Hold::Free);
            }
            ended.map(|_| heard)
        }));
    }
    // An engine may make the second call wait for the first; then the first must go on.
    let timer = Arc::clone(&listener);
    let release = thread::Builder::new().spawn(move || {
        thread::sleep(PATIENCE * 2);
        timer.set(Hold::Free);
    });
    ensure(SEEN, release.is_ok(), "the check could not start its timer")?;
    for heard in suite.workers_ref().race(SEEN, jobs).await? {
        ensure(SEEN, heard.because(SEEN)?, "a call returned before the record was heard")?;
    }
    Ok(())
}
