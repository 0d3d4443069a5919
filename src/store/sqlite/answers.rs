//! Knows on which thread callers are told what their commands came to.
//! Must not know what the commands did.
//!
//! To wake a caller takes as long as half a statement, or, where a processor sleeps, as long as a
//! whole transaction. The writer wakes a few by itself while nothing else waits for it, and leaves
//! others to a thread beside it.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::command::Command;

/// From how many answers on it pays to wake another thread for them.
const MANY: usize = 8;

type Batch = Vec<Box<dyn Command>>;

/// The writer's end.
pub(super) struct Answers(Sender<Batch>);

/// The end of the thread that answers.
pub(super) struct Answerer(Receiver<Batch>);

pub(super) fn answers() -> (Answers, Answerer) {
    let (sender, receiver) = channel();
    (Answers(sender), Answerer(receiver))
}

impl Answers {
    /// Answers those whose commands are carried out: now, or a moment later where the writer
    /// `is_wanted`.
    pub(super) fn give(&self, batch: Batch, is_wanted: bool) {
        if batch.len() < MANY && !is_wanted {
            answer(batch);
        } else if let Err(unsent) = self.0.send(batch) {
            // Its thread is gone: a waker of a host's panicked.
            answer(unsent.0);
        }
    }
}

impl Answerer {
    /// Until the writer is gone.
    pub(super) fn work(self) {
        self.0.into_iter().for_each(answer);
    }
}

fn answer(batch: Batch) {
    for mut command in batch {
        command.answer();
    }
}
