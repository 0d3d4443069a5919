//! Knows sets of identifiers at 18 bytes each, answered by one probe for each bucket.
//! Must not know what being in the set means.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::shards::{Buckets, SHARDS, bucket_of, read, write};

/// Identifiers: 18 bytes each and one of the table's own.
pub(super) struct Ids {
    count: AtomicUsize,
    shards: Box<[Shard]>,
    hasher: Folded,
}

type Shard = RwLock<Buckets<HashSet<Id, Folded>>>;

#[derive(PartialEq, Eq, Clone, Copy)]
struct Id([u8; 18]);

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The last twelve bytes are hash or randomness; the first six, a date, add nothing.
        let [.., a, b, c, d, e, f, g, h, i, j, k, l] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        state.write_u64(u64::from_le_bytes([e, f, g, h, i, j, k, l]));
    }
}

/// A keyed hash of two words by one folded multiplication each. Identifiers come out of checked
/// tokens; the key is for issuers that choose theirs.
#[derive(Clone, Copy)]
struct Folded {
    state: u64,
    key: u64,
}

impl Folded {
    fn new(seeds: &RandomState) -> Self {
        Self { state: seeds.hash_one(1_u8), key: seeds.hash_one(2_u8) | 1 }
    }
}

impl BuildHasher for Folded {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for Folded {
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key);
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ word.rotate_left(32);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        let product = u128::from(self.state) * u128::from(self.key);
        (product as u64) ^ ((product >> 64) as u64)
    }
}

impl Ids {
    pub(super) fn new(seeds: &RandomState) -> Self {
        Self {
            count: AtomicUsize::new(0),
            shards: (0..SHARDS).map(|_| RwLock::new(Vec::new())).collect(),
            hasher: Folded::new(seeds),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn shard(&self, id: &Id) -> Option<&Shard> {
        // Bits that the table inside uses last.
        self.shards.get((self.hasher.hash_one(id) >> 40) as usize % SHARDS)
    }

    pub(super) fn insert(&self, id: [u8; 18], bucket: u64) {
        let Some(shard) = self.shard(&Id(id)) else { return };
        let mut buckets = write(shard);
        let table = bucket_of(&mut buckets, bucket, || HashSet::with_hasher(self.hasher));
        if table.is_some_and(|table| table.insert(Id(id))) {
            self.count.fetch_add(1, Ordering::Release);
        }
    }

    pub(super) fn contains(&self, id: &[u8; 18]) -> bool {
        self.len() > 0
            && self
                .shard(&Id(*id))
                .is_some_and(|shard| read(shard).iter().any(|(_, table)| table.contains(&Id(*id))))
    }

    pub(super) fn expire(&self, current: u64) {
        for shard in &self.shards {
            let stale = |(bucket, _): &(u64, _)| *bucket <= current;
            if read(shard).iter().any(stale) {
                let mut dropped = Vec::new();
                write(shard).retain_mut(|(bucket, table)| {
                    let keep = *bucket > current;
                    if !keep {
                        dropped.push(std::mem::take(table));
                    }
                    keep
                });
                // Freed here, where no reader waits.
                let gone = dropped.iter().map(HashSet::len).sum();
                self.count.fetch_sub(gone, Ordering::Release);
            }
        }
    }
}

impl Default for Folded {
    /// For the empty table that takes the place of a dropped one.
    fn default() -> Self {
        Self { state: 0, key: 1 }
    }
}
