//! Knows names, and pairs of names, each with the last birth that is revoked.
//! Must not know whose names they are.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::shards::{Buckets, SHARDS, bucket_of, read, write};
use crate::clock::Timestamp;

/// A name, or a pair of them, with the last birth that is revoked.
pub(super) struct Marks {
    count: AtomicUsize,
    shards: Box<[RwLock<Buckets<MarkTable>>]>,
    hasher: RandomState,
}

/// By hash, then by the names themselves, so that a look-up needs no owned key.
type MarkTable = HashMap<u64, Vec<Mark>>;

struct Mark {
    first: Box<[u8]>,
    second: Box<[u8]>,
    not_before: Timestamp,
}

#[derive(Clone, Copy, Hash)]
pub(super) struct Key<'k>(pub(super) &'k [u8], pub(super) &'k [u8]);

impl Mark {
    fn is(&self, key: Key<'_>) -> bool {
        *self.first == *key.0 && *self.second == *key.1
    }
}

impl Marks {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            shards: (0..SHARDS).map(|_| RwLock::new(Vec::new())).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    pub(super) fn insert(&self, key: Key<'_>, not_before: Timestamp, bucket: u64) {
        let hash = self.hasher.hash_one(key);
        let Some(shard) = self.shards.get(hash as usize % SHARDS) else { return };
        let mut buckets = write(shard);
        let Some(table) = bucket_of(&mut buckets, bucket, MarkTable::new) else { return };
        let marks = table.entry(hash).or_default();
        match marks.iter_mut().find(|mark| mark.is(key)) {
            Some(mark) => mark.not_before = mark.not_before.max(not_before),
            None => {
                marks.push(Mark { first: key.0.into(), second: key.1.into(), not_before });
                self.count.fetch_add(1, Ordering::Release);
            }
        }
    }

    /// The last birth that is revoked, over all buckets.
    pub(super) fn find(&self, key: Key<'_>) -> Option<Timestamp> {
        if self.len() == 0 {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        let buckets = read(self.shards.get(hash as usize % SHARDS)?);
        let found = buckets.iter().filter_map(|(_, table)| table.get(&hash)).flatten();
        found.filter(|mark| mark.is(key)).map(|mark| mark.not_before).max()
    }

    pub(super) fn expire(&self, current: u64) {
        for shard in &self.shards {
            let mut gone = 0;
            let mut buckets = write(shard);
            buckets.retain(|(bucket, table)| {
                let keep = *bucket > current;
                gone += if keep { 0 } else { table.values().map(Vec::len).sum() };
                keep
            });
            drop(buckets);
            self.count.fetch_sub(gone, Ordering::Release);
        }
    }
}
