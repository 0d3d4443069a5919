//! Knows how many tokens of one session are kept, so that nobody fills the cache alone.
//! Must not know tokens or sessions, only hashes of them.

use std::sync::{Mutex, PoisonError};

use super::place;

/// How many tokens of one session are kept: the newest, and those its tabs still hold.
const MOST_OF_SESSION: usize = 4;
/// How many of one subject at one client, where tokens name no session: the instances of a
/// service each have their own.
const MOST_OF_PAIR: usize = 16;
/// How many tokens are noted in one place.
const MOST_NOTED: usize = 32;
/// The memory for a set's.
pub(super) const ROOM: usize = MOST_NOTED * size_of::<Note>() + size_of::<Mutex<Vec<Note>>>();

/// Whose token it is.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    hash: u64,
    most: usize,
}

impl Owner {
    pub(super) fn session(hash: u64) -> Self {
        Self { hash, most: MOST_OF_SESSION }
    }

    pub(super) fn pair(hash: u64) -> Self {
        Self { hash, most: MOST_OF_PAIR }
    }
}

struct Note {
    owner: u64,
    token: u64,
}

/// Which token belongs to whom, the oldest first. A token that has gone meanwhile stays noted until
/// it is the oldest.
pub(super) struct Owners(Box<[Mutex<Vec<Note>>]>);

impl Owners {
    pub(super) fn new(sets: usize) -> Self {
        Self((0..sets).map(|_| Mutex::default()).collect())
    }

    /// Notes a token, and returns one that must go for it, if any must.
    pub(super) fn enter(&self, owner: Owner, token: u64) -> Option<u64> {
        let mut notes = self
            .0
            .get(place(owner.hash, self.0.len()))?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        notes.retain(|note| note.token != token);
        let mut of_owner = notes.iter().enumerate().filter(|(_, note)| note.owner == owner.hash);
        let oldest = of_owner.next().map(|(at, _)| at);
        let count = usize::from(oldest.is_some()) + of_owner.count();
        let victim = match oldest {
            Some(at) if count >= owner.most => Some(at),
            _ => (notes.len() >= MOST_NOTED).then_some(0),
        };
        let displaced = victim.map(|at| notes.remove(at).token);
        notes.push(Note { owner: owner.hash, token });
        displaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_a_session_goes_for_a_fifth() {
        let owners = Owners::new(1);
        let ours = Owner::session(1);
        for token in 0..4 {
            assert_eq!(owners.enter(ours, token), None);
        }
        assert_eq!(owners.enter(ours, 1), None, "it is noted already, and the newest now");
        assert_eq!(owners.enter(Owner::session(2), 50), None);
        assert_eq!(owners.enter(ours, 4), Some(0));
        assert_eq!(owners.enter(ours, 5), Some(2));
        assert_eq!(owners.enter(ours, 6), Some(3));
        assert_eq!(owners.enter(ours, 7), Some(1));
        for token in 100..116 {
            assert_eq!(owners.enter(Owner::pair(3), token), None);
        }
        assert_eq!(owners.enter(Owner::pair(3), 116), Some(100));
    }

    #[test]
    fn a_place_is_bounded_whoever_falls_to_it() {
        let owners = Owners::new(1);
        let gone = (0..1000).filter(|n| owners.enter(Owner::session(*n), *n).is_some()).count();
        assert_eq!(gone, 1000 - MOST_NOTED);
    }
}
