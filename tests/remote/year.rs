//! Knows that keys which rotate by schedule and verifiers that cache them live together for a
//! year (INVARIANTS 66, 67, and a stolen key's withdrawal).
//! Must not know how either does it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Grant, MemoryStore, Timestamp, Verifier,
    authority::Policy,
    clock::Clock as _,
    key::KeyPolicy,
    remote::RemoteFeed,
    secret::MasterSecret,
    store::{Cursor, RevocationFeed as _},
    testing::{TestAuthority, TestClock},
    verifier::{RevokedBy, VerifyError},
};

use crate::{
    server::{Reply, Script, Seen, Server, reply},
    world::*,
};

const DAY: Duration = Duration::from_secs(86_400);
const LEAD: Duration = Duration::from_secs(600);
const LIFETIME: Duration = Duration::from_secs(3_600);

/// The issuer's side: two instances on one store, and what a partner may read of it.
struct Issuer {
    clock: TestClock,
    instances: [Authority; 2],
    server: Server,
}

fn published(authority: &Authority, clock: &TestClock) -> Reply {
    let now = clock.now();
    let change = authority.key_ring().next_change(now);
    let until = change.map_or(DAY, |at| at.saturating_since(now)).min(5 * MINUTE);
    reply(200, authority.jwks().to_json())
        .header("Cache-Control", &format!("public, max-age={}", until.as_secs()))
}

impl Issuer {
    async fn start() -> Self {
        let clock = TestClock::at(TestAuthority::STARTS_AT);
        let store = Arc::new(MemoryStore::new());
        let instance = || {
            let policy = KeyPolicy::new(LIFETIME).lead(LEAD).rotate_every(30 * DAY);
            Authority::builder(TestAuthority::ISSUER)
                .audience(TestAuthority::AUDIENCE)
                .max_access_lifetime(LIFETIME)
                .policy(Policy::new().access_lifetime(LIFETIME))
                .managed_keys(Arc::clone(&store), Algorithm::EdDSA, policy)
                .master_secret(MasterSecret::from_bytes([7; 32]))
                .store(Arc::clone(&store))
                .clock(clock.clone())
                .build()
                .unwrap()
        };
        let instances = [instance(), instance()];
        for instance in &instances {
            instance.ready().await.unwrap();
        }
        let serving = (instances[0].clone(), clock.clone(), store);
        let script: Script = Arc::new(move |seen: Seen| {
            let (authority, clock, store) = serving.clone();
            Box::pin(async move {
                if seen.target == "/jwks" {
                    return published(&authority, &clock);
                }
                let after = seen.parameter("after").map(|text| Cursor::from_text(text).unwrap());
                let page = store.read_revocations(after.as_ref(), 1000).await.unwrap();
                reply(200, page.to_json())
            })
        });
        Self { clock, instances, server: Server::start(script).await }
    }

    fn verifier(&self, followed: bool) -> Verifier {
        let builder = Verifier::builder(TestAuthority::ISSUER)
            .audience(TestAuthority::AUDIENCE)
            .max_access_lifetime(LIFETIME)
            .remote_jwks(self.server.url("/jwks"))
            .clock(self.clock.clone());
        match followed {
            false => builder.stateless().build().unwrap(),
            true => {
                let feed = RemoteFeed::at(&self.server.url("/feed")).unwrap();
                builder.revocations(feed).build().unwrap()
            }
        }
    }

    async fn mint(&self, instance: usize) -> String {
        let grant = Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web");
        let minted = self.instances[instance % 2].issue_access(grant).await.unwrap();
        minted.access_token().expose_secret().to_owned()
    }
}

fn kid_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// What the year must show of each key.
#[derive(Default)]
struct Watch {
    published: BTreeMap<String, Timestamp>,
    signed: BTreeMap<String, Timestamp>,
}

impl Watch {
    fn look(&mut self, issuer: &Issuer, token: &str) {
        let now = issuer.clock.now();
        for key in issuer.instances[0].jwks().keys() {
            let kid = key.verifying_key().kid().to_string();
            self.published.entry(kid).or_insert(now);
        }
        self.signed.entry(kid_of(token)).or_insert(now);
    }

