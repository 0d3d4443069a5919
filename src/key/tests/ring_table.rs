//! The ring's promises: invariants 66 and 67, and what withdrawing does.

use std::{collections::BTreeMap, time::Duration};

use super::super::*;
use crate::{Timestamp, id::KeyId};

const LEAD: Duration = Duration::from_secs(600);
const LIFE: Duration = Duration::from_secs(3600);
const GRACE: Duration = Duration::from_secs(60);
const MILLI: Duration = Duration::from_millis(1);

fn start() -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000)
}

fn ring() -> KeyRing {
    KeyRing::managed(Algorithm::EdDSA, KeyPolicy::new(LIFE).lead(LEAD).grace(GRACE), start())
        .unwrap()
}

fn kids(jwks: &Jwks) -> Vec<KeyId> {
    jwks.keys().iter().map(|key| key.verifying_key().kid().clone()).collect()
}

fn state(ring: &KeyRing, kid: &KeyId, now: Timestamp) -> Option<KeyState> {
    ring.keys().find(|held| held.verifying_key().kid() == kid).map(|held| held.state(now))
}

fn signer(ring: &KeyRing, now: Timestamp) -> KeyId {
    ring.signing_key(now).unwrap().kid().clone()
}

#[test]
fn a_key_goes_through_its_states() {
    let zero = ring();
    let first = signer(&zero, start());
    let second = kids(&zero.jwks(start())).pop().unwrap();
    assert_ne!(first, second);
    assert_eq!(state(&zero, &second, start()), Some(KeyState::Pending));

    let ready_at = start() + LEAD;
    let early = zero.rotate(ready_at - MILLI).unwrap_err();
    assert_eq!(early, RotateError::NotLed { ready_at });
    assert_eq!(
        early.to_string(),
        "the next key may sign from 2023-11-14T22:23:20Z, when verifiers have seen it; `rotate_now` does not wait"
    );
    let one = zero.rotate(ready_at).unwrap();
    assert_eq!(signer(&one, ready_at), second);
    assert_eq!(signer(&one, ready_at - MILLI), first, "a clock that is behind still signs");
    assert_eq!(state(&one, &first, ready_at), Some(KeyState::Retiring));

    // The last token of the first key was made a moment before, and is accepted up to its end.
    let gone_at = ready_at + LIFE + GRACE;
    assert!(one.verifying_keys().contains(&first, gone_at - MILLI));
    assert!(!one.verifying_keys().contains(&first, gone_at));
    assert!(kids(&one.jwks(gone_at - MILLI)).contains(&first));
    assert!(!kids(&one.jwks(gone_at)).contains(&first));
    assert_eq!(one.next_change(ready_at), Some(gone_at));
    assert_eq!(one.next_change(gone_at), None);
    assert_eq!(kids(&one.jwks(gone_at)).len(), 2, "one signs, one waits");

    // What is gone is forgotten, and nothing else changes.
    assert!(one.scheduled(gone_at - MILLI).unwrap().is_none());
    let two = one.scheduled(gone_at).unwrap().unwrap();
    assert_eq!(two.keys().count(), 2);
    assert_eq!(signer(&two, gone_at), second);
    assert!(two.scheduled(gone_at).unwrap().is_none());
}

/// INVARIANT 67: cached bytes outlive no key, and a new key is known before it signs.
#[test]
fn a_published_set_is_kept_no_longer_than_its_keys() {
    let zero = ring();
    assert_eq!(zero.jwks_max_age(start()), LEAD / 2);
    let one = zero.rotate(start() + LEAD).unwrap();
    let gone_at = start() + LEAD + LIFE + GRACE;
    assert_eq!(one.jwks_max_age(start() + LEAD), LEAD / 2);
    for (left, kept) in [(LEAD, LEAD / 2), (LEAD / 2, LEAD / 2), (GRACE, GRACE), (MILLI, MILLI)] {
        assert_eq!(one.jwks_max_age(gone_at - left), kept, "{left:?} before");
    }
    let (day, key) = (24 * LIFE, SigningKey::generate(Algorithm::EdDSA).unwrap());
    let slow = KeyRing::managed(Algorithm::EdDSA, KeyPolicy::new(LIFE).lead(day), start()).unwrap();
    assert_eq!(slow.jwks_max_age(start()), LIFE, "an hour at most");
    assert_eq!(KeyRing::given(key).jwks_max_age(start()), Duration::from_secs(300));
}

#[test]
fn the_schedule_waits_for_period_and_lead() {
    let period = Duration::from_secs(1000);
    let policy = KeyPolicy::new(LIFE).lead(LEAD).rotate_every(period);
    let ring = KeyRing::managed(Algorithm::ES256, policy, start()).unwrap();
    assert!(ring.scheduled(start() + period - MILLI).unwrap().is_none());
    let next = ring.scheduled(start() + period).unwrap().unwrap();
    assert_ne!(signer(&next, start() + period), signer(&ring, start()));

    let hasty = KeyPolicy::new(LIFE).lead(LEAD).rotate_every(MILLI);
    let ring = KeyRing::managed(Algorithm::ES256, hasty, start()).unwrap();
    assert!(ring.scheduled(start() + LEAD - MILLI).unwrap().is_none());
    assert!(ring.scheduled(start() + LEAD).unwrap().is_some());
}

#[test]
fn rotating_now_does_not_wait() {
    let zero = ring();
    let one = zero.rotate_now(start()).unwrap();
    assert_ne!(signer(&one, start()), signer(&zero, start()));
    assert_eq!(kids(&one.jwks(start())).len(), 3);
}

