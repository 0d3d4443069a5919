//! What does not fit is said by `build`, in words that help.

use std::time::Duration;

use hallpass::{
    Algorithm,
    authority::ConfigError,
    key::{KeyError, KeyPolicy},
};

use super::support::*;

fn build(algorithm: Algorithm, policy: KeyPolicy) -> Result<hallpass::Authority, ConfigError> {
    let world = World::new();
    let builder = world.builder().managed_keys(world.store.clone(), algorithm, policy);
    builder.master_secret(secret(1)).build()
}

#[test]
fn managed_keys_need_a_master_secret() {
    let world = World::new();
    let builder = world.builder().managed_keys(world.store.clone(), Algorithm::EdDSA, policy());
    let error = builder.build().unwrap_err().to_string();
    assert!(error.starts_with("the master secret is missing: managed keys are sealed"), "{error}");
}

#[test]
fn managed_keys_can_be_made_and_published() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        assert!(build(algorithm, policy()).is_ok());
    }
    let error = build(Algorithm::HS256, policy()).unwrap_err();
    assert!(error.to_string().contains("public half"), "{error}");
    let error = build(Algorithm::RS256, policy()).unwrap_err();
    assert!(matches!(error, ConfigError::Key(KeyError::CannotGenerate { .. })), "{error}");
}

/// Inv 66: until the last token has expired, leeway and slow instances included.
#[test]
fn a_retired_key_must_outlive_its_tokens() {
    // 30 s leeway, 5 s skew, 25 s until every instance knows.
    assert!(build(Algorithm::EdDSA, KeyPolicy::new(DAY).grace(Duration::from_secs(60))).is_ok());
    let error = build(Algorithm::EdDSA, KeyPolicy::new(DAY).grace(59 * SECOND)).unwrap_err();
    assert!(error.to_string().contains("at least 86460 s together"), "{error}");
    assert!(build(Algorithm::EdDSA, KeyPolicy::new(HOUR)).is_err());
}

#[tokio::test]
async fn a_key_given_beside_the_managed_ones_verifies_and_never_signs() {
    let world = World::new();
    let given = hallpass::SigningKey::generate(Algorithm::ES256).unwrap();
    let legacy = world.builder().signing_key(given.clone()).build().unwrap();
    let token = mint(&legacy).await;
    let builder = world.builder().managed_keys(world.store.clone(), Algorithm::EdDSA, policy());
    let builder = builder.master_secret(secret(1)).verifying_key(given.verifying_key());
    let authority = builder.build().unwrap();
    authority.ready().await.unwrap();
    assert!(authority.verify(token.access_token()).await.is_ok());
    for _ in 0..3 {
        authority.rotate_keys_now().await.unwrap();
        assert_ne!(kid_of(&mint(&authority).await), given.kid().as_str());
        assert!(published(&authority).contains(&given.kid().to_string()));
        assert!(authority.verify(token.access_token()).await.is_ok());
    }
    assert!(world.kept().await.keys.iter().all(|record| record.kid != *given.kid()));
    // The clock of the stories is used, not ours.
    assert!(world.kept().await.keys.iter().all(|record| record.times.published_at >= START));
    world.clock.advance(MINUTE);
}
