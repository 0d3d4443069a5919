//! Knows what managed signing keys hold on a store that instances share (invariants 41, 66, 68).
//! Must not know the engine.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass::{
    Algorithm, Authority, Grant, Timestamp, authority::Minted, key::KeyPolicy,
    secret::MasterSecret, store::ServerStore, testing::TestClock,
};
use tokio::sync::Barrier;

const DAY: Duration = Duration::from_secs(86_400);

fn instance<S: ServerStore>(store: &Arc<S>, clock: &TestClock, byte: u8) -> Authority {
    let policy = KeyPolicy::new(DAY).lead(Duration::from_secs(600)).rotate_every(30 * DAY);
    Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .clock(clock.clone())
        .managed_keys(Arc::clone(store), Algorithm::EdDSA, policy)
        .master_secret(MasterSecret::from_bytes([byte; 32]))
        .store(Arc::clone(store))
        .build()
        .unwrap()
}

async fn mint(authority: &Authority) -> Minted {
    let grant = Grant::new("ada", "invoice:*:read".parse().unwrap());
    authority.issue_access(grant).await.unwrap()
}

/// Runs `work` on all instances at the same moment.
async fn at_once<F>(instances: &[Authority], work: impl Fn(Authority) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(instances.len()));
    let tasks = instances.iter().map(|instance| {
        let (barrier, work) = (Arc::clone(&barrier), work(instance.clone()));
        tokio::spawn(async move {
            barrier.wait().await;
            work.await;
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// Invariant 68: each of `stores` belongs to an instance of its own. They start at once and agree
/// on the first keys, rotate at once and make one new key, and take each other's tokens.
pub(crate) async fn instances_agree<S: ServerStore>(stores: &[Arc<S>], now: Timestamp) {
    let clock = TestClock::at(now);
    let instances: Vec<_> = stores.iter().map(|store| instance(store, &clock, 1)).collect();
    at_once(&instances, |it| async move { it.ready().await.unwrap() }).await;
    let kept = stores[0].load_signing_keys().await.unwrap();
    assert_eq!((kept.version, kept.keys.len()), (1, 2));
    for round in 0..3_u64 {
        match round {
            0 => at_once(&instances, |it| async move { it.rotate_keys_now().await.unwrap() }).await,
            1 => {
                clock.advance(Duration::from_secs(600));
                at_once(&instances, |it| async move { it.rotate_keys().await.unwrap() }).await;
            }
            _ => {
                clock.advance(30 * DAY);
                at_once(&instances, |it| async move {
                    let _ = it.tick().await;
                })
                .await;
            }
        }
        let kept = stores[0].load_signing_keys().await.unwrap();
        assert_eq!(kept.version, 2 + round, "round {round}: {} keys", kept.keys.len());
        let mut signers = Vec::new();
        for instance in &instances {
            assert_eq!(instance.jwks().to_json(), instances[0].jwks().to_json());
            let minted = mint(instance).await;
            signers
                .push(minted.access_token().expose_secret().split('.').next().unwrap().to_owned());
            for other in &instances {
                assert!(other.verify(minted.access_token()).await.is_ok());
            }
        }
        signers.dedup();
        assert_eq!(signers.len(), 1, "one key signs everywhere");
    }
}

/// Invariant 41 on keys: what is private lies sealed, opens for the one master secret only, and a
/// record that was touched is neither used nor published. Returns the private halves, for a look
/// into the tables.
pub(crate) async fn keys_are_sealed<S: ServerStore>(
    store: &Arc<S>,
    now: Timestamp,
) -> Vec<Vec<u8>> {
    let clock = TestClock::at(now);
    let authority = instance(store, &clock, 1);
    authority.ready().await.unwrap();
    let mut private = Vec::new();
    for _ in 0..2 {
        authority.rotate_keys_now().await.unwrap();
        let ring = authority.key_ring();
        let pem = ring.signing_key(now).unwrap().expose_private_pem().unwrap();
        let lines = pem.expose_secret().lines().filter(|line| !line.starts_with('-'));
        let der = STANDARD.decode(lines.collect::<String>()).unwrap();
        // RFC 8410 §7: the 32 bytes of the private key stand after 16 of wrapping.
        private.push(der[16..48].to_vec());
    }
    assert!(instance(store, &clock, 2).ready().await.is_err(), "another master secret");
    let minted = mint(&authority).await;
    let mut set = store.load_signing_keys().await.unwrap();
    let signer = authority.key_ring().signing_key(now).unwrap().kid().clone();
    let record = set.keys.iter_mut().find(|record| record.kid == signer).unwrap();
    record.sealed_private[20] ^= 1;
    assert!(store.replace_signing_keys(&set, &[], now).await.unwrap());
    let next = instance(store, &clock, 1);
    next.ready().await.unwrap();
    assert!(!next.jwks().to_json().contains(signer.as_str()));
    assert!(next.verify(minted.access_token()).await.is_err());
    assert!(next.verify(mint(&next).await.access_token()).await.is_ok());
    private
}

/// Whether a value holds a run of 8 bytes of any of the secrets, as it is or as hexadecimal digits.
pub(crate) fn holds_any(value: &[u8], secrets: &[Vec<u8>]) -> bool {
    let runs = secrets.iter().flat_map(|secret| secret.windows(8));
    runs.into_iter().any(|run| {
        let hex: String = run.iter().map(|byte| format!("{byte:02x}")).collect();
        value.windows(8).any(|bytes| bytes == run)
            || value.windows(16).any(|bytes| bytes == hex.as_bytes())
    })
}
