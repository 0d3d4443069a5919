//! Knows tokens that were found genuine, so that the next sight of one costs no signature check.
//! Must not know revocation: whoever gets a hit asks the index as for any other token.
//!
//! It can only say yes to a text that has passed before, byte for byte, under the same keys, and at
//! an instant at which it would pass again; whatever it does not answer is checked in full. So
//! there is one verdict, with it and without it.

mod owners;
mod set;
mod sights;

use std::{
    fmt::{self, Debug},
    hash::{BuildHasher, RandomState},
    sync::{Arc, OnceLock, RwLock},
    time::Duration,
};

use self::{
    owners::{Owner, Owners},
    set::{Entry, Set, cost},
    sights::Sights,
};
use super::{
    carried::Carried,
    index::shards::{read, write},
};
use crate::{
    clock::Timestamp,
    token::{claims::Claim, rules::check_time},
};

/// The memory that it may take, unless the host says otherwise.
pub(super) const DEFAULT_BYTES: usize = 32 << 20;
/// The memory for one set of entries, which share a lock: about ten tokens of common size.
const SET_BYTES: usize = 16 << 10;
/// The part of it for the entries; the rest is for what is remembered beside them.
const ENTRY_BYTES: usize = SET_BYTES - owners::ROOM - sights::ROOM - 128;

/// Tokens that passed signature and claims, within a bound of bytes, and a few of each session.
///
/// A token enters at its second sight, so that one which comes once takes nothing. Entries lie
/// in small sets with a lock each: readers meet a writer, or one another, only within a set.
pub(super) struct VerifiedCache {
    sets: usize,
    /// That of the rules by which tokens are judged.
    leeway: Duration,
    seeds: [u64; 2],
    tables: OnceLock<Tables>,
}

struct Tables {
    sets: Box<[RwLock<Set>]>,
    sights: Sights,
    owners: Owners,
}

/// The keys under which a token passed, by the count of their changes, and until when its own key
/// is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) generation: u64,
    pub(super) until: Timestamp,
}

impl VerifiedCache {
    /// A cache of at most `bytes`, most of them taken only when there is something to keep; with
    /// less than a set's it keeps nothing.
    pub(super) fn new(bytes: usize, leeway: Duration) -> Self {
        let random = RandomState::new();
        let seeds = [random.hash_one(1_u8), random.hash_one(2_u8) | 1];
        Self { sets: bytes / SET_BYTES, leeway, seeds, tables: OnceLock::new() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.sets > 0
    }

    /// What `token` carries, if it has passed under the keys of this generation and would pass
    /// now, revocation aside.
    pub(super) fn find(
        &self,
        token: &str,
        generation: u64,
        now: Timestamp,
    ) -> Option<Arc<Carried>> {
        let tables = self.tables.get()?;
        let hash = self.hash(token)?;
        let set = read(tables.set(hash)?);
        let entry = set.find(hash, token)?;
        if !self.stands(entry, generation, now) {
            return None;
        }
        entry.touch();
        Some(Arc::clone(&entry.carried))
    }

    /// Takes in a token that has just passed everything, revocation included, if it was seen
    /// before.
    pub(super) fn keep(
        &self,
        token: &str,
        standing: Standing,
        carried: &Arc<Carried>,
        now: Timestamp,
    ) {
        let Some(hash) = self.hash(token).filter(|_| self.is_on()) else { return };
        let tables = self.tables.get_or_init(|| Tables::new(self.sets));
        if !tables.sights.was_seen(hash) || cost(token, carried) > ENTRY_BYTES {
            return;
        }
        let owner = self.owner(carried);
        if let Some(displaced) = tables.owners.enter(owner, hash)
            && let Some(set) = tables.set(displaced)
        {
            write(set).remove(displaced);
        }
        if let Some(set) = tables.set(hash) {
            let stands = |entry: &Entry| self.stands(entry, standing.generation, now);
            write(set).insert(Entry::new(hash, token, standing, carried), ENTRY_BYTES, stands);
        }
    }

    /// Lets go of what no longer stands, so that an idle verifier does not hold it.
    pub(super) fn sweep(&self, generation: Option<u64>, now: Timestamp) {
        for set in self.tables.get().into_iter().flat_map(|tables| &tables.sets) {
            let stands = |entry: &Entry| {
                generation.is_some_and(|generation| self.stands(entry, generation, now))
            };
            if !read(set).all(stands) {
                write(set).retain(stands);
            }
        }
    }

    fn stands(&self, entry: &Entry, generation: u64, now: Timestamp) -> bool {
        entry.standing.generation == generation
            && now < entry.standing.until
            && check_time(&entry.carried.claims, now, self.leeway).is_ok()
    }

    /// A keyed hash of the last 16 characters, which are 96 bits of the signature. Signatures are
    /// as good as random, and who cannot present one does not get as far as the comparison of
    /// the whole text, whose time tells how much of it is right.
    fn hash(&self, token: &str) -> Option<u64> {
        let (first, second) = token.as_bytes().last_chunk::<16>()?.split_first_chunk::<8>()?;
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let [state, key] = self.seeds;
        let folded = fold(word(first) ^ state, word(second.first_chunk()?) ^ key);
        Some(fold(folded ^ state, key))
    }

    /// Whose token it is: a session's, or of one subject at one client.
    fn owner(&self, carried: &Carried) -> Owner {
        let [state, key] = self.seeds;
        let hash = |bytes: &[u8], state: u64| {
            bytes.iter().fold(state, |state, byte| fold(state ^ u64::from(*byte), key))
        };
        match carried.facts.session {
            Some(session) => Owner::session(hash(session.as_bytes(), state)),
            None => {
                let text = |claim| carried.bytes(claim).unwrap_or_default();
                // No name holds the byte between them.
                let subject = hash(text(Claim::Subject), state);
                Owner::pair(hash(text(Claim::ClientId), fold(subject ^ 0xff00, key)))
            }
        }
    }
}

/// Both halves of a product: a small change of either factor changes all of it.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The place of a hash among `length` places.
fn place(hash: u64, length: usize) -> usize {
    ((u128::from(hash) * length as u128) >> 64) as usize
}

impl Tables {
    fn new(sets: usize) -> Self {
        Self {
            sets: (0..sets).map(|_| RwLock::default()).collect(),
            sights: Sights::new(sets),
            owners: Owners::new(sets),
        }
    }

    fn set(&self, hash: u64) -> Option<&RwLock<Set>> {
        self.sets.get(place(hash, self.sets.len()))
    }
}

impl Debug for VerifiedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCache")
            .field("bytes", &(self.sets * SET_BYTES))
            .finish_non_exhaustive()
    }
}
