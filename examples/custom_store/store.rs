//! Knows how one step is made: decided, written, taken in, told to the sinks, answered.
//! Must not know what a step is for; the roles do.

use std::{
    io,
    path::Path,
    sync::{Mutex, MutexGuard},
};

use hallpass::store::{LocalSinks, RevocationRecord, StoreError, StoreErrorKind};

use crate::{journal::Journal, row::Change, tables::Tables};

/// A store in one journal file, for one process at a time.
///
/// Every method takes the one lock, decides on what the tables say, appends what changes as one
/// line, waits for the disk, and only then changes the tables and answers. So each method is
/// atomic and linearizable, and nothing that was answered is lost.
///
/// What it is not: fast (one step waits for the disk of the step before; and it blocks its
/// thread, where a service would give the work to a thread of its own), and small (nothing is
/// ever taken out of the journal).
#[derive(Debug)]
pub(crate) struct JournalStore {
    state: Mutex<State>,
    pub(crate) sinks: LocalSinks,
}

#[derive(Debug)]
pub(crate) struct State {
    journal: Journal,
    pub(crate) tables: Tables,
}

impl JournalStore {
    /// Opens a journal or makes it. Says how many bytes of a torn last line it cut off.
    pub(crate) fn open(path: &Path) -> Result<(Self, usize), StoreError> {
        let (journal, found) = Journal::open(path).map_err(not_opened)?;
        let mut tables = Tables::default();
        for line in &found.lines {
            // A line that cannot be read may have ended a session. Going on without it would
            // bring that back to life.
            let changes: Vec<Change> =
                serde_json::from_str(line).map_err(|e| failed(StoreErrorKind::Corrupt, e))?;
            changes.into_iter().for_each(|change| tables.apply(change));
        }
        let state = Mutex::new(State { journal, tables });
        Ok((Self { state, sinks: LocalSinks::default() }, found.torn))
    }

    /// The state as it is now. Whoever has it is alone.
    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        // A panic may have left the tables behind the journal.
        let state = self
            .state
            .lock()
            .map_err(|_| failed(StoreErrorKind::Unavailable, "a step panicked"))?;
        state.journal.check().map_err(not_written)?;
        Ok(state)
    }

    /// Makes one step: `changes` and the records of `news` happen together or not at all.
    pub(crate) fn step(
        &self,
        mut state: MutexGuard<'_, State>,
        mut changes: Vec<Change>,
        news: &[RevocationRecord],
    ) -> Result<(), StoreError> {
        let numbered = (state.tables.next..).zip(news.iter().cloned());
        changes.extend(numbered.map(|(number, record)| Change::Record(number, record)));
        if changes.is_empty() {
            return Ok(());
        }
        let line = serde_json::to_string(&changes)
            .map_err(|error| failed(StoreErrorKind::Corrupt, error))?;
        state.journal.append(&line).map_err(not_written)?;
        changes.into_iter().for_each(|change| state.tables.apply(change));
        // A sink may ask this store something.
        drop(state);
        self.sinks.publish(news);
        Ok(())
    }

    /// Closes the journal, and gives what was known.
    pub(crate) fn close(self) -> Option<Tables> {
        self.state.into_inner().ok().map(|state| state.tables)
    }
}

/// An error of this engine. Its text names the engine and the kind; the cause is for the log.
pub(crate) fn failed(
    kind: StoreErrorKind,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::new(kind, "journal").with_source(cause)
}

fn not_opened(error: io::Error) -> StoreError {
    let kind = match error.kind() {
        io::ErrorKind::InvalidData => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Misconfigured,
    };
    failed(kind, error)
}

fn not_written(error: io::Error) -> StoreError {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        _ => StoreErrorKind::Unavailable,
    };
    failed(kind, error)
}
