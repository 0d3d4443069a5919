//! Knows locks and buckets: what the tables of the index have in common.
//! Must not know what is in them.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Tables by bucket; a handful at most.
pub(super) type Buckets<T> = Vec<(u64, T)>;

pub(super) fn bucket_of<T>(
    buckets: &mut Buckets<T>,
    bucket: u64,
    new: impl FnOnce() -> T,
) -> Option<&mut T> {
    let at = match buckets.iter().position(|(known, _)| *known == bucket) {
        Some(at) => at,
        None => {
            buckets.push((bucket, new()));
            buckets.len() - 1
        }
    };
    buckets.get_mut(at).map(|(_, table)| table)
}

/// Locks per kind of entry. A writer holds one of them for the time of one insertion, so a
/// reader waits for a fraction of a microsecond, or for the growth of 1/64 of the table.
pub(super) const SHARDS: usize = 64;

/// A lock whose holder panicked holds a whole table all the same: insertions are single steps.
pub(in crate::verifier) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(in crate::verifier) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
