//! Knows sets of identifiers, each with when it is forgotten.
//! Must not know what being in the set means.

use std::{
    collections::HashMap,
    hash::RandomState,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    filter::Filter,
    shards::{read, write},
    table::{Rest, Seeds, Table},
};

/// Identifiers, each until its bucket is over.
///
/// One table a shard holds all buckets, because a probe of each bucket would be a cache miss
/// each. Forgetting therefore makes a shard anew, once a bucket, while its lock is held: about a
/// millisecond at ten million entries.
pub(super) struct Ids {
    seeds: Seeds,
    count: AtomicUsize,
    /// By the last byte of the identifier, which is then not stored.
    shards: Box<[Shard]>,
    /// Entries whose bucket is too far from the others for one byte. Hardly ever any.
    far: RwLock<HashMap<[u8; 18], u64>>,
    far_count: AtomicUsize,
}

#[derive(Default)]
struct Shard {
    /// Who is not in it is seen here, which is nearly everybody.
    filter: Filter,
    near: RwLock<Near>,
}

#[derive(Default)]
struct Near {
    /// What is left of the identifier, with the low byte of its bucket.
    table: Table,
    /// Every bucket in the table is above this and at most 255 further.
    floor: Option<u64>,
}

/// The bucket above `floor` whose low byte this is.
fn bucket_above(floor: u64, low: u8) -> u64 {
    let distance = low.wrapping_sub(floor.to_le_bytes()[0]);
    floor + if distance == 0 { 256 } else { u64::from(distance) }
}

impl Ids {
    pub(super) fn new(random: &RandomState) -> Self {
        Self {
            seeds: Seeds::new(random),
            count: AtomicUsize::new(0),
            shards: (0..=u8::MAX).map(|_| Shard::default()).collect(),
            far: RwLock::new(HashMap::new()),
            far_count: AtomicUsize::new(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn shard<'i>(&self, id: &'i [u8; 18]) -> Option<(&Shard, &'i Rest)> {
        let [rest @ .., last] = id;
        Some((self.shards.get(usize::from(*last))?, rest))
    }

    pub(super) fn insert(&self, id: [u8; 18], bucket: u64) {
        let Some((shard, rest)) = self.shard(&id) else { return };
        let mut near = write(&shard.near);
        // Room below for records that come out of order.
        let floor = *near.floor.get_or_insert(bucket.saturating_sub(64));
        if bucket <= floor || bucket > floor + 255 {
            drop(near);
            return self.insert_far(id, bucket);
        }
        let [low, ..] = bucket.to_le_bytes();
        let hash = self.seeds.hash(rest);
        let known = near.table.get(hash, rest);
        if known.is_some_and(|known| bucket_above(floor, known) >= bucket) {
            return;
        }
        near.table.put(hash, *rest, low, self.seeds);
        if known.is_none() {
            let all = near.table.hashes(self.seeds);
            shard.filter.add(hash, near.table.len(), all);
            self.count.fetch_add(1, Ordering::Release);
        }
    }

    fn insert_far(&self, id: [u8; 18], bucket: u64) {
        let mut far = write(&self.far);
        let known = far.entry(id).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Release);
            self.far_count.fetch_add(1, Ordering::Release);
            bucket
        });
        *known = bucket.max(*known);
    }

    pub(super) fn contains(&self, id: &[u8; 18]) -> bool {
        self.len() > 0
            && (self.is_near(id)
                || self.far_count.load(Ordering::Acquire) > 0 && read(&self.far).contains_key(id))
    }

    fn is_near(&self, id: &[u8; 18]) -> bool {
        self.shard(id).is_some_and(|(shard, rest)| {
            let hash = self.seeds.hash(rest);
            !shard.filter.lacks(hash) && read(&shard.near).table.get(hash, rest).is_some()
        })
    }

    pub(super) fn expire(&self, current: u64) {
        for shard in &self.shards {
            if read(&shard.near).floor.is_none_or(|floor| floor >= current) {
                continue;
            }
            let mut near = write(&shard.near);
            let Some(floor) = near.floor.replace(current) else { continue };
            let before = near.table.len();
            near.table.retain(self.seeds, |low| bucket_above(floor, low) > current);
            let after = near.table.len();
            if after < before {
                shard.filter.renew(after, near.table.hashes(self.seeds));
                self.count.fetch_sub(before - after, Ordering::Release);
            }
        }
        if self.far_count.load(Ordering::Acquire) > 0 {
            let mut far = write(&self.far);
            let before = far.len();
            far.retain(|_, bucket| *bucket > current);
            let gone = before - far.len();
            self.count.fetch_sub(gone, Ordering::Release);
            self.far_count.fetch_sub(gone, Ordering::Release);
        }
    }
}
