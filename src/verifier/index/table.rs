//! Knows one set of identifiers in memory as small as it is quick: a byte of each identifier's hash
//! beside seven others, and the rest elsewhere. Whether something is absent, which is the rule, is
//! seen in the first alone.
//! Must not know locks, nor what a bucket is the number of.

use std::hash::{BuildHasher as _, RandomState};

/// What is kept of an identifier.
pub(super) type Rest = [u8; 17];

/// Open addressing in groups of eight. It grows by an eighth at a time, so that the bytes that are
/// looked at stay in the processor's caches for as long as they can; nothing is ever taken out of
/// a group, because forgetting builds the table anew.
#[derive(Default)]
pub(super) struct Table {
    /// Eight tags a group. Zero is none.
    groups: Box<[u64]>,
    /// Eight a group, with the low byte of its bucket.
    entries: Box<[(Rest, u8)]>,
    len: usize,
}

const PER_GROUP: usize = 8;
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// A keyed hash by folded multiplication. Identifiers come out of checked tokens;
/// the key is for issuers that choose theirs.
#[derive(Clone, Copy)]
pub(super) struct Seeds {
    first: u64,
    last: u64,
    key: u64,
}

impl Seeds {
    pub(super) fn new(random: &RandomState) -> Self {
        let [first, last, key] = [1_u8, 2, 3].map(|n| random.hash_one(n));
        Self { first, last, key: key | 1 }
    }

    pub(super) fn hash(self, rest: &Rest) -> Hash {
        // All eleven bytes of hash or randomness; the first six, a date, add nothing.
        let random = rest.last_chunk::<11>();
        let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let first = word(random.and_then(|random| random.first_chunk()));
        let last = word(rest.last_chunk());
        Hash(folded(folded(first ^ self.first, last ^ self.last), self.key))
    }
}

fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Where to look for an identifier, and its tag there.
#[derive(Clone, Copy)]
pub(super) struct Hash(u64);

impl Hash {
    /// The high half chooses the group: any number of them, not only powers of two.
    fn group(self, groups: usize) -> usize {
        (((self.0 >> 32) * groups as u64) >> 32) as usize
    }

    /// A word of a filter's, whose number is a power of two.
    pub(super) fn word(self, words: usize) -> usize {
        (self.0 >> 8) as usize & words.wrapping_sub(1)
    }

    /// Three bits of that word.
    pub(super) fn bits(self) -> u64 {
        [46, 52, 58].iter().fold(0, |bits, from| bits | 1 << (self.0 >> from & 63))
    }

    fn tag(self) -> u8 {
        (self.0 as u8).max(1)
    }
}

/// The bytes of a group that are `byte`, as their highest bits. One above a true one can be wrong;
/// the lowest never is.
fn matches(group: u64, byte: u8) -> u64 {
    let differs = group ^ (LOW_BITS * u64::from(byte));
    differs.wrapping_sub(LOW_BITS) & !differs & HIGH_BITS
}

fn lowest(matches: u64) -> usize {
    matches.trailing_zeros() as usize / 8
}

impl Table {
    /// For this many and an eighth more.
    fn with_room_for(len: usize) -> Self {
        let groups = (len + len / 8) * 7 / (6 * PER_GROUP) + 1;
        Self {
            groups: vec![0; groups].into(),
            entries: vec![([0; 17], 0); groups * PER_GROUP].into(),
            len: 0,
        }
    }

