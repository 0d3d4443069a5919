//! Knows how a command that only reads is carried out.
//! Must not know what it reads.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use rusqlite::Connection;

use super::{Shared, connect::patiently, queue::Worker, step::Step};

pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) patience: Duration,
}

impl Reader {
    pub(super) fn work(self, worker: &Worker) {
        let step = Step::on(&self.connection);
        while let Some(batch) = worker.take(1) {
            for mut command in batch {
                step.begin();
                let read = || {
                    let _seen = self.shared.gate.read().unwrap_or_else(PoisonError::into_inner);
                    command.run(&step)
                };
                let done = patiently(self.patience, read);
                self.shared.counts.reads.fetch_add(step.statements(), Ordering::Relaxed);
                match done {
                    Ok(()) => command.answer(),
                    Err(error) => command.caller().fail(error),
                }
            }
        }
    }
}
