//! Knows how one caller does what many need at once.
//! Must not know what it is, nor a runtime.

use std::{
    future::poll_fn,
    ops::Deref,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

/// One at a time, without a runtime: the others go on, or wait for the landing.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    airborne: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

/// Lands when dropped, so that a cancelled poll does not stop all later ones.
pub(crate) struct Landing<F: Deref<Target = Flight>>(F);

impl Flight {
    /// Takes off, unless another is in the air.
    pub(crate) fn begin(&self) -> Option<Landing<&Self>> {
        let free = !self.airborne.swap(true, Ordering::AcqRel);
        // Made only then: one that is dropped lands whoever is in the air.
        free.then(|| Landing(self))
    }

    /// The same for one that flies on when its caller has gone.
    #[cfg(feature = "remote-jwks")]
    pub(crate) fn begin_alone(
        self: &std::sync::Arc<Self>,
    ) -> Option<Landing<std::sync::Arc<Self>>> {
        let free = !self.airborne.swap(true, Ordering::AcqRel);
        free.then(|| Landing(std::sync::Arc::clone(self)))
    }

    pub(crate) fn is_airborne(&self) -> bool {
        self.airborne.load(Ordering::Acquire)
    }

    /// Resolves when nobody is in the air.
    pub(crate) async fn wait(&self) {
        poll_fn(|context| {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.airborne.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl<F: Deref<Target = Flight>> Drop for Landing<F> {
    fn drop(&mut self) {
        let wakers = {
            let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock, so that no one can register between this and the waking.
            self.0.airborne.store(false, Ordering::Release);
            std::mem::take(&mut *waiting)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_in_the_air_until_it_lands_however_many_ask() {
        let flight = Flight::default();
        let landing = flight.begin();
        assert!(landing.is_some());
        assert!(flight.begin().is_none());
        assert!(flight.begin().is_none(), "to be refused lands nobody");
        assert!(flight.is_airborne());
        drop(landing);
        assert!(!flight.is_airborne());
        assert!(flight.begin().is_some());
    }
}
