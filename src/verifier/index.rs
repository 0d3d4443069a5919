//! Knows everything that was taken back and may still be alive, and answers in well under a
//! microsecond.
//! Must not know where records come from, nor read a clock.

use std::{
    collections::{HashMap, HashSet},
    fmt::{self, Debug},
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    clock::Timestamp,
    id::{ClientId, KeyId, SessionId, Subject, TokenId},
    store::{Owner, RevocationRecord, Target},
};

use super::RevokedBy;

/// Locks per kind of entry. A writer holds one of them for the time of one insertion, so a
/// reader waits for a fraction of a microsecond, or for the growth of 1/64 of the table.
const SHARDS: usize = 64;

/// What was revoked, exactly: no false answer either way.
///
/// An entry lives until its record expires, and is never dropped early, whatever the memory it
/// takes: it is bounded by what can still be alive. Entries lie in buckets by expiry, four to a
/// record's life, so that forgetting is dropping a bucket.
///
/// A record about a subject or client kills what was **born** at or before its `not_before`.
pub struct RevocationIndex {
    tokens: Ids,
    sessions: Ids,
    subjects: Marks,
    clients: Marks,
    pairs: Marks,
    signing_keys: Marks,
    bucket_millis: u64,
}

/// What of a token decides whether it was revoked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe<'t> {
    pub(crate) token: Option<TokenId>,
    pub(crate) session: Option<SessionId>,
    pub(crate) subject: &'t str,
    pub(crate) client: Option<&'t str>,
    pub(crate) born: Timestamp,
}

impl RevocationIndex {
    /// An empty index for records that live about `retention`.
    #[must_use]
    pub fn new(retention: Duration) -> Self {
        let quarter = u64::try_from(retention.as_millis() / 4).unwrap_or(u64::MAX);
        let seeds = RandomState::new();
        Self {
            tokens: Ids::new(&seeds),
            sessions: Ids::new(&seeds),
            subjects: Marks::new(),
            clients: Marks::new(),
            pairs: Marks::new(),
            signing_keys: Marks::new(),
            bucket_millis: quarter.clamp(60_000, 30 * 24 * 3_600_000),
        }
    }

    /// Takes in one record. A record may come any number of times, in any order.
    pub fn insert(&self, record: &RevocationRecord) {
        // The bucket's number times its width is at or after the record's expiry.
        let bucket = record.expires_at.as_unix_millis().div_ceil(self.bucket_millis);
        match &record.target {
            Target::Token(id) => self.tokens.insert(*id.as_bytes(), bucket),
            Target::Session(id) => self.sessions.insert(*id.as_bytes(), bucket),
            Target::Owner(Owner::Subject(subject)) => {
                self.subjects.insert(Key(subject.as_str(), ""), record.not_before, bucket);
            }
            Target::Owner(Owner::Client(client)) => {
                self.clients.insert(Key(client.as_str(), ""), record.not_before, bucket);
            }
            Target::Owner(Owner::SubjectAtClient(subject, client)) => {
                let key = Key(subject.as_str(), client.as_str());
                self.pairs.insert(key, record.not_before, bucket);
            }
            Target::SigningKey(kid) => {
                self.signing_keys.insert(Key(kid.as_str(), ""), record.not_before, bucket);
            }
            // The rows of an API key and of a client decide; their records only clear caches.
            Target::ApiKey(_) | Target::Client(_) => {}
        }
    }

    /// Forgets what expired at or before `now`.
    pub fn expire(&self, now: Timestamp) {
        let current = now.as_unix_millis() / self.bucket_millis;
        self.tokens.expire(current);
        self.sessions.expire(current);
        for marks in [&self.subjects, &self.clients, &self.pairs, &self.signing_keys] {
            marks.expire(current);
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let ids = self.tokens.len() + self.sessions.len();
        let marks = [&self.subjects, &self.clients, &self.pairs, &self.signing_keys];
        ids + marks.iter().map(|marks| marks.len()).sum::<usize>()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What took the token back, if anything did.
    pub(crate) fn find(&self, probe: &Probe<'_>) -> Option<RevokedBy> {
        let killed = |marks: &Marks, key: Key<'_>| {
            marks.find(key).is_some_and(|not_before| probe.born <= not_before)
        };
        if probe.token.is_some_and(|id| self.tokens.contains(id.as_bytes())) {
            Some(RevokedBy::Token)
        } else if probe.session.is_some_and(|id| self.sessions.contains(id.as_bytes())) {
            Some(RevokedBy::Session)
        } else if killed(&self.subjects, Key(probe.subject, "")) {
            Some(RevokedBy::Subject)
        } else if probe.client.is_some_and(|client| killed(&self.clients, Key(client, ""))) {
            Some(RevokedBy::Client)
        } else if probe.client.is_some_and(|client| killed(&self.pairs, Key(probe.subject, client)))
        {
            Some(RevokedBy::SubjectAtClient)
        } else {
            None
        }
    }

    /// The latest birth that a revocation of this subject or client reaches. What is born after
    /// it is alive.
    pub(crate) fn not_before(&self, subject: &Subject, client: &ClientId) -> Option<Timestamp> {
        let (subject, client) = (subject.as_str(), client.as_str());
        let marks = [
            self.subjects.find(Key(subject, "")),
            self.clients.find(Key(client, "")),
            self.pairs.find(Key(subject, client)),
        ];
        marks.into_iter().flatten().max()
    }

    /// Whether the signing key was withdrawn.
    pub(crate) fn is_withdrawn(&self, kid: &KeyId) -> bool {
        self.signing_keys.find(Key(kid.as_str(), "")).is_some()
    }
}

impl Debug for RevocationIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationIndex").field("entries", &self.len()).finish_non_exhaustive()
    }
}

