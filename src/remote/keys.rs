//! Knows an issuer's keys as they were last read, and reads them anew: one request at a time, as
//! often as `pace` allows.
//! Must not know an HTTP client, nor how a key is parsed.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{
    document::Document,
    pace::{Limits, Pace, Why},
};
use crate::{
    clock::Clock,
    event,
    key::{Backend, Jwks, VerifyingKeys},
    verifier::{Flight, KeySource, KeySourceError},
};

/// The keys of an issuer, read over HTTP.
#[derive(Debug)]
pub(super) struct RemoteKeys(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    document: Document,
    limits: Limits,
    backend: Backend,
    clock: Arc<dyn Clock>,
    /// Replaced as a whole.
    keys: RwLock<VerifyingKeys>,
    /// Counts how often they were replaced by others.
    generation: AtomicU64,
    /// Monotonic milliseconds from which the keys are believed no more; 0 before any were read.
    believed_until: AtomicU64,
    /// Monotonic milliseconds at which the next read is due.
    due_at: AtomicU64,
    /// How many reads have begun, and how many have ended.
    begun: AtomicU64,
    ended: AtomicU64,
    flight: Arc<Flight>,
    pace: Mutex<Pace>,
    /// Why there is nothing to be believed, should that be so.
    trouble: Mutex<KeySourceError>,
}

/// What came of the wish to read.
enum Begun {
    /// A read is under way.
    Airborne,
    /// It is under way if this is awaited: there is no runtime that would carry it on.
    Here(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// The issuer may not be asked now.
    Refused,
}

impl RemoteKeys {
    pub(super) fn new(
        document: Document,
        limits: Limits,
        backend: Backend,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Shared {
            document,
            limits,
            backend,
            clock,
            keys: RwLock::default(),
            generation: AtomicU64::new(0),
            believed_until: AtomicU64::new(0),
            due_at: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            flight: Arc::default(),
            pace: Mutex::default(),
            trouble: Mutex::new(KeySourceError::new("the issuer was not asked yet")),
        }))
    }
}

