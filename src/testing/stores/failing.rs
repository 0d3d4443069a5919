//! Knows how to let a store fail on demand, before a call takes effect or after it.
//! Must not know what the call does.

#![deny(clippy::missing_trait_methods, reason = "a forgotten method could not fail")]

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{StoreMethod, forward::forward_store, forward_server::forward_server_store};
use crate::store::{StoreError, StoreErrorKind};

/// How a call fails.
///
/// ```
/// use hallpass::{MemoryStore, Timestamp, store::{Attempt, ReplayStore as _, StoreErrorKind}};
/// use hallpass::testing::{FailingStore, Fault, conformance::block_on};
///
/// let store = FailingStore::new(MemoryStore::new());
/// let (now, until) = (Timestamp::from_unix_seconds(1_000), Timestamp::from_unix_seconds(1_300));
/// let used = |mark, jti| store.consume_once(jti, Attempt::from_bytes([mark; 8]), until, now);
///
/// store.fail_next(1, Fault::Before(StoreErrorKind::Unavailable));
/// assert!(block_on(used(1, &[1; 32])).is_err());
/// assert_eq!(block_on(used(2, &[1; 32])).ok(), Some(true)); // nothing had happened
///
/// store.fail_next(1, Fault::After(StoreErrorKind::Unavailable));
/// assert!(block_on(used(3, &[2; 32])).is_err());
/// assert_eq!(block_on(used(4, &[2; 32])).ok(), Some(false)); // it had
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call never reaches the store.
    Before(StoreErrorKind),
    /// The call takes effect, and its answer is lost.
    After(StoreErrorKind),
}

/// A store that fails when told to, and passes everything else on.
///
/// ```
/// use hallpass::store::{MemoryStore, SessionStore, StoreErrorKind};
/// use hallpass::testing::{FailingStore, Fault, StoreMethod, conformance::block_on};
/// # use hallpass::{Timestamp, id::SessionId};
///
/// let store = FailingStore::new(MemoryStore::new());
/// store.fail_next(1, Fault::Before(StoreErrorKind::Unavailable));
/// # let id = SessionId::from_parts(Timestamp::EPOCH, [0; 12]);
/// assert!(block_on(store.find_session(&id)).is_err());
/// assert!(block_on(store.find_session(&id)).is_ok());
///
/// store.fail_method(StoreMethod::RotateSession, Fault::After(StoreErrorKind::Unavailable));
/// assert!(block_on(store.find_session(&id)).is_ok());
/// store.heal();
/// ```
#[derive(Debug, Default)]
pub struct FailingStore<S> {
    inner: S,
    orders: Mutex<Vec<Order>>,
}

/// Which calls fail, and how.
#[derive(Debug)]
struct Order {
    method: Option<StoreMethod>,
    left: Option<u32>,
    fault: Fault,
}

impl<S> FailingStore<S> {
    /// Passes everything on to `inner` until told otherwise.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner, orders: Mutex::default() }
    }

    /// Lets the next `calls` calls fail, whichever they are.
    pub fn fail_next(&self, calls: u32, fault: Fault) {
        self.order(None, Some(calls), fault);
    }

    /// Lets the next `calls` calls of one method fail.
    pub fn fail_next_of(&self, method: StoreMethod, calls: u32, fault: Fault) {
        self.order(Some(method), Some(calls), fault);
    }

    /// Lets every call of one method fail, until [`heal`](Self::heal).
    pub fn fail_method(&self, method: StoreMethod, fault: Fault) {
        self.order(Some(method), None, fault);
    }

    /// Lets every call fail, until [`heal`](Self::heal).
    pub fn fail_all(&self, fault: Fault) {
        self.order(None, None, fault);
    }

    /// Forgets every order to fail.
    pub fn heal(&self) {
        self.orders().clear();
    }

    /// The store behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn orders(&self) -> MutexGuard<'_, Vec<Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, method: Option<StoreMethod>, left: Option<u32>, fault: Fault) {
        self.orders().push(Order { method, left, fault });
    }

    /// The fault of this call, if an order reaches it: the oldest order goes first.
    fn fault(&self, method: StoreMethod) -> Option<Fault> {
        let mut orders = self.orders();
        orders.retain(|order| order.left != Some(0));
        let order = orders.iter_mut().find(|order| order.method.is_none_or(|of| of == method))?;
        if let Some(left) = &mut order.left {
            *left -= 1;
        }
        Some(order.fault)
    }

    async fn around<T: Send>(
        &self,
        method: StoreMethod,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.fault(method) {
            Some(Fault::Before(kind)) => Err(StoreError::new(kind, "failing")),
            Some(Fault::After(kind)) => {
                call.await?;
                Err(StoreError::new(kind, "failing"))
            }
            None => call.await,
        }
    }
}

forward_store!(FailingStore);
forward_server_store!(FailingStore);