/// Tables by bucket; a handful at most.
type Buckets<T> = Vec<(u64, T)>;

fn bucket_of<T>(buckets: &mut Buckets<T>, bucket: u64, new: impl FnOnce() -> T) -> Option<&mut T> {
    let at = match buckets.iter().position(|(known, _)| *known == bucket) {
        Some(at) => at,
        None => {
            buckets.push((bucket, new()));
            buckets.len() - 1
        }
    };
    buckets.get_mut(at).map(|(_, table)| table)
}

/// A lock whose holder panicked holds a whole table all the same: insertions are single steps.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Identifiers: 18 bytes each and one of the table's own.
struct Ids {
    count: AtomicUsize,
    shards: Box<[RwLock<Buckets<HashSet<Id, Folded>>>]>,
    hasher: Folded,
}

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
    fn new(seeds: &RandomState) -> Self {
        Self {
            count: AtomicUsize::new(0),
            shards: (0..SHARDS).map(|_| RwLock::new(Vec::new())).collect(),
            hasher: Folded::new(seeds),
        }
    }

    fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn shard(&self, id: &Id) -> Option<&RwLock<Buckets<HashSet<Id, Folded>>>> {
        // Bits that the table inside uses last.
        self.shards.get((self.hasher.hash_one(id) >> 40) as usize % SHARDS)
    }

    fn insert(&self, id: [u8; 18], bucket: u64) {
        let Some(shard) = self.shard(&Id(id)) else { return };
        let mut buckets = write(shard);
        let table = bucket_of(&mut buckets, bucket, || HashSet::with_hasher(self.hasher));
        if table.is_some_and(|table| table.insert(Id(id))) {
            self.count.fetch_add(1, Ordering::Release);
        }
    }

    fn contains(&self, id: &[u8; 18]) -> bool {
        self.len() > 0
            && self
                .shard(&Id(*id))
                .is_some_and(|shard| read(shard).iter().any(|(_, table)| table.contains(&Id(*id))))
    }

    fn expire(&self, current: u64) {
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

/// A name, or a pair of them, with the last birth that is revoked.
struct Marks {
    count: AtomicUsize,
    shards: Box<[RwLock<Buckets<MarkTable>>]>,
    hasher: RandomState,
}

/// By hash, then by the names themselves, so that a look-up needs no owned key.
type MarkTable = HashMap<u64, Vec<Mark>>;

struct Mark {
    first: Box<str>,
    second: Box<str>,
    not_before: Timestamp,
}

#[derive(Clone, Copy, Hash)]
struct Key<'k>(&'k str, &'k str);

impl Mark {
    fn is(&self, key: Key<'_>) -> bool {
        *self.first == *key.0 && *self.second == *key.1
    }
}

impl Marks {
    fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            shards: (0..SHARDS).map(|_| RwLock::new(Vec::new())).collect(),
            hasher: RandomState::new(),
        }
    }

    fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn insert(&self, key: Key<'_>, not_before: Timestamp, bucket: u64) {
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
    fn find(&self, key: Key<'_>) -> Option<Timestamp> {
        if self.len() == 0 {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        let buckets = read(self.shards.get(hash as usize % SHARDS)?);
        let found = buckets.iter().filter_map(|(_, table)| table.get(&hash)).flatten();
        found.filter(|mark| mark.is(key)).map(|mark| mark.not_before).max()
    }

    fn expire(&self, current: u64) {
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

#[cfg(test)]
mod tests;
