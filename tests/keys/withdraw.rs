//! A stolen key: what it signed dies, here at once and elsewhere with the next poll.

use hallpass::{
    Verifier,
    authority::WithdrawError,
    id::KeyId,
    key::RotateError,
    store::{RevocationStore, StoreErrorKind, Target},
    testing::{Fault, StoreMethod},
};

use super::support::*;

#[tokio::test]
async fn after_withdraw_returns_every_verifier_of_the_process_refuses() {
    let world = World::new();
    let authority = world.ready().await;
    let beside = Verifier::builder(ISSUER)
        .audience(AUDIENCE)
        .jwks(&authority.jwks())
        .clock(world.clock.clone())
        .revocations(world.store.clone())
        .build()
        .unwrap();
    beside.ready().await.unwrap();
    let token = mint(&authority).await;
    assert!(beside.verify_jwt(token.access_token()).is_ok());
    let stolen = world.signer(&authority);
    authority.withdraw_key(&stolen).await.unwrap();
    assert!(beside.verify_jwt(token.access_token()).is_err());
    assert!(authority.verify(token.access_token()).await.is_err());
    assert!(authority.verifier().verify_jwt(token.access_token()).is_err());
    assert!(!published(&authority).contains(&stolen.to_string()));
    let next = mint(&authority).await;
    assert!(authority.verify(next.access_token()).await.is_ok());
    assert!(beside.verify_jwt(next.access_token()).is_ok(), "the waiting key was published");
    authority.withdraw_key(&stolen).await.unwrap();
}

#[tokio::test]
async fn another_instance_follows_by_the_feed_and_makes_no_key_of_its_own() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    let token = mint(&there).await;
    let stolen = world.signer(&there);
    here.withdraw_key(&stolen).await.unwrap();
    let keys = published(&here);
    world.clock.advance(SECOND);
    assert!(there.verify(token.access_token()).await.is_err());
    assert!(!published(&there).contains(&stolen.to_string()));
    let _ = there.tick().await;
    assert_eq!(there.jwks().to_json(), here.jwks().to_json(), "read at once, not when due");
    assert_eq!(kid_of(&mint(&there).await), kid_of(&mint(&here).await));
    assert_eq!(published(&there), keys, "one instance made the next key");
}

#[tokio::test]
async fn a_withdrawn_key_stays_out_when_the_feed_has_forgotten_it() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    let (one, two) = (world.signer(&here), published(&here).pop().unwrap());
    here.withdraw_key(&one).await.unwrap();
    // Written to the feed alone, as by an instance that died half way.
    let two = KeyId::parse(&two).unwrap();
    world.store.revoke(&Target::SigningKey(two.clone()), START).await.unwrap();
    world.clock.advance(SECOND);
    let _ = there.tick().await;
    world.clock.advance(3 * DAY);
    for instance in [&here, &there, &world.ready().await] {
        let _ = instance.tick().await;
        let _ = instance.tick().await;
        assert!(!published(instance).contains(&one.to_string()));
        assert!(!published(instance).contains(&two.to_string()));
        assert!(![&one, &two].contains(&&world.signer(instance)));
    }
}

#[tokio::test]
async fn what_the_store_did_not_take_is_withdrawn_here_and_told_later() {
    let world = World::new();
    let (here, there) = (world.ready().await, world.ready().await);
    let (token, stolen) = (mint(&here).await, world.signer(&here));
    let fault = Fault::Before(StoreErrorKind::Unavailable);
    world.store.fail_method(StoreMethod::ReplaceSigningKeys, fault);
    let error = here.withdraw_key(&stolen).await.unwrap_err();
    assert!(matches!(error, WithdrawError::Unavailable(_)), "{error}");
    assert!(here.verify(token.access_token()).await.is_err());
    assert_ne!(kid_of(&mint(&here).await), stolen.as_str());
    world.clock.advance(11 * SECOND);
    let _ = here.tick().await;
    assert!(!published(&here).contains(&stolen.to_string()), "a reload does not bring it back");
    assert!(here.verify(token.access_token()).await.is_err());
    assert!(there.verify(token.access_token()).await.is_ok(), "not known there yet");
    world.store.heal();
    let _ = here.tick().await;
    world.clock.advance(SECOND);
    assert!(there.verify(token.access_token()).await.is_err());
}

#[tokio::test]
async fn a_key_that_nobody_has_is_an_error() {
    let world = World::new();
    let authority = world.ready().await;
    let kept = world.kept().await;
    let kid = KeyId::parse("nobody").unwrap();
    let error = authority.withdraw_key(&kid).await.unwrap_err();
    assert!(matches!(error, WithdrawError::Ring(RotateError::UnknownKey { .. })), "{error}");
    let _ = authority.tick().await;
    assert_eq!(world.kept().await, kept);
}
