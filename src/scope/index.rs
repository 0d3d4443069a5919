//! Knows how to find the item that covers a permission without looking at all of them.
//! Must not know any order, and never answers by hash alone: the parts are always compared.

use std::hash::{BuildHasher as _, RandomState};

use super::span::{ANY_ACTION, ANY_ID, ANY_RESOURCE, Span, Triple, supersets};

/// One open-addressed table over the triples, `*` counting as a value of its own.
///
/// A permission can only be covered by itself with some slots replaced by `*`: at most eight
/// look-ups, of which only the shapes that occur are made. The hash is seeded per table, so that
/// nobody who may choose ids can also choose collisions.
#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<Slot>,
    mask: usize,
    seed: u64,
}

/// Item number plus one, so that zero is a free slot, and some bits of its hash.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    item: u32,
    tag: u32,
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// What a `*` hashes to, one value per slot. Arbitrary odd numbers.
const STARS: [u64; 3] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3];

impl Index {
    /// Builds the table, and tells which items are covered by one of another of these shapes.
    pub(super) fn build(text: &str, spans: &[Span], shapes: u8) -> (Self, Vec<usize>) {
        let size = (spans.len() * 2).next_power_of_two();
        let seed = RandomState::new().hash_one(size);
        let mut index = Self { slots: vec![Slot::default(); size], mask: size - 1, seed };
        let mut hashed = Vec::with_capacity(if shapes == 0 { 0 } else { spans.len() });
        for (number, span) in (1u32..).zip(spans) {
            if span.is_word() {
                continue;
            }
            let triple = span.triple(text);
            let hashes = index.hashes(triple);
            index.insert(number, hashes.combine(triple.shape));
            if shapes & wider(triple.shape) != 0 {
                hashed.push((number, triple, hashes));
            }
        }
        let covered = |(number, triple, hashes): (u32, Triple<'_>, Hashes)| {
            let found = index.look_up(text, spans, triple, hashes, shapes & wider(triple.shape));
            found.map(|_| number as usize - 1)
        };
        let covered = hashed.into_iter().filter_map(covered).collect();
        (index, covered)
    }

    fn insert(&mut self, item: u32, hash: u64) {
        let tag = tag(hash);
        let mut at = hash as usize & self.mask;
        // INVARIANT (half empty): the table has twice as many slots as items, so one is free.
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.item == 0 {
                *slot = Slot { item, tag };
                return;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// The shape of an item that covers the permission, of these shapes.
    pub(super) fn find(
        &self,
        text: &str,
        spans: &[Span],
        wanted: Triple<'_>,
        shapes: u8,
    ) -> Option<u8> {
        self.look_up(text, spans, wanted, self.hashes(wanted), shapes)
    }

    fn look_up(
        &self,
        text: &str,
        spans: &[Span],
        wanted: Triple<'_>,
        hashes: Hashes,
        shapes: u8,
    ) -> Option<u8> {
        let mut left = shapes;
        while left != 0 {
            let shape = left.trailing_zeros() as u8;
            left &= left - 1;
            if self.probe(text, spans, wanted, shape, hashes.combine(shape)) {
                return Some(shape);
            }
        }
        None
    }

    fn probe(&self, text: &str, spans: &[Span], wanted: Triple<'_>, shape: u8, hash: u64) -> bool {
        let tag = tag(hash);
        let mut at = hash as usize & self.mask;
        while let Some(slot) = self.slots.get(at) {
            if slot.item == 0 {
                return false;
            }
            if slot.tag == tag
                && let Some(span) = spans.get(slot.item as usize - 1)
                && span.shape == shape
                && span.triple(text).covers(wanted)
            {
                return true;
            }
            at = (at + 1) & self.mask;
        }
        false
    }

    fn hashes(&self, triple: Triple<'_>) -> Hashes {
        Hashes {
            resource: hash(self.seed, triple.resource),
            id: hash(self.seed, triple.id),
            action: hash(self.seed, triple.action),
            seed: self.seed,
        }
    }
}

/// Each part hashed once, to be combined for every shape that is probed.
#[derive(Clone, Copy, Debug)]
struct Hashes {
    resource: u64,
    id: u64,
    action: u64,
    seed: u64,
}

impl Hashes {
    fn combine(self, shape: u8) -> u64 {
        let [any_resource, any_id, any_action] = STARS;
        let resource = if shape & ANY_RESOURCE != 0 { any_resource } else { self.resource };
        let id = if shape & ANY_ID != 0 { any_id } else { self.id };
        let action = if shape & ANY_ACTION != 0 { any_action } else { self.action };
        fold(fold(resource ^ self.seed, id ^ MIX) ^ action, self.seed | 1)
    }
}

/// The shapes that can cover this one, without itself.
fn wider(shape: u8) -> u8 {
    supersets(shape) & !(1 << shape)
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Multiplies to 128 bits and folds the halves together, so that every input bit reaches the
/// whole result.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let key = MIX ^ seed;
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(MIX);
    // The last chunk may overlap the one before it: the length is in the state, so two texts of
    // one length are read in the same places.
    let last = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(last), ..) => {
            let mut rest = bytes;
            while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
                if tail.is_empty() {
                    break;
                }
                state = fold(state ^ u64::from_le_bytes(*chunk), key);
                rest = tail;
            }
            u64::from_le_bytes(*last)
        }
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    fold(state ^ last, key)
}