    /// No key signs before its lead, but for the very first.
    fn check(&self) {
        let first = *self.signed.values().min().unwrap();
        for (kid, signed) in self.signed.iter().filter(|(_, at)| **at > first) {
            let led = signed.saturating_since(self.published[kid]);
            assert!(led >= LEAD, "{kid} signed {led:?} after it was published");
        }
    }
}

#[tokio::test]
async fn a_year_of_rotation_refuses_no_token() {
    let issuer = Issuer::start().await;
    // One keeps up in the background; one does so when it is asked, and for hours nobody asks;
    // one that only verifies synchronously lives from its background work.
    let (kept, lazy) = (issuer.verifier(true), issuer.verifier(false));
    let mut watch = Watch::default();
    let mut live: Vec<(String, Timestamp)> = Vec::new();
    let end = TestAuthority::STARTS_AT + 365 * DAY;
    let mut steps = 0_u32;
    while issuer.clock.now() < end {
        steps += 1;
        for instance in &issuer.instances {
            instance.tick().await;
        }
        kept.tick().await;
        let now = issuer.clock.now();
        live.retain(|(_, expires)| now < *expires);
        let token = issuer.mint(steps as usize).await;
        watch.look(&issuer, &token);
        live.push((token, now + LIFETIME));
        for (token, _) in &live {
            assert!(kept.verify_jwt(token).is_ok(), "{now}: {:?}", kept.verify_jwt(token).err());
        }
        if steps.is_multiple_of(7) {
            for (token, _) in &live {
                assert!(lazy.verify(token).await.is_ok(), "{now}");
            }
        }
        // Fine steps around what happens, coarse ones where nothing does.
        let change = issuer.instances[0].key_ring().next_change(now);
        let until = change.map_or(DAY, |at| at.saturating_since(now));
        let since = watch.signed.values().max().map_or(DAY, |at| now.saturating_since(*at));
        let near = until <= 2 * LEAD || since <= LIFETIME + LEAD;
        let coarse = (12 * HOUR).min(until.saturating_sub(2 * LEAD)).max(200 * SECOND);
        issuer.clock.advance(if near { 200 * SECOND } else { coarse });
    }
    watch.check();
    assert!((12..=13).contains(&watch.signed.len()), "{} keys signed", watch.signed.len());
    let requests = issuer.server.seen().iter().filter(|seen| seen.target == "/jwks").count();
    assert!(requests <= 2 * steps as usize, "{requests} requests in {steps} steps");
}

/// A stolen key is withdrawn, and what it signed dies: at once where the feed is followed, with
/// the next read of the keys where it is not.
#[tokio::test]
async fn what_a_stolen_key_signed_dies() {
    let issuer = Issuer::start().await;
    let (followed, stateless) = (issuer.verifier(true), issuer.verifier(false));
    let token = issuer.mint(0).await;
    assert!(followed.verify(&token).await.is_ok());
    assert!(stateless.verify(&token).await.is_ok());
    issuer.clock.advance(LEAD);
    let kid = kid_of(&token).parse().unwrap();
    issuer.instances[1].withdraw_key(&kid).await.unwrap();
    for instance in &issuer.instances {
        instance.tick().await;
    }
    issuer.clock.advance(Duration::from_millis(500));
    let error = followed.verify(&token).await.unwrap_err();
    let by = RevokedBy::SigningKey;
    assert!(matches!(error, VerifyError::Revoked { by: found } if found == by), "{error}");
    issuer.clock.advance(5 * MINUTE);
    stateless.tick().await;
    let error = stateless.verify(&token).await.unwrap_err();
    assert!(matches!(error, VerifyError::UnknownKey), "{error}");

    let next = issuer.mint(0).await;
    assert_ne!(kid_of(&next), kid_of(&token));
    assert!(followed.verify(&next).await.is_ok());
    assert!(stateless.verify(&next).await.is_ok());
}
