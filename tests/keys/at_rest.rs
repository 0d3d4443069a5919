//! Keys in the store: sealed, and refused when they were touched.

use std::error::Error;

use hallpass::{
    Timestamp,
    authority::{IssueError, SigningError},
    id::KeyId,
    store::SigningKeySet,
    verifier::VerifyError,
};

use super::support::*;

/// The whole chain of an error as text.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn inv_41_the_table_holds_no_private_key() {
    let world = World::new();
    let authority = world.ready().await;
    for held in authority.key_ring().keys() {
        let pem = authority.key_ring().signing_key(START).unwrap().expose_private_pem().unwrap();
        let table = format!("{:?}", world.kept().await);
        assert!(!table.contains(pem.expose_secret()));
        assert!(table.contains(held.verifying_key().kid().as_str()));
    }
    for record in world.kept().await.keys {
        // PKCS#8 of Ed25519 begins with this.
        let plain = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
        assert!(!record.sealed_private.windows(plain.len()).any(|bytes| bytes == plain));
        assert!(!record.public_jwk.contains("\"d\""));
    }
}

#[tokio::test]
async fn a_record_that_was_touched_is_neither_used_nor_published() {
    let touch: [(&str, fn(&mut SigningKeySet)); 6] = [
        ("seal", |set| set.keys[0].sealed_private[20] ^= 1),
        ("kid", |set| set.keys[0].kid = KeyId::parse("mine").unwrap()),
        ("public", |set| set.keys[0].public_jwk = set.keys[1].public_jwk.clone()),
        ("junk", |set| set.keys[0].public_jwk = "{".to_owned()),
        ("times", |set| set.keys[0].times.active_at = Some(Timestamp::EPOCH)),
        ("swapped", |set| {
            let [one, two, ..] = &mut set.keys[..] else { panic!("two keys") };
            std::mem::swap(&mut one.sealed_private, &mut two.sealed_private);
            two.sealed_private = Vec::new();
        }),
    ];
    for (what, touch) in touch {
        let world = World::new();
        let running = world.ready().await;
        let token = mint(&running).await;
        let mut set = world.kept().await;
        touch(&mut set);
        world.put(&set).await;
        let ready = world.instance();
        if what == "swapped" {
            // Nothing opens: nothing is made up in its place.
            assert!(ready.ready().await.is_err());
            assert!(published(&ready).is_empty());
            continue;
        }
        ready.ready().await.unwrap();
        assert!(!published(&ready).contains(&kid_of(&token)), "{what}");
        assert!(!published(&ready).contains(&"mine".to_owned()), "{what}");
        assert!(ready.verify(token.access_token()).await.is_err(), "{what}");
        // The waiting key has taken over, and all is well without the other.
        let next = mint(&ready).await;
        assert!(ready.verify(next.access_token()).await.is_ok(), "{what}");
        world.clock.advance(10 * SECOND);
        let _ = running.tick().await;
        assert_eq!(running.jwks().to_json(), ready.jwks().to_json(), "{what}");
        // What cannot be read can be ended by name.
        let refused = set.keys[0].kid.clone();
        ready.withdraw_key(&refused).await.unwrap();
        assert!(world.kept().await.keys.iter().all(|record| record.kid != refused), "{what}");
    }
}

#[tokio::test]
async fn the_wrong_master_secret_is_said_at_ready_and_nothing_is_half_done() {
    let world = World::new();
    let token = mint(&world.ready().await).await;
    let kept = world.kept().await;
    let wrong = world.instance_with(secret(2), policy());
    let error = wrong.ready().await.unwrap_err();
    assert!(matches!(error, VerifyError::Keys(_)), "{error}");
    let text = chain(&error);
    assert!(text.contains("master secret") && text.contains("also_opens"), "{text}");
    let error = wrong.issue_access(grant()).await.unwrap_err();
    assert!(matches!(error, IssueError::Signing(SigningError::Keys(_))), "{error}");
    assert!(wrong.verify(token.access_token()).await.is_err());
    assert!(wrong.rotate_keys_now().await.is_err());
    let _ = wrong.tick().await;
    assert!(published(&wrong).is_empty());
    assert_eq!(world.kept().await, kept);
}

#[tokio::test]
async fn another_issuer_on_the_same_table_reads_nothing() {
    let world = World::new();
    let _ = world.ready().await;
    let kept = world.kept().await;
    let other = hallpass::Authority::builder("https://auth.example.org")
        .audience(AUDIENCE)
        .clock(world.clock.clone())
        .managed_keys(world.store.clone(), hallpass::Algorithm::EdDSA, policy())
        .master_secret(secret(1))
        .store(world.store.clone())
        .build()
        .unwrap();
    assert!(other.ready().await.is_err());
    assert_eq!(world.kept().await, kept);
}

/// Inv 46 for keys: two deploys change the master secret, and no token is refused.
#[tokio::test]
async fn a_master_secret_changes_in_two_deploys() {
    let world = World::new();
    let before = world.ready().await;
    let token = mint(&before).await;
    // The first deploy, instance by instance.
    let first = world.instance_with(secret(1).also_opens(secret(2)), policy());
    first.ready().await.unwrap();
    assert!(before.verify(mint(&first).await.access_token()).await.is_ok());
    // The second.
    let second = world.instance_with(secret(2).also_opens(secret(1)), policy());
    second.ready().await.unwrap();
    assert_ne!(world.kept().await.version, 1, "sealed anew");
    world.clock.advance(10 * SECOND);
    let _ = first.tick().await;
    for authority in [&first, &second] {
        assert!(authority.verify(token.access_token()).await.is_ok());
        assert!(second.verify(mint(authority).await.access_token()).await.is_ok());
    }
    // Now the old secret may go.
    let third = world.instance_with(secret(2), policy());
    third.ready().await.unwrap();
    assert!(third.verify(token.access_token()).await.is_ok());
    assert_eq!(third.jwks().to_json(), second.jwks().to_json());
    assert!(world.instance().ready().await.is_err());
}
