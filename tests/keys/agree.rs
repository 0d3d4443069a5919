//! Many instances, one set of keys (invariant 68), and tokens that verify at once on all.

use std::{sync::Barrier, thread};

use super::support::*;
use hallpass::{
    Algorithm, Authority,
    store::StoreErrorKind,
    testing::{Fault, StoreMethod, conformance::block_on},
    verifier::VerifyError,
};

const INSTANCES: usize = 24;

fn instances(world: &World) -> Vec<Authority> {
    let slow = || Slow(world.store.clone());
    let policy = policy().rotate_every(30 * DAY);
    let build = |_| {
        let builder = world.builder().managed_keys(slow(), Algorithm::EdDSA, policy);
        builder.master_secret(secret(1)).build().unwrap()
    };
    (0..INSTANCES).map(build).collect()
}

/// Runs `work` on all instances at the same moment, each on a thread of its own.
fn at_once<F: Future<Output = ()>>(instances: &[Authority], work: fn(Authority) -> F) {
    let barrier = Barrier::new(instances.len());
    thread::scope(|scope| {
        for instance in instances {
            scope.spawn(|| {
                barrier.wait();
                block_on(work(instance.clone()));
            });
        }
    });
}

#[test]
fn inv_68_instances_that_start_at_once_agree_on_the_first_keys() {
    for _ in 0..20 {
        let world = World::new();
        let instances = instances(&world);
        at_once(&instances, |it| async move { it.ready().await.unwrap() });
        let kept = block_on(world.kept());
        assert_eq!((kept.version, kept.keys.len()), (1, 2));
        for instance in &instances {
            assert_eq!(instance.jwks().to_json(), instances[0].jwks().to_json());
            assert!(block_on(instances[0].verify(block_on(mint(instance)).access_token())).is_ok());
        }
    }
}

#[test]
fn inv_68_instances_that_rotate_at_once_make_one_new_key() {
    for round in 0..20 {
        let world = World::new();
        let instances = instances(&world);
        at_once(&instances, |it| async move { it.ready().await.unwrap() });
        let before = world.signer(&instances[0]);
        let next = published(&instances[0]).pop().unwrap();
        match round % 3 {
            0 => {
                world.clock.advance(LEAD);
                at_once(&instances, |it| async move { it.rotate_keys().await.unwrap() });
            }
            1 => at_once(&instances, |it| async move { it.rotate_keys_now().await.unwrap() }),
            _ => {
                world.clock.advance(30 * DAY);
                at_once(&instances, |it| async move {
                    let _ = it.tick().await;
                });
            }
        }
        let kept = block_on(world.kept());
        assert_eq!((kept.version, kept.keys.len()), (2, 3), "round {round}");
        for instance in &instances {
            assert_ne!(world.signer(instance), before);
            assert_eq!(world.signer(instance).as_str(), next);
            assert_eq!(instance.jwks().to_json(), instances[0].jwks().to_json());
        }
    }
}

#[test]
fn callers_of_one_instance_that_are_first_wait_for_one_read() {
    let world = World::new();
    let one = vec![instances(&world).pop().unwrap(); INSTANCES];
    at_once(&one, |it| async move { drop(mint(&it).await) });
    assert_eq!(world.store.inner().calls(StoreMethod::LoadSigningKeys), 1);
    assert_eq!(world.store.inner().calls(StoreMethod::ReplaceSigningKeys), 1);
}

#[tokio::test]
async fn tokens_verify_on_an_instance_that_has_not_reloaded() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    let old = mint(&there).await;
    // The key after the next signs: `there` has never seen it.
    here.rotate_keys_now().await.unwrap();
    here.rotate_keys_now().await.unwrap();
    let new = mint(&here).await;
    assert!(!published(&there).contains(&kid_of(&new)));
    assert!(there.verify(new.access_token()).await.is_ok());
    assert!(here.verify(old.access_token()).await.is_ok());
    assert!(there.verify(old.access_token()).await.is_ok());
    assert_eq!(here.jwks().to_json(), there.jwks().to_json());
    assert!(here.verify(mint(&there).await.access_token()).await.is_ok());
}

#[tokio::test]
async fn junk_names_do_not_flood_the_store_and_hide_no_real_key_for_long() {
    let (world, elsewhere) = (World::new(), World::new());
    let (here, there) = (world.ready().await, world.ready().await);
    let stranger = elsewhere.ready().await;
    world.store.inner().reset();
    for _ in 0..20 {
        stranger.rotate_keys_now().await.unwrap();
        let junk = mint(&stranger).await;
        let error = there.verify(junk.access_token()).await.unwrap_err();
        assert!(matches!(error, VerifyError::UnknownKey), "{error}");
    }
    assert_eq!(world.store.inner().calls(StoreMethod::LoadSigningKeys), 1);
    here.rotate_keys_now().await.unwrap();
    here.rotate_keys_now().await.unwrap();
    let new = mint(&here).await;
    assert!(there.verify(new.access_token()).await.is_err());
    world.clock.advance(SECOND);
    assert!(there.verify(new.access_token()).await.is_ok());
}

#[tokio::test]
async fn tick_reads_what_others_did_when_it_is_due() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    here.rotate_keys_now().await.unwrap();
    let _ = there.tick().await;
    assert_ne!(world.signer(&there), world.signer(&here), "not due yet");
    world.clock.advance(10 * SECOND);
    let wait = there.tick().await;
    assert_eq!(world.signer(&there), world.signer(&here));
    assert!(wait <= 10 * SECOND);
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_loading_and_rotates_once() {
    for fault in [Fault::After as fn(_) -> _, Fault::Before as fn(_) -> _] {
        let world = World::new();
        let authority = world.instance();
        let lose = || {
            let fault = fault(StoreErrorKind::Unavailable);
            world.store.fail_next_of(StoreMethod::ReplaceSigningKeys, 1, fault);
        };
        let happened = matches!(fault(StoreErrorKind::Busy), Fault::After(_));
        lose();
        assert_eq!(authority.ready().await.is_ok(), happened);
        authority.ready().await.unwrap();
        assert_eq!(world.kept().await.version, 1);
        let before = world.signer(&authority);
        lose();
        assert_eq!(authority.rotate_keys_now().await.is_ok(), happened);
        assert_eq!(world.kept().await.version, 1 + u64::from(happened));
        assert_eq!(world.signer(&authority) != before, happened);
    }
}

#[tokio::test]
async fn an_instance_that_cannot_read_the_keys_signs_no_longer_than_the_grace_covers() {
    let world = World::new();
    let authority = world.ready().await;
    let fault = Fault::Before(StoreErrorKind::Unavailable);
    world.store.fail_method(StoreMethod::LoadSigningKeys, fault);
    let minted = mint(&authority).await;
    world.clock.advance(25 * SECOND);
    let _ = mint(&authority).await;
    world.clock.advance(SECOND);
    let error = authority.issue_access(grant()).await.unwrap_err();
    assert!(error.to_string().contains("signed"), "{error}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("keys cannot be had"), "{cause}");
    assert!(authority.verify(minted.access_token()).await.is_ok(), "it still verifies");
    world.store.heal();
    world.clock.advance(SECOND);
    let _ = mint(&authority).await;
}
