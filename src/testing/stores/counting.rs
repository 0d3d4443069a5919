//! Knows how often each method of a store was called.
//! Must not change any answer.

#![deny(clippy::missing_trait_methods, reason = "a forgotten method would not be counted")]

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{StoreMethod, forward::forward_store, forward_server::forward_server_store};

/// A store that counts its calls and passes them on.
///
/// ```
/// use hallpass::store::{MemoryStore, SessionStore};
/// use hallpass::testing::{CountingStore, StoreMethod, conformance::block_on};
/// # use hallpass::{Timestamp, id::SessionId};
///
/// let store = CountingStore::new(MemoryStore::new());
/// # let id = SessionId::from_parts(Timestamp::EPOCH, [0; 12]);
/// block_on(store.find_session(&id))?;
/// assert_eq!(store.calls(StoreMethod::FindSession), 1);
/// assert_eq!(store.total(), 1);
/// # Ok::<(), hallpass::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct CountingStore<S> {
    inner: S,
    counts: [AtomicU64; StoreMethod::ALL.len()],
}

impl<S> CountingStore<S> {
    /// Counts the calls of `inner` from zero.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner, counts: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// How often a method was called.
    #[must_use]
    pub fn calls(&self, method: StoreMethod) -> u64 {
        self.count(method).map_or(0, |count| count.load(Ordering::SeqCst))
    }

    /// How often any method was called: the round trips so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        for count in &self.counts {
            count.store(0, Ordering::SeqCst);
        }
    }

    /// The store behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn count(&self, method: StoreMethod) -> Option<&AtomicU64> {
        self.counts.get(method as usize)
    }

    async fn around<T>(&self, method: StoreMethod, call: impl Future<Output = T> + Send) -> T {
        if let Some(count) = self.count(method) {
            count.fetch_add(1, Ordering::SeqCst);
        }
        call.await
    }
}

forward_store!(CountingStore);
forward_server_store!(CountingStore);
