//! Knows which identifiers are certainly not in a table, and says so without a lock: one look at one
//! word, which the processor need not wait for before it goes on.
//! Must not know the table, nor take out what was put in: it is made anew.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering, fence},
};

use super::table::Hash;

/// A Bloom filter whose identifiers have three bits in one word each. What it says is absent is
/// absent; one in some twenty of the others is not there either.
///
/// One thread at a time writes, holding the table's lock; any number read, without. While it is
/// made anew it says nothing, and who read from what was changed meanwhile hears nothing.
#[derive(Default)]
pub(super) struct Filter {
    /// How often it was made anew, with which of `sizes` is in force in the low byte.
    state: AtomicU64,
    /// Each is made once and kept: a reader may still look at it.
    sizes: [OnceLock<Box<[AtomicU64]>>; WORDS.len()],
}

/// How many words a filter may have. Past the last it only says less often that something is absent.
const WORDS: [usize; 12] =
    [8, 32, 128, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
/// The low byte of a state in which it says nothing. Also before it is made for the first time.
const SILENT: u64 = 0;
/// Bits for each identifier, at least; twice that where sizes double.
const BITS: usize = 6;

impl Filter {
    /// Whether it is certain that nothing with this hash is in the table.
    pub(super) fn lacks(&self, hash: Hash) -> bool {
        let state = self.state.load(Ordering::Acquire);
        let Some(word) = self.words(state).and_then(|words| words.get(hash.word(words.len())))
        else {
            return false;
        };
        let bits = hash.bits();
        // Whoever sees a word of what is made anew sees behind it that it is (a seqlock's reader).
        word.load(Ordering::Acquire) & bits != bits && self.state.load(Ordering::Relaxed) == state
    }

    /// Takes in one of now `len`; all of them where it has become too small. The caller holds the
    /// table's lock.
    pub(super) fn add(&self, hash: Hash, len: usize, all: impl Iterator<Item = Hash>) {
        let state = self.state.load(Ordering::Relaxed);
        match self.words(state) {
            Some(words) if state & 0xff == size_for(len) => set(words, hash),
            _ => self.renew(len, all),
        }
    }

    /// Makes it anew for these, of which there are `len`. The caller holds the table's lock.
    pub(super) fn renew(&self, len: usize, all: impl Iterator<Item = Hash>) {
        let generation = (self.state.load(Ordering::Relaxed) >> 8) + 1;
        self.state.store(generation << 8 | SILENT, Ordering::Relaxed);
        // A seqlock's writer: no word of what follows is seen before that.
        fence(Ordering::Release);
        let state = generation << 8 | size_for(len);
        if let Some(words) = self.words_made(state) {
            for word in words {
                word.store(0, Ordering::Relaxed);
            }
            all.for_each(|hash| set(words, hash));
            self.state.store(state, Ordering::Release);
        }
    }

    fn words(&self, state: u64) -> Option<&[AtomicU64]> {
        self.sizes.get(index(state)?)?.get().map(|words| &**words)
    }

    fn words_made(&self, state: u64) -> Option<&[AtomicU64]> {
        let index = index(state)?;
        let words = WORDS.get(index)?;
        Some(
            self.sizes.get(index)?.get_or_init(|| (0..*words).map(|_| AtomicU64::new(0)).collect()),
        )
    }
}

/// Which of the sizes a state names.
fn index(state: u64) -> Option<usize> {
    usize::from(state as u8).checked_sub(1)
}

/// The low byte of the state for this many.
fn size_for(len: usize) -> u64 {
    let fits = |words: &usize| words * 64 >= len * BITS;
    WORDS.iter().position(fits).map_or(WORDS.len(), |index| index + 1) as u64
}

fn set(words: &[AtomicU64], hash: Hash) {
    if let Some(word) = words.get(hash.word(words.len())) {
        word.fetch_or(hash.bits(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use super::{super::table::Seeds, *};

    #[test]
    fn nothing_that_is_in_it_is_said_to_be_absent_and_most_else_is() {
        let seeds = Seeds::new(&RandomState::new());
        let hash = |n: u64| {
            let mut rest = [0; 17];
            rest[9..].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            seeds.hash(&rest)
        };
        let filter = Filter::default();
        assert!(!filter.lacks(hash(0)), "it says nothing before there is something");
        let mut len = 0;
        for step in [1, 10, 100, 1000, 20_000, 50_000] {
            for n in len..len + step {
                filter.add(hash(n), n as usize + 1, (0..=n).map(hash));
                assert!(!filter.lacks(hash(n)));
            }
            len += step;
            assert!((0..len).all(|n| !filter.lacks(hash(n))));
            let wrong = (0..2000).filter(|n| !filter.lacks(hash(len + n))).count();
            assert!(wrong < 300, "{wrong} of 2000 at {len}");
        }
        // Smaller, in one of the sizes that were made before, with what was in it gone.
        filter.renew(10, (0..10).map(hash));
        assert!((0..10).all(|n| !filter.lacks(hash(n))));
        assert!((10..2010).filter(|n| !filter.lacks(hash(*n))).count() < 300);
        // More than the largest size is for: it says less, and nothing false.
        let many = WORDS[WORDS.len() - 1] * 64;
        filter.renew(many, (0..100).map(hash));
        assert!((0..100).all(|n| !filter.lacks(hash(n))) && filter.lacks(hash(100_000)));
    }

    /// So that whoever read before sees that it is another, and whoever comes meanwhile hears nothing.
    #[test]
    fn it_is_silent_while_it_is_made_anew_and_no_state_comes_twice() {
        let seeds = Seeds::new(&RandomState::new());
        let (filter, mut states) = (Filter::default(), Vec::new());
        for _ in 0..600 {
            let all = std::iter::once_with(|| {
                assert!(!filter.lacks(seeds.hash(&[1; 17])));
                states.push(filter.state.load(Ordering::Relaxed));
                seeds.hash(&[0; 17])
            });
            filter.renew(1, all);
            states.push(filter.state.load(Ordering::Relaxed));
        }
        let different: std::collections::HashSet<_> = states.iter().collect();
        assert_eq!((different.len(), states.len()), (1200, 1200));
    }
}
