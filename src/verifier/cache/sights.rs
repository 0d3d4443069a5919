//! Knows which tokens were seen lately, in two bytes each, so that one that comes once is not kept.
//! Must not know tokens: a wrong answer keeps a token too early or once too late.

use std::sync::atomic::{AtomicU64, Ordering};

use super::place;

/// Words a set. Each holds marks of the last four tokens that fell to it.
const WORDS: usize = 8;
/// The memory for a set's.
pub(super) const ROOM: usize = WORDS * size_of::<AtomicU64>();

pub(super) struct Sights(Box<[AtomicU64]>);

impl Sights {
    pub(super) fn new(sets: usize) -> Self {
        Self((0..sets * WORDS).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether a token of this hash was seen before; from now on it was.
    pub(super) fn was_seen(&self, hash: u64) -> bool {
        let Some(word) = self.0.get(place(hash, self.0.len())) else { return false };
        // The place is taken from the high bits, so the mark is taken from the low ones. A lost
        // update between two threads is a sight forgotten.
        let mark = hash as u16 | 1;
        let marks = word.load(Ordering::Relaxed);
        let seen = (0..4).any(|at| (marks >> (at * 16)) as u16 == mark);
        if !seen {
            word.store(marks << 16 | u64::from(mark), Ordering::Relaxed);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_sight_is_seen_even_of_four_in_turn() {
        let sights = Sights::new(1);
        let hashes = [1_u64, 3, 5, 7];
        assert!(hashes.iter().all(|hash| !sights.was_seen(*hash)));
        assert!(hashes.iter().all(|hash| sights.was_seen(*hash)));
        assert!(!sights.was_seen(9));
        assert!(!sights.was_seen(1), "the fifth drove out the first");
    }
}