    /// Six of seven places are taken. There is always an empty one.
    fn is_full(&self) -> bool {
        self.len * 7 >= self.entries.len() * 6
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The low byte of its bucket.
    pub(super) fn get(&self, hash: Hash, rest: &Rest) -> Option<u8> {
        self.place(hash, rest).ok().and_then(|place| self.entries.get(place)).map(|(_, low)| *low)
    }

    /// Puts it in, or gives it another byte.
    pub(super) fn put(&mut self, hash: Hash, rest: Rest, low: u8, seeds: Seeds) {
        if self.is_full() {
            self.rebuild(seeds, self.len, |_| true);
        }
        match self.place(hash, &rest) {
            Ok(place) => self.set(place, rest, low),
            Err(place) => {
                self.set(place, rest, low);
                self.mark(place, hash.tag());
            }
        }
    }

    /// Keeps those whose byte is to be kept, in a table of their size.
    pub(super) fn retain(&mut self, seeds: Seeds, keep: impl Fn(u8) -> bool) {
        let kept = self.iter().filter(|(_, low)| keep(*low)).count();
        if kept < self.len {
            self.rebuild(seeds, kept, keep);
        }
    }

    /// Of all that is in it.
    pub(super) fn hashes(&self, seeds: Seeds) -> impl Iterator<Item = Hash> {
        self.iter().map(move |(rest, _)| seeds.hash(rest))
    }

    fn rebuild(&mut self, seeds: Seeds, len: usize, keep: impl Fn(u8) -> bool) {
        let mut anew = Self::with_room_for(len);
        for (rest, low) in self.iter().filter(|(_, low)| keep(*low)) {
            let hash = seeds.hash(rest);
            // Whatever is in this table is in it once.
            if let Err(place) = anew.place(hash, rest) {
                anew.set(place, *rest, *low);
                anew.mark(place, hash.tag());
            }
        }
        *self = anew;
    }

    fn iter(&self) -> impl Iterator<Item = &(Rest, u8)> {
        self.groups.iter().zip(self.entries.chunks_exact(PER_GROUP)).flat_map(|(group, entries)| {
            entries
                .iter()
                .zip(group.to_le_bytes())
                .filter(|(_, tag)| *tag != 0)
                .map(|(entry, _)| entry)
        })
    }

    /// Where it is, or where it would be put.
    fn place(&self, hash: Hash, rest: &Rest) -> Result<usize, usize> {
        let mut at = hash.group(self.groups.len());
        for _ in 0..self.groups.len() {
            let Some(group) = self.groups.get(at).copied() else { break };
            let mut found = matches(group, hash.tag());
            while found != 0 {
                let place = at * PER_GROUP + lowest(found);
                if self.entries.get(place).is_some_and(|(known, _)| known == rest) {
                    return Ok(place);
                }
                found &= found - 1;
            }
            let empty = matches(group, 0);
            if empty != 0 {
                return Err(at * PER_GROUP + lowest(empty));
            }
            at = if at + 1 == self.groups.len() { 0 } else { at + 1 };
        }
        Err(self.entries.len())
    }

    fn set(&mut self, place: usize, rest: Rest, low: u8) {
        if let Some(entry) = self.entries.get_mut(place) {
            *entry = (rest, low);
        }
    }

    /// Takes an empty place.
    fn mark(&mut self, place: usize, tag: u8) {
        if let Some(group) = self.groups.get_mut(place / PER_GROUP) {
            *group |= u64::from(tag) << (place % PER_GROUP * 8);
            self.len += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Of few groups and tags, so that they meet.
    fn narrow(hash: Hash) -> Hash {
        Hash(hash.0 & 0x3000_0000_0000_0003)
    }

    #[test]
    fn it_holds_what_a_map_of_the_standard_library_holds() {
        let seeds = Seeds::new(&RandomState::new());
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |limit: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % limit
        };
        let rest = |n: u64| {
            let mut rest = [0; 17];
            rest[9..].copy_from_slice(&n.to_be_bytes());
            rest
        };
        for ids in [3, 40, 3000] {
            let (mut table, mut map) = (Table::default(), HashMap::new());
            for _ in 0..10_000 {
                let (id, low) = (rest(below(ids)), below(256) as u8);
                match below(2000) {
                    0 => {
                        let from = below(300) as u8;
                        table.retain(seeds, |low| low >= from);
                        map.retain(|_, low| *low >= from);
                    }
                    1..1000 => {
                        table.put(seeds.hash(&id), id, low, seeds);
                        let _ = map.insert(id, low);
                    }
                    _ => assert_eq!(table.get(seeds.hash(&id), &id), map.get(&id).copied()),
                }
                assert_eq!(table.len(), map.len());
                assert!(table.len() < table.entries.len() || map.is_empty());
            }
            let all: HashMap<_, _> = table.iter().copied().collect();
            assert_eq!(all, map);
        }
    }

    /// Identifiers that share their groups and tags, over the end of the table and around it.
    #[test]
    fn those_that_collide_are_told_apart() {
        let seeds = Seeds { first: 0, last: 0, key: 1 };
        let mut table = Table::with_room_for(100);
        let ids: Vec<Rest> = (0..100).map(|n| [n; 17]).collect();
        for (low, id) in (0..).zip(&ids) {
            let hash = narrow(seeds.hash(id));
            assert_eq!(table.get(hash, id), None);
            table.put(hash, *id, low, seeds);
        }
        for (low, id) in (0..).zip(&ids) {
            assert_eq!(table.get(narrow(seeds.hash(id)), id), Some(low));
        }
        assert_eq!(table.len(), 100);
    }

    #[test]
    fn there_is_room_for_what_comes_next_whatever_the_size() {
        for len in 0..5000 {
            let mut table = Table::with_room_for(len);
            table.len = len;
            assert!(!table.is_full(), "{len}");
            assert!(table.entries.len() <= len * 3 / 2 + 24, "{len}");
        }
    }
}
