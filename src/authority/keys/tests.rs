//! Knows which of two rings is kept when both arrive, and that every change of keys is counted.
//! Must not know a store.

use super::*;
use crate::key::SigningKey;

#[test]
fn an_overtaken_ring_is_not_taken_in_and_every_change_is_counted() {
    let now = Timestamp::from_unix_seconds(1_700_000_000);
    let ring = || KeyRing::given(SigningKey::generate(Algorithm::EdDSA).unwrap());
    let kid = |ring: &KeyRing| ring.signing_key(now).unwrap().kid().clone();
    let (first, second, third) = (ring(), ring(), ring());
    let keys = Keys::given(ring());
    let mut generations = vec![keys.generation()];
    let mut adopted = |swaps: u64, version: u64, ring: &KeyRing| {
        keys.adopt(swaps, version, ring, now);
        let is_in = kid(&keys.current()) == kid(ring);
        if is_in {
            assert!(!generations.contains(&keys.generation()), "its number was there before");
            generations.push(keys.generation());
        } else {
            assert_eq!(generations.last(), Some(&keys.generation()));
        }
        is_in
    };
    let early = keys.swaps();
    assert!(adopted(early, 5, &first));
    // Read before the first came: taken in only if it is newer.
    assert!(!adopted(early, 4, &second));
    assert!(!adopted(early, 5, &second));
    assert!(adopted(early, 6, &second));
    // Read after it: taken in, whatever its number. The store may have been restored.
    assert!(adopted(keys.swaps(), 1, &third));
    let before = keys.swaps();
    assert!(adopted(before, 1, &first));
    assert!(!adopted(before, 1, &second), "another came in between");
}
