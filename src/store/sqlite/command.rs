//! Knows a command on its way: from the caller who waits, to a thread with a connection, and back.
//! Must not know what it does.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{super::StoreError, error::Error, step::Step};

/// Work for a thread that has a connection.
pub(super) trait Command: Send {
    /// Does the work and keeps its result. May be called again after a rollback.
    ///
    /// # Errors
    /// When the work could not be done.
    fn run(&mut self, step: &Step<'_>) -> Result<(), Error>;

    /// Gives the kept result to the caller: it is durable now.
    fn answer(&mut self);

    /// Where the caller waits.
    fn caller(&self) -> Arc<dyn Caller>;
}

/// Someone who waits for an answer. Only the first one counts.
pub(super) trait Caller: Send + Sync {
    fn fail(&self, error: Error);
}

type Answer<T> = Result<T, StoreError>;

/// One place for one answer.
struct Slot<T>(Mutex<Option<oneshot::Sender<Answer<T>>>>);

impl<T> Slot<T> {
    fn send(&self, answer: Answer<T>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // A caller who went away needs no answer.
            let _gone = sender.send(answer);
        }
    }
}

impl<T: Send> Caller for Slot<T> {
    fn fail(&self, error: Error) {
        self.send(Err(error.into()));
    }
}

struct Call<T, F> {
    work: F,
    result: Option<T>,
    slot: Arc<Slot<T>>,
}

/// A command that does `work`, and where its answer will be.
pub(super) fn command<T, F>(work: F) -> (Box<dyn Command>, oneshot::Receiver<Answer<T>>)
where
    T: Send + 'static,
    F: FnMut(&Step<'_>) -> Result<T, Error> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let slot = Arc::new(Slot(Mutex::new(Some(sender))));
    (Box::new(Call { work, result: None, slot }), receiver)
}

impl<T, F> Command for Call<T, F>
where
    T: Send + 'static,
    F: FnMut(&Step<'_>) -> Result<T, Error> + Send + 'static,
{
    fn run(&mut self, step: &Step<'_>) -> Result<(), Error> {
        self.result = None;
        self.result = Some((self.work)(step)?);
        Ok(())
    }

    fn answer(&mut self) {
        if let Some(result) = self.result.take() {
            self.slot.send(Ok(result));
        }
    }

    fn caller(&self) -> Arc<dyn Caller> {
        Arc::clone(&self.slot) as Arc<dyn Caller>
    }
}