#[test]
fn a_withdrawn_key_is_gone_at_once() {
    let zero = ring();
    let now = start() + Duration::from_secs(5);
    let (first, second) = (signer(&zero, now), kids(&zero.jwks(now)).pop().unwrap());

    let one = zero.withdraw(&first, now).unwrap();
    assert!(!one.verifying_keys().contains(&first, now));
    assert!(!kids(&one.jwks(now)).contains(&first));
    assert_eq!(signer(&one, now), second, "the waiting key takes over, unled");
    assert_eq!(kids(&one.jwks(now)).len(), 2, "and another waits");

    let one = zero.withdraw(&second, now).unwrap();
    assert_eq!(signer(&one, now), first);
    assert!(!kids(&one.jwks(now)).contains(&second));
    assert_eq!(kids(&one.jwks(now)).len(), 2);
    assert_eq!(
        one.rotate(start() + LEAD).unwrap_err(),
        RotateError::NotLed { ready_at: now + LEAD },
        "the new waiting key leads from its own publication"
    );

    let two = zero.rotate_now(now).unwrap().withdraw(&first, now).unwrap();
    assert_eq!(signer(&two, now), second);
    assert!(!two.verifying_keys().contains(&first, now));

    let unknown = KeyId::parse("unknown").unwrap();
    assert_eq!(
        zero.withdraw(&unknown, now).unwrap_err().to_string(),
        "the ring has no key `unknown`"
    );
}

#[test]
fn given_keys_stay_as_they_are() {
    let (key, former) = (
        SigningKey::generate(Algorithm::EdDSA).unwrap(),
        SigningKey::generate(Algorithm::ES256).unwrap(),
    );
    let ring = KeyRing::given(key.clone()).also_verifies(former.verifying_key()).unwrap();
    for now in [Timestamp::EPOCH, start(), Timestamp::MAX - MILLI] {
        assert_eq!(&signer(&ring, now), key.kid());
        assert_eq!(kids(&ring.jwks(now)), [key.kid().clone(), former.kid().clone()]);
        assert!(ring.verifying_keys().contains(former.kid(), now));
        assert_eq!(ring.rotate(now).unwrap_err(), RotateError::Given);
        assert_eq!(ring.rotate_now(now).unwrap_err(), RotateError::Given);
        assert!(ring.scheduled(now).unwrap().is_none());
    }
    assert!(ring.also_verifies(key.verifying_key()).is_err(), "two of one name");
    let ended = ring.withdraw(key.kid(), start()).unwrap();
    assert!(ended.signing_key(start()).is_none());
    assert!(!ended.verifying_keys().contains(key.kid(), start()));

    let secret = SigningKey::generate(Algorithm::HS256).unwrap();
    assert!(KeyRing::given(secret).jwks(start()).keys().is_empty(), "a secret is not published");
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Any history of rotations, at any times: no key signs before it led, every token verifies until
/// it has expired (but for withdrawn keys), and one key always waits.
#[test]
fn any_history_keeps_the_promises() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let period = Duration::from_secs(300 + random.below(3000));
        let policy = KeyPolicy::new(LIFE).lead(LEAD).grace(GRACE).rotate_every(period);
        let mut now = start();
        let mut ring = KeyRing::managed(Algorithm::EdDSA, policy, now).unwrap();
        let first = signer(&ring, now);
        // What an observer sees: since when each key is published, and when it signed last.
        let mut published: BTreeMap<KeyId, Timestamp> =
            kids(&ring.jwks(now)).into_iter().map(|kid| (kid, now)).collect();
        let mut unled = BTreeMap::from([(first, ())]);
        let mut signed: BTreeMap<KeyId, Timestamp> = BTreeMap::new();
        let mut withdrawn: Vec<KeyId> = Vec::new();
        for _ in 0..80 {
            match random.below(12) {
                0..=4 => {
                    if let Ok(next) = ring.rotate(now) {
                        ring = next;
                    }
                }
                5..=8 => {
                    if let Some(next) = ring.scheduled(now).unwrap() {
                        ring = next;
                    }
                }
                9 => {
                    ring = ring.rotate_now(now).unwrap();
                    unled.insert(signer(&ring, now), ());
                }
                10 if random.below(3) == 0 => {
                    let all = kids(&ring.jwks(now));
                    let kid = all[usize::try_from(random.below(all.len() as u64)).unwrap()].clone();
                    let before = signer(&ring, now);
                    ring = ring.withdraw(&kid, now).unwrap();
                    withdrawn.push(kid.clone());
                    if before == kid {
                        unled.insert(signer(&ring, now), ());
                    }
                }
                _ => {}
            }
            for kid in kids(&ring.jwks(now)) {
                assert!(!withdrawn.contains(&kid));
                published.entry(kid).or_insert(now);
            }
            let key = signer(&ring, now);
            assert!(!withdrawn.contains(&key));
            if !unled.contains_key(&key) {
                assert!(published[&key] + LEAD <= now, "seed {seed}: signed before it led");
            }
            signed.insert(key, now);
            let jwks = kids(&ring.jwks(now));
            for (kid, last) in &signed {
                let expires = *last + LIFE;
                let accepted = ring.verifying_keys().contains(kid, now);
                if withdrawn.contains(kid) {
                    assert!(!accepted && !jwks.contains(kid));
                } else if now < expires + GRACE {
                    assert!(accepted && jwks.contains(kid), "seed {seed}: a live token is refused");
                }
            }
            let waiting = ring.keys().filter(|held| held.state(now) == KeyState::Pending).count();
            let active = ring.keys().filter(|held| held.state(now) == KeyState::Active).count();
            assert_eq!((waiting, active), (1, 1), "seed {seed}");
            assert_eq!(ring.jwks(now).to_json(), ring.jwks(now).to_json());
            now = now + Duration::from_millis(random.below(700_000));
        }
        assert!(ring.keys().count() < 60, "what is gone is forgotten");
    }
}
