//! Knows sets of identifiers, answered by one probe, at 19 bytes a slot.
//! Must not know what being in the set means.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::shards::{read, write};

/// Identifiers, each until its bucket is over.
///
/// One table a shard holds all buckets, because a probe of each bucket would be a cache miss
/// each. Forgetting therefore scans a shard, once a bucket, while its lock is held: some tenth of
/// a millisecond at ten million entries.
pub(super) struct Ids {
    count: AtomicUsize,
    /// By the last byte of the identifier, which is then not stored.
    shards: Box<[RwLock<Shard>]>,
    /// Entries whose bucket is too far from the others for one byte. Hardly ever any.
    far: RwLock<HashMap<[u8; 18], u64>>,
    far_count: AtomicUsize,
}

struct Shard {
    /// What is left of the identifier, with the low byte of its bucket.
    table: HashMap<Rest, u8, Folded>,
    /// Every bucket in the table is above this and at most 255 further.
    floor: Option<u64>,
}

#[derive(PartialEq, Eq, Clone, Copy)]
struct Rest([u8; 17]);

impl Hash for Rest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // All eleven bytes of hash or randomness; the first six, a date, add nothing.
        let [.., a, b, c, d, e, f, g, h, i, j, k] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        state.write_u64(u64::from_le_bytes([d, e, f, g, h, i, j, k]));
    }
}

/// A keyed hash of two words by folded multiplication. Identifiers come out of checked tokens;
/// the key is for issuers that choose theirs.
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

/// The bucket above `floor` whose low byte this is.
fn bucket_above(floor: u64, low: u8) -> u64 {
    let distance = low.wrapping_sub(floor.to_le_bytes()[0]);
    floor + if distance == 0 { 256 } else { u64::from(distance) }
}

impl Ids {
    pub(super) fn new(seeds: &RandomState) -> Self {
        let hasher = Folded::new(seeds);
        let shard = |_| RwLock::new(Shard { table: HashMap::with_hasher(hasher), floor: None });
        Self {
            count: AtomicUsize::new(0),
            shards: (0..=u8::MAX).map(shard).collect(),
            far: RwLock::new(HashMap::new()),
            far_count: AtomicUsize::new(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn shard(&self, id: [u8; 18]) -> Option<(&RwLock<Shard>, Rest)> {
        let [rest @ .., last] = id;
        Some((self.shards.get(usize::from(last))?, Rest(rest)))
    }

    pub(super) fn insert(&self, id: [u8; 18], bucket: u64) {
        let Some((shard, rest)) = self.shard(id) else { return };
        let mut shard = write(shard);
        // Room below for records that come out of order.
        let floor = *shard.floor.get_or_insert(bucket.saturating_sub(64));
        if bucket <= floor || bucket > floor + 255 {
            drop(shard);
            return self.insert_far(id, bucket);
        }
        let [low, ..] = bucket.to_le_bytes();
        match shard.table.get_mut(&rest) {
            Some(known) => {
                if bucket_above(floor, *known) < bucket {
                    *known = low;
                }
            }
            None => {
                shard.table.insert(rest, low);
                self.count.fetch_add(1, Ordering::Release);
            }
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
            && (self.shard(*id).is_some_and(|(shard, rest)| read(shard).table.contains_key(&rest))
                || self.far_count.load(Ordering::Acquire) > 0 && read(&self.far).contains_key(id))
    }

    pub(super) fn expire(&self, current: u64) {
        for shard in &self.shards {
            if read(shard).floor.is_none_or(|floor| floor >= current) {
                continue;
            }
            let mut shard = write(shard);
            let Some(floor) = shard.floor.replace(current) else { continue };
            let before = shard.table.len();
            shard.table.retain(|_, low| bucket_above(floor, *low) > current);
            let after = shard.table.len();
            if after < shard.table.capacity() / 4 {
                shard.table.shrink_to(after * 2);
            }
            self.count.fetch_sub(before - after, Ordering::Release);
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
