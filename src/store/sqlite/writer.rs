//! Knows how waiting commands become one durable transaction.
//! Must not know what a command does.
//!
//! What waits is taken together, so a lone caller is not delayed and many share one commit. No
//! answer leaves before COMMIT has returned. Where a command fails after it has written
//! something, the transaction is rolled back and every command runs again in its own: a bad one
//! costs one caller.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    super::error::StoreErrorKind,
    Durability, Shared,
    answers::Answers,
    checkpoint::Checkpoints,
    command::Command,
    connect::patiently,
    error::Error,
    prepared::Prepared,
    queue::Worker,
    statement::{BARRIER, BEGIN, COMMIT},
    step::Step,
};

/// How many commands share a transaction, at most.
const BATCH: usize = 64;

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) answers: Answers,
    /// Nothing in memory, where there is no log.
    pub(super) checkpoints: Option<Checkpoints>,
    pub(super) durability: Durability,
    pub(super) patience: Duration,
}

/// At which point a transaction failed.
enum Failure {
    /// Before anything ran, or at a commit that running again will not mend.
    All(Error),
    /// One command, and with it the others: each may run alone.
    Together(Error),
}

impl Writer {
    pub(super) fn work(mut self, worker: &Worker) {
        let mut checkpoints = self.checkpoints.take();
        let step = Step::on(&self.connection);
        while let Some(batch) = worker.take(BATCH) {
            self.carry_out(&step, batch, worker);
            if let Some(checkpoints) = &mut checkpoints {
                checkpoints.tend(step.begin());
            }
        }
    }

    fn carry_out(&self, step: &Step<'_>, mut batch: Vec<Box<dyn Command>>, worker: &Worker) {
        let error = match self.transact(step, &mut batch) {
            Ok(()) => return self.answers.give(batch, worker.is_wanted()),
            Err(Failure::Together(error)) if batch.len() == 1 => error,
            Err(Failure::Together(_)) => {
                let alone = |command| self.carry_out(step, vec![command], worker);
                return batch.into_iter().for_each(alone);
            }
            Err(Failure::All(error)) => error,
        };
        let error = Arc::new(error);
        for command in batch {
            command.caller().fail(Error::Batch(Arc::clone(&error)));
        }
    }

    fn transact(&self, step: &Step<'_>, batch: &mut [Box<dyn Command>]) -> Result<(), Failure> {
        let connection = &self.connection;
        let prepared = step.begin();
        patiently(self.patience, || prepared.execute(BEGIN)).map_err(Failure::All)?;
        let open = Open(prepared);
        for command in batch.iter_mut() {
            let before = connection.total_changes();
            if let Err(error) = command.run(step) {
                if connection.total_changes() != before || connection.is_autocommit() {
                    return Err(Failure::Together(error));
                }
                // It has written nothing, so the others go on.
                command.caller().fail(error);
            }
        }
        let written = step.take_written();
        // Until the sinks have heard of an end, no reader sees it.
        let hold = (!written.is_empty())
            .then(|| self.shared.gate.write().unwrap_or_else(PoisonError::into_inner));
        open.commit().map_err(commit_failure)?;
        let settled = if written.is_empty() { Ok(()) } else { self.settle(prepared) };
        let sinks = AssertUnwindSafe(|| self.shared.sinks.publish(&written));
        // A sink is the host's code: its panic must not end this thread.
        let _panicked = catch_unwind(sinks);
        drop(hold);
        self.count(batch.len(), step.statements());
        if !written.is_empty() {
            self.shared.changed.notify_waiters();
        }
        settled.map_err(Failure::All)
    }

    /// Makes sure that what was taken back is on the disk. A later commit that waits for the disk
    /// takes the earlier ones with it: they are in the same log.
    fn settle(&self, prepared: &Prepared<'_>) -> Result<(), Error> {
        if self.durability == Durability::Full {
            return Ok(());
        }
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let done = patiently(self.patience, || prepared.execute(BARRIER));
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        done.map(drop)
    }

    fn count(&self, commands: usize, statements: u64) {
        let counts = &self.shared.counts;
        counts.transactions.fetch_add(1, Ordering::Relaxed);
        counts.commands.fetch_add(u64::try_from(commands).unwrap_or(0), Ordering::Relaxed);
        counts.statements.fetch_add(statements, Ordering::Relaxed);
    }
}

/// A full disk may have room for some of the commands. Any other failure leaves open whether the
/// commit happened.
fn commit_failure(error: Error) -> Failure {
    match error.kind() {
        StoreErrorKind::Full => Failure::Together(error),
        _ => Failure::All(error),
    }
}

/// A transaction that is rolled back unless it is committed.
struct Open<'s, 'c>(&'s Prepared<'c>);

impl Open<'_, '_> {
    fn commit(self) -> Result<(), Error> {
        #[cfg(test)]
        super::killed::point();
        self.0.execute(COMMIT)?;
        #[cfg(test)]
        super::killed::point();
        Ok(())
    }
}

impl Drop for Open<'_, '_> {
    fn drop(&mut self) {
        // SQLite rolls back by itself on some errors.
        let connection = self.0.connection();
        if !connection.is_autocommit() {
            let _failed = connection.execute_batch("ROLLBACK");
        }
    }
}
