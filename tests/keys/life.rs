//! The life of a key over a year of schedule, seen by a verifier that caches (invariants 66, 67).

use std::collections::BTreeMap;

use hallpass::{
    Algorithm, Authority, Timestamp, Verifier,
    clock::Clock,
    key::{Jwks, KeyState},
};

use super::support::*;

fn remote(world: &World, jwks: &Jwks) -> Verifier {
    let builder = Verifier::builder(ISSUER).audience(AUDIENCE).jwks(jwks);
    builder.clock(world.clock.clone()).stateless().build().unwrap()
}

/// What was seen of one key.
#[derive(Default)]
struct Seen {
    published: Option<Timestamp>,
    signed: Option<Timestamp>,
    last_expiry: Option<Timestamp>,
}

#[tokio::test]
async fn inv_66_through_a_year_no_key_signs_before_its_lead_nor_leaves_before_its_tokens() {
    const STEP: std::time::Duration = std::time::Duration::from_secs(2 * 3_600);
    let world = World::new();
    let policy = hallpass::key::KeyPolicy::new(DAY).lead(6 * HOUR).rotate_every(30 * DAY);
    let instances =
        [world.instance_with(secret(1), policy), world.instance_with(secret(1), policy)];
    for instance in &instances {
        instance.ready().await.unwrap();
    }
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    // A verifier elsewhere fetches as rarely as the lead allows.
    let (mut fetched_at, mut elsewhere) = (START, remote(&world, &instances[0].jwks()));
    let mut tokens = Vec::new();
    let steps = 365 * 12;
    for step in 0..steps {
        let now = world.clock.now();
        // Only now and then: an instance may sleep, and what it does next comes first.
        let active = &instances[step % 2];
        if step % 3 == 0 {
            let _ = active.tick().await;
        }
        let minted = active
            .issue_access(grant().access_lifetime(DAY))
            .await
            .unwrap_or_else(|error| panic!("{error:?} at {now}"));
        let kid = kid_of(&minted);
        let of_key = seen.entry(kid.clone()).or_default();
        of_key.signed.get_or_insert(now);
        of_key.last_expiry = Some(minted.expires_at());
        let jwks = published(active);
        for kid in &jwks {
            seen.entry(kid.clone()).or_default().published.get_or_insert(now);
        }
        for (kid, of_key) in &seen {
            let live = of_key.last_expiry.is_some_and(|until| now < until);
            assert!(!live || jwks.contains(kid), "{kid} left before its tokens at {now}");
        }
        if now.saturating_since(fetched_at) >= 6 * HOUR - STEP {
            (fetched_at, elsewhere) = (now, remote(&world, &active.jwks()));
        }
        assert!(elsewhere.verify_jwt(minted.access_token()).is_ok(), "refused at {now}");
        if step % 4 == 0 {
            tokens.push((minted.expires_at(), minted));
            tokens.retain(|(until, _)| now < *until);
            for (_, minted) in &tokens {
                assert!(elsewhere.verify_jwt(minted.access_token()).is_ok());
                assert!(instances[0].verify(minted.access_token()).await.is_ok());
                assert!(instances[1].verify(minted.access_token()).await.is_ok());
            }
        }
        world.clock.advance(STEP);
    }
    assert_eq!(seen.len(), 14, "twelve rotations, the first key, and the next");
    for of_key in seen.values() {
        let (Some(published), Some(signed)) = (of_key.published, of_key.signed) else { continue };
        // The very first signs at once: nobody has cached an older JWKS.
        assert!(signed == START || signed.saturating_since(published) >= 6 * HOUR);
    }
    assert!(world.kept().await.keys.len() <= 3, "what is gone is forgotten");
}

#[tokio::test]
async fn inv_66_the_ring_always_holds_a_published_pending_key() {
    let world = World::new();
    let authority = world.ready().await;
    let pending = |authority: &Authority| {
        let (ring, now) = (authority.key_ring(), world.clock.now());
        ring.keys().filter(|held| held.state(now) == KeyState::Pending).count()
    };
    assert_eq!(pending(&authority), 1);
    assert!(authority.rotate_keys().await.is_err(), "it has not led");
    world.clock.advance(LEAD);
    authority.rotate_keys().await.unwrap();
    assert_eq!(pending(&authority), 1);
    authority.rotate_keys_now().await.unwrap();
    assert_eq!(pending(&authority), 1);
    let signer = world.signer(&authority);
    authority.withdraw_key(&signer).await.unwrap();
    assert_eq!(pending(&authority), 1);
}

#[tokio::test]
async fn inv_67_the_jwks_is_a_function_of_the_keys_and_the_time() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    here.rotate_keys_now().await.unwrap();
    world.clock.advance(10 * SECOND);
    let _ = (here.tick().await, there.tick().await);
    assert_eq!(here.jwks().to_json(), there.jwks().to_json());
    let (ring, now) = (here.key_ring(), world.clock.now());
    let change = ring.next_change(now).unwrap();
    let milli = std::time::Duration::from_millis(1);
    assert_eq!(ring.jwks(now).to_json(), ring.jwks(change - milli).to_json());
    assert_ne!(ring.jwks(now).to_json(), ring.jwks(change).to_json());
    assert_eq!(ring.jwks(now).to_json(), there.key_ring().jwks(now).to_json());
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let world = World::new();
    let before = world.ready().await;
    before.rotate_keys_now().await.unwrap();
    let (token, jwks) = (mint(&before).await, before.jwks().to_json());
    let kept = world.kept().await;
    drop(before);
    let after = world.ready().await;
    assert_eq!(after.jwks().to_json(), jwks);
    assert!(after.verify(token.access_token()).await.is_ok());
    assert_eq!(kid_of(&mint(&after).await), kid_of(&token));
    assert_eq!(world.kept().await, kept, "nothing was written");
}

#[tokio::test]
async fn without_ready_the_first_verb_loads_the_keys() {
    let world = World::new();
    let token = mint(&world.instance()).await;
    assert!(world.instance().verify(token.access_token()).await.is_ok());
    assert_eq!(world.kept().await.version, 1);
}

#[tokio::test]
async fn another_algorithm_comes_with_the_next_rotation() {
    let world = World::new();
    let old = mint(&world.ready().await).await;
    let builder = world.builder().managed_keys(world.store.clone(), Algorithm::ES256, policy());
    let authority = builder.master_secret(secret(1)).build().unwrap();
    authority.rotate_keys_now().await.unwrap();
    authority.rotate_keys_now().await.unwrap();
    let ring = authority.key_ring();
    let signer = ring.signing_key(world.clock.now()).unwrap();
    assert_eq!(signer.algorithm(), Algorithm::ES256);
    assert!(authority.verify(old.access_token()).await.is_ok());
    assert!(authority.verify(mint(&authority).await.access_token()).await.is_ok());
}
