//! Knows which rotations are sent together, and hands each caller its answer.
//! Must not know what a rotation does.
//!
//! Two writers at most are at work. Whoever finds a free one sends its own command at once; whoever
//! does not, waits, and what waits is taken together when a writer is free. Nobody waits for more
//! to come; a writer that has answered a batch only lets those whom it answered run first, so that
//! what they send next goes together and not one alone before the others.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, task::yield_now, time::timeout};

use super::{
    Inner,
    error::{Error, shared},
};
use crate::{
    clock::Timestamp,
    store::{RotateOutcome, Rotation, StoreError, StoreErrorKind},
};

/// Rotations in one statement, at most.
const BATCH: usize = 64;
/// Statements at work at the same time, at most.
const WRITERS: usize = 2;

/// The rotations that wait.
#[derive(Debug, Default)]
pub(super) struct Rotations(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    writers: usize,
}

#[derive(Debug)]
struct Waiting {
    rotation: Rotation,
    now: Timestamp,
    caller: oneshot::Sender<Result<RotateOutcome, StoreError>>,
}

/// The right to write. When it is given up, whoever waits is served first.
struct Writer(Arc<Inner>);

impl Rotations {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the commands that have waited longest, at most one for each session; a second one
    /// for a session waits on.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let mut sessions = HashSet::new();
        let mut batch = Vec::new();
        let mut left = VecDeque::new();
        while batch.len() < BATCH
            && let Some(waiting) = queue.waiting.pop_front()
        {
            if waiting.caller.is_closed() {
                continue;
            }
            if sessions.insert(waiting.rotation.id) {
                batch.push(waiting);
            } else {
                left.push_back(waiting);
            }
        }
        left.append(&mut queue.waiting);
        queue.waiting = left;
        batch
    }
}

impl Inner {
    /// Rotates, alone or with others.
    pub(super) async fn rotate(
        self: &Arc<Self>,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let answer = {
            let mut queue = self.rotations.queue();
            if queue.writers < WRITERS {
                queue.writers += 1;
                None
            } else {
                let (caller, answer) = oneshot::channel();
                queue.waiting.push_back(Waiting { rotation: rotation.clone(), now, caller });
                Some(answer)
            }
        };
        let Some(answer) = answer else {
            let _writer = Writer(Arc::clone(self));
            return Ok(self.rotate_one(rotation, now).await?);
        };
        match timeout(self.call_timeout, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::Answer("the writer has gone").into()),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    /// Sends one batch. When it fails, its commands are sent one by one, so that a bad one costs
    /// only its own caller; when there is no answer at all, that is everyone's answer.
    async fn rotate_batch(self: &Arc<Self>, batch: Vec<Waiting>) {
        if batch.len() == 1 {
            for waiting in batch {
                self.rotate_alone(waiting).await;
            }
            return;
        }
        let commands: Vec<_> =
            batch.iter().map(|waiting| (waiting.rotation.clone(), waiting.now)).collect();
        match self.rotate_many(&commands).await {
            Ok(answers) => {
                for (waiting, answer) in batch.into_iter().zip(answers) {
                    // A caller that has gone has its answer in the row, for its next attempt.
                    let _gone = waiting.caller.send(answer.map_err(StoreError::from));
                }
            }
            Err(error) if error.kind() == StoreErrorKind::Unavailable => {
                let error = Arc::new(error);
                for waiting in batch {
                    let _gone = waiting.caller.send(Err(shared(&error)));
                }
            }
            Err(_) => batch.into_iter().for_each(|waiting| self.rotate_apart(waiting)),
        }
    }

    /// Sends one command of a batch by itself, beside what the writer does next.
    fn rotate_apart(self: &Arc<Self>, waiting: Waiting) {
        let inner = Arc::clone(self);
        self.runtime.spawn(async move { inner.rotate_alone(waiting).await });
    }

    async fn rotate_alone(&self, waiting: Waiting) {
        let answer = self.rotate_one(&waiting.rotation, waiting.now).await;
        let _gone = waiting.caller.send(answer.map_err(StoreError::from));
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        {
            let mut queue = self.0.rotations.queue();
            if queue.waiting.is_empty() {
                queue.writers -= 1;
                return;
            }
        }
        let inner = Arc::clone(&self.0);
        self.0.runtime.spawn(async move {
            // Gives the right back in turn, also when this task is dropped half-way.
            let writer = Writer(inner);
            loop {
                let batch = writer.0.rotations.take();
                if batch.is_empty() {
                    break;
                }
                writer.0.rotate_batch(batch).await;
                yield_now().await;
            }
        });
    }
}
