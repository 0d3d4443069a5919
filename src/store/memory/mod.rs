//! Knows how to remember everything in this process: for tests, single instances and examples.
//! Must not know anything a durable engine could not do too.
//!
//! Sessions lie in sixteen shards. A command takes its locks in one order, marks, the other tables,
//! session shard, owner index, feed, and lets go of them all before a sink is called.

mod api_keys;
mod clients;
mod feed;
mod once;
mod owners;
mod sessions;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use self::{
    api_keys::ApiKeys, clients::Clients, feed::Feed, once::Once, owners::Marks, sessions::Sessions,
};
use super::{feed::LocalSinks, revocation::RevocationRecord, signing_key::SigningKeySet};

/// A store in memory. State ends with the process; clones are not needed, share it in an `Arc`.
///
/// Nothing live is ever evicted: it grows with sessions and API keys, and `prune_*` takes back
/// what has expired.
///
/// ```
/// use hallpass::store::{MemoryStore, Persistence, SessionStore};
///
/// assert_eq!(MemoryStore::new().persistence(), Persistence::Process);
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    /// Read by every insert, written by every revocation of an owner: neither slips past the
    /// other.
    marks: RwLock<Marks>,
    sessions: Sessions,
    api_keys: ApiKeys,
    clients: Mutex<Clients>,
    once: Mutex<Once>,
    signing_keys: Mutex<SigningKeySet>,
    feed: Mutex<Feed>,
    sinks: LocalSinks,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes what a command has written, when its locks are gone.
    fn publish(&self, record: RevocationRecord) {
        self.sinks.publish(&[record]);
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        lock(&self.feed)
    }
}

/// A panic elsewhere leaves no row half written: every command changes a row by one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