impl Shared {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self) -> MutexGuard<'_, KeySourceError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_believed(&self) -> bool {
        millis(self.clock.monotonic()) < self.believed_until.load(Ordering::Acquire)
    }

    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        if self.is_believed() {
            Ok(self.keys.read().unwrap_or_else(PoisonError::into_inner).clone())
        } else {
            Err(self.trouble().clone())
        }
    }

    fn knows(&self, kid: &str) -> bool {
        let now = self.clock.now();
        self.snapshot().is_ok_and(|keys| keys.find(kid, now).is_some())
    }

    fn is_due(&self) -> bool {
        self.due_at.load(Ordering::Acquire) <= millis(self.clock.monotonic())
    }

    /// Begins a read, unless one is under way or the issuer may not be asked.
    ///
    /// On tokio the read is a task of its own: a request that is given up must not end what many
    /// wait for, or junk could keep new keys from ever being read.
    fn begin(self: &Arc<Self>, why: Why) -> Begun {
        let Some(landing) = self.flight.begin_alone() else { return Begun::Airborne };
        let now = self.clock.monotonic();
        {
            let mut pace = self.pace();
            if !pace.begin(why, now, &self.limits) {
                return Begun::Refused;
            }
            self.due_at.store(millis(pace.due_at()), Ordering::Release);
        }
        self.begun.fetch_add(1, Ordering::AcqRel);
        let shared = Arc::clone(self);
        let work = async move {
            shared.read_and_keep(now).await;
            drop(landing);
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                drop(runtime.spawn(work));
                Begun::Airborne
            }
            Err(_) => Begun::Here(Box::pin(work)),
        }
    }

    /// Waits until a read that began after this call has ended, or `enough`, or none may begin.
    async fn read_until(self: &Arc<Self>, why: Why, enough: impl Fn() -> bool) {
        // A read that is under way already may have missed what the caller looks for.
        let needed = self.begun.load(Ordering::Acquire) + 1;
        while !enough() && self.ended.load(Ordering::Acquire) < needed {
            match self.begin(why) {
                Begun::Airborne => self.flight.wait().await,
                Begun::Here(work) => work.await,
                Begun::Refused => return,
            }
        }
    }

    async fn read_and_keep(&self, began: Duration) {
        match self.document.read().await {
            Ok((jwks, lifetime)) => {
                let Limits { min_age, max_age, .. } = self.limits;
                let fresh_for = lifetime.unwrap_or(max_age).clamp(min_age, max_age);
                self.keep(&jwks, fresh_for, began);
            }
            Err(error) => {
                event::keys_failed(&error);
                *self.trouble() = error;
                let mut pace = self.pace();
                pace.failed(self.clock.monotonic());
                self.due_at.store(millis(pace.due_at()), Ordering::Release);
            }
        }
        self.ended.fetch_add(1, Ordering::AcqRel);
    }

    fn keep(&self, jwks: &Jwks, fresh_for: Duration, began: Duration) {
        event::keys_read(jwks.keys().len(), jwks.skipped().len());
        // INVARIANT (Jwks): two of one name are refused when it is read.
        let keys = jwks.verifying_keys().unwrap_or_default();
        // Both backends say the same of every key and signature, so one will do for the other.
        let keys = keys.with_backend(self.backend).unwrap_or(keys);
        // An issuer that takes all its keys back is obeyed. That is still no reason to tell
        // clients that their tokens are bad.
        let (believed_until, fresh_for) = match jwks.keys() {
            [] => {
                *self.trouble() =
                    KeySourceError::new("the issuer publishes no key that can be used");
                (Duration::ZERO, self.limits.min_age)
            }
            _ => {
                *self.trouble() = KeySourceError::new("they could not be read for too long");
                (began + self.limits.max_stale, fresh_for)
            }
        };
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let changed = !known.is_same(&keys);
        *known = keys;
        if changed {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        drop(known);
        self.believed_until.store(millis(believed_until), Ordering::Release);
        let mut pace = self.pace();
        pace.succeeded(began, fresh_for);
        self.due_at.store(millis(pace.due_at()), Ordering::Release);
    }
}

#[async_trait]
impl KeySource for RemoteKeys {
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        self.0.snapshot()
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        let shared = &self.0;
        let fresh = || shared.pace().is_fresh(shared.clock.monotonic());
        shared.read_until(Why::Due, fresh).await;
        shared.snapshot().map(|_| ())
    }

    async fn find_missing(&self, kid: &str) -> Result<bool, KeySourceError> {
        let shared = &self.0;
        shared.read_until(Why::Missing, || shared.knows(kid)).await;
        if shared.knows(kid) {
            return Ok(true);
        }
        // Keys are published before they sign. So while what we know is fresh, a name that is not
        // there is nobody's; otherwise it may be that of a key we have not been told of.
        match shared.snapshot() {
            Ok(_) if shared.pace().is_fresh(shared.clock.monotonic()) => Ok(false),
            Ok(_) => Err(KeySourceError::new("they are old and cannot be read anew")),
            Err(trouble) => Err(trouble),
        }
    }

    fn generation(&self) -> Option<u64> {
        let shared = &self.0;
        shared.is_believed().then(|| shared.generation.load(Ordering::Acquire))
    }

    fn due_in(&self) -> Duration {
        let due_at = Duration::from_millis(self.0.due_at.load(Ordering::Acquire));
        due_at.saturating_sub(self.0.clock.monotonic())
    }

    async fn refresh(&self) {
        let shared = &self.0;
        shared.read_until(Why::Due, || !shared.flight.is_airborne() && !shared.is_due()).await;
    }

    async fn nudge(&self) {
        match self.0.begin(Why::Due) {
            Begun::Here(work) => work.await,
            Begun::Airborne | Begun::Refused => {}
        }
    }
}

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}
