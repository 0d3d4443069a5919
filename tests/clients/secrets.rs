//! Secrets: made or given, shown once, rotated with an overlap, never to be found.

use std::sync::Arc;

use hallpass::{
    MemoryStore,
    authority::{Client, ClientError},
    secret::MasterSecret,
    store::ClientStore,
};

use super::support::{GIVEN, HOUR, SECOND, app, clock, configured, id, memory, on, partner};

/// INVARIANTS 40 and 41.
#[tokio::test]
async fn inv_40_41_nothing_that_is_kept_or_printed_holds_a_secret() {
    let auth = memory();
    let made = auth.register_client(partner()).await.unwrap();
    assert_eq!(format!("{:?}", made.secret), "Some(ClientSecret([redacted]))");
    let made = made.secret.unwrap();
    auth.register_client_with_secret(Client::confidential("given"), GIVEN).await.unwrap();
    let again = auth.rotate_client_secret(&id("partner"), HOUR).await.unwrap();
    auth.find_client(&id("partner")).await.unwrap();
    let dump = format!(
        "{auth:?} {:?} {:?} {:?}",
        auth.store(),
        auth.store().list_clients(None, 10).await.unwrap(),
        auth.list_clients(None, 10).await.unwrap(),
    );
    for secret in [made.expose_secret(), again.expose_secret(), GIVEN] {
        assert!(!dump.contains(secret));
        assert!(!dump.contains(secret.get(6..40).unwrap_or(secret)));
    }
    assert_ne!(made.expose_secret(), again.expose_secret());
    let error = auth.register_client(Client::confidential("weak").secret("canary")).await;
    let error = error.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

/// INVARIANTS 45: RFC 6749 appendix A.2 takes VSCHAR.
#[tokio::test]
async fn inv_45_a_made_secret_is_token68_and_never_the_same() {
    let auth = memory();
    let mut seen = std::collections::HashSet::new();
    for number in 0..50 {
        let client = Client::confidential(&format!("client-{number}"));
        let secret = auth.register_client(client).await.unwrap().secret.unwrap();
        let text = secret.expose_secret().to_owned();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
        assert!(seen.insert(text));
    }
}

#[tokio::test]
async fn at_most_two_work_and_none_beyond_its_overlap() {
    let auth = memory();
    let partner_id = id("partner");
    let one = auth.register_client(partner()).await.unwrap().secret.unwrap();
    let two = auth.rotate_client_secret(&partner_id, HOUR).await.unwrap();
    let three = auth.rotate_client_secret(&partner_id, 2 * HOUR).await.unwrap();
    let work = async |expected: [bool; 3]| {
        for (secret, expected) in [&one, &two, &three].into_iter().zip(expected) {
            let proved = auth.authenticate_client(&partner_id, secret).await.unwrap();
            assert_eq!(proved.is_some(), expected);
        }
    };
    work([false, true, true]).await;
    let ends = auth.list_clients(None, 1).await.unwrap().remove(0).secrets;
    assert_eq!(ends, [Some(hallpass::testing::TestAuthority::STARTS_AT + 2 * HOUR), None]);
    auth.clock().advance(2 * HOUR - SECOND);
    work([false, true, true]).await;
    auth.clock().advance(SECOND);
    work([false, false, true]).await;
    // A leak: the new one alone, at once.
    let four = auth.rotate_client_secret(&partner_id, std::time::Duration::ZERO).await.unwrap();
    work([false, false, false]).await;
    assert!(auth.authenticate_client(&partner_id, &four).await.unwrap().is_some());
    // An overlap is never made longer by the next rotation.
    auth.rotate_client_secret(&partner_id, SECOND).await.unwrap();
    auth.clock().advance(SECOND);
    assert!(auth.authenticate_client(&partner_id, &four).await.unwrap().is_none());
}

#[tokio::test]
async fn a_client_without_a_secret_has_none_to_rotate() {
    let auth = memory();
    auth.register_client(app()).await.unwrap();
    let error = auth.rotate_client_secret(&id("app"), HOUR).await.unwrap_err();
    assert!(matches!(error, ClientError::NoSecret(_)), "{error}");
    let error = auth.rotate_client_secret(&id("nobody"), HOUR).await.unwrap_err();
    assert!(matches!(error, ClientError::Unknown(_)), "{error}");
}

/// The master secret changes in two deploys; client secrets outlive it.
#[tokio::test]
async fn a_secret_works_across_a_change_of_the_master_secret() {
    let (store, clock) = (Arc::new(MemoryStore::new()), clock());
    let master = |byte| MasterSecret::from_bytes([byte; 32]);
    let deploy = |secret: MasterSecret| {
        configured(Arc::clone(&store), clock.clone(), |builder| builder.master_secret(secret))
    };
    let before = deploy(master(1));
    let old = before.register_client(partner()).await.unwrap().secret.unwrap();
    let first = deploy(master(1).also_opens(master(2)));
    let second = deploy(master(2).also_opens(master(1)));
    let new = second.register_client(Client::confidential("new")).await.unwrap().secret.unwrap();
    for auth in [&first, &second] {
        assert!(auth.authenticate_client(&id("partner"), &old).await.unwrap().is_some());
        assert!(auth.authenticate_client(&id("new"), &new).await.unwrap().is_some());
    }
    let after = deploy(master(2));
    assert!(after.authenticate_client(&id("partner"), &old).await.unwrap().is_none());
    assert!(after.authenticate_client(&id("new"), &new).await.unwrap().is_some());
}

/// Twenty at once through two instances: nobody fails, and two secrets are left.
#[tokio::test(flavor = "multi_thread")]
async fn rotations_race_to_two_secrets() {
    let (store, clock) = (Arc::new(MemoryStore::new()), clock());
    let instances = [on(Arc::clone(&store), clock.clone()), on(store, clock)];
    instances[0].register_client(partner()).await.unwrap();
    let tasks = (0..20).map(|worker| {
        let auth = instances[worker % 2].authority().clone();
        tokio::spawn(async move { auth.rotate_client_secret(&id("partner"), HOUR).await.unwrap() })
    });
    let mut live = 0;
    for task in tasks.collect::<Vec<_>>() {
        let secret = task.await.unwrap();
        let proved = instances[0].authenticate_client(&id("partner"), &secret).await.unwrap();
        live += usize::from(proved.is_some());
    }
    assert!(live >= 1);
    let listed = instances[1].list_clients(None, 1).await.unwrap().remove(0);
    assert_eq!(listed.secrets.len(), 2);
}
