//! Knows that a verifier with the cache of checked tokens and one without give the same answers,
//! and that the cache stays within its bounds.
//! Must not know how entries are kept.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;

use super::support::*;
use crate::{
    Timestamp,
    clock::Clock,
    id::{ClientId, KeyId, SessionId, Subject, TokenId},
    key::{Algorithm, SigningKey, VerifyingKeys},
    store::{
        Cursor, FeedPage, MemoryStore, Owner, RevocationFeed, RevocationSink, RevocationStore,
        StoreError, StoreErrorKind, Target,
    },
    token::jwt,
    verifier::{KeySource, KeySourceError, RelaxedProfile, Verifier, VerifyError},
};

fn secret_key(n: usize) -> SigningKey {
    SigningKey::hmac(Algorithm::HS256, &[n as u8 + 1; 32]).unwrap()
}

/// Keys that the test changes, or takes away.
#[derive(Debug, Default)]
struct Changing {
    keys: RwLock<Option<VerifyingKeys>>,
    generation: AtomicU64,
}

impl Changing {
    fn set(&self, keys: Option<VerifyingKeys>) {
        *self.keys.write().unwrap() = keys;
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl KeySource for Changing {
    fn snapshot(&self) -> Result<VerifyingKeys, KeySourceError> {
        self.keys.read().unwrap().clone().ok_or_else(|| KeySourceError::new("taken away"))
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        self.snapshot().map(drop)
    }

    async fn find_missing(&self, _: &str) -> Result<bool, KeySourceError> {
        Ok(false)
    }

    fn generation(&self) -> Option<u64> {
        self.snapshot().is_ok().then(|| self.generation.load(Ordering::SeqCst))
    }

    fn due_in(&self) -> Duration {
        Duration::MAX
    }

    async fn refresh(&self) {}

    async fn nudge(&self) {}
}

/// A feed that fails on demand, so that what is known grows stale.
#[derive(Debug)]
struct Fickle(Arc<MemoryStore>, Arc<AtomicBool>);

#[async_trait]
impl RevocationFeed for Fickle {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "fickle"));
        }
        self.0.read_revocations(after, limit).await
    }

    async fn changed(&self) {
        std::future::pending().await
    }

    fn subscribe(&self, _: std::sync::Weak<dyn RevocationSink>) {}
}

/// A small generator: the same seed gives the same story on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const KEYS: usize = 3;
const TOKENS: u64 = 24;

/// Two verifiers of one issuer, and everything that can happen to both.
struct World {
    clock: Arc<TestClock>,
    store: Arc<MemoryStore>,
    broken: Arc<AtomicBool>,
    source: Arc<Changing>,
    with: Verifier,
    without: Verifier,
    tokens: Vec<String>,
    hits: usize,
}

impl World {
    fn new(random: &mut Random) -> Self {
        let clock = TestClock::new();
        let (store, source) = (Arc::new(MemoryStore::new()), Arc::new(Changing::default()));
        let broken = Arc::new(AtomicBool::new(false));
        let build = |bytes| {
            let end = Timestamp::from_unix_seconds(NOW + 300);
            let foreign = VerifyingKeys::new([secret_key(9).verifying_key()]).unwrap();
            let profile =
                RelaxedProfile::new(ISSUER, foreign, end, Duration::from_secs(24 * 60 * 60));
            Verifier::builder(ISSUER)
                .audience(AUDIENCE)
                .key_source(Arc::<Changing>::clone(&source))
                .clock(Arc::<TestClock>::clone(&clock))
                .relaxed(profile)
                .verified_cache(bytes)
                .revocations(Fickle(Arc::clone(&store), Arc::clone(&broken)))
                .build()
                .unwrap()
        };
        let (with, without) = (build(1 << 20), build(0));
        let tokens = (0..TOKENS).map(|n| token(random, n)).collect();
        let world = Self { clock, store, broken, source, with, without, tokens, hits: 0 };
        world.set_keys(0b111, Timestamp::MAX);
        world
    }

    /// Those keys whose bits are set, the first of them until an instant.
    fn set_keys(&self, which: u64, until: Timestamp) {
        let keys = (0..KEYS).filter(|n| which >> n & 1 == 1).map(|n| secret_key(n).verifying_key());
        let until =
            keys.enumerate().map(|(at, key)| (key, if at == 0 { until } else { Timestamp::MAX }));
        self.source.set(Some(VerifyingKeys::until_for_tests(until)));
    }

    fn verify(&mut self, random: &mut Random) {
        let n = random.below(TOKENS);
        let mut token = self.tokens[n as usize].clone();
        if random.below(8) == 0 {
            // One character changed, anywhere.
            let at = random.below(token.len() as u64) as usize;
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            token.replace_range(at..=at, other);
        }
        let inner = &self.with.0;
        let generation = inner.checker.keys.generation();
        let hit = generation.and_then(|known| inner.cache.find(&token, known, self.clock.now()));
        self.hits += usize::from(hit.is_some());
        let is_synchronous = random.below(3) == 0;
        let answers = [&self.with, &self.without].map(|verifier| {
            let answer = match is_synchronous {
                true => verifier.verify_jwt(token.as_str()),
                false => block_on(verifier.verify(token.as_str())),
            };
            answer
                .map(|who| format!("{:?} {:?}", who, who.expires_at()))
                .map_err(|e| format!("{e:?}"))
        });
        let [with, without] = answers;
        assert_eq!(with, without, "token {n} at {}", self.clock.now());
    }

    fn step(&mut self, random: &mut Random) {
        let second = Duration::from_secs(1);
        match random.below(140) {
            0 => self.clock.advance(second * random.below(40) as u32),
            1 => {
                let shift = second * random.below(90) as u32;
                let now = self.clock.now();
                self.clock.set_wall(if random.below(2) == 0 { now + shift } else { now - shift });
            }
            2 => {
                let until = self.clock.now() + second * random.below(60) as u32;
                self.set_keys(1 + random.below(7), until);
            }
            3 if random.below(3) == 0 => self.source.set(None),
            3 => self.set_keys(0b111, Timestamp::MAX),
            4 => self.broken.store(random.below(2) == 0, Ordering::SeqCst),
            5 => {
                let target = target(random);
                block_on(self.store.revoke(&target, self.clock.now())).unwrap();
                // Both poll, so that both know.
                self.clock.advance(Duration::from_millis(500));
                for verifier in [&self.with, &self.without] {
                    let _ = block_on(verifier.tick());
                }
            }
            _ => self.verify(random),
        }
    }
}

fn target(random: &mut Random) -> Target {
    let n = random.below(TOKENS);
    match random.below(12) {
        0 => Target::Owner(Owner::Subject(Subject::parse(&subject(n)).unwrap())),
        1 => Target::Owner(Owner::Client(ClientId::parse("other").unwrap())),
        2 => Target::SigningKey(secret_key(n as usize % KEYS).kid().clone()),
        3..6 => Target::Session(session_of(n)),
        _ => Target::Token(id_of(n)),
    }
}

fn subject(n: u64) -> String {
    format!("user-{}", n % 6)
}

fn session_of(n: u64) -> SessionId {
    SessionId::from_parts(Timestamp::from_unix_millis(NOW * 1000 - 5000), [n as u8 % 9; 12])
}

fn id_of(n: u64) -> TokenId {
    TokenId::from_parts(Timestamp::from_unix_millis(NOW * 1000), [n as u8; 12])
}

/// Tokens of three keys, with every kind of life; some under a header that others write, some
/// foreign, some never good.
fn token(random: &mut Random, n: u64) -> String {
    let key = secret_key(n as usize % KEYS);
    let claims = with(json!({
        "sub": subject(n), "jti": id_of(n), "iat": NOW - random.below(60),
        "exp": NOW + 5 + random.below(600), "client_id": if n.is_multiple_of(5) { "other" } else { "web" },
        "sid": if n.is_multiple_of(4) { json!(null) } else { json!(session_of(n)) },
        "nbf": if n.is_multiple_of(3) { json!(NOW + random.below(60)) } else { json!(null) },
        "scope": if n.is_multiple_of(2) { "invoice:*:read" } else { "b:1:c a:1:b openid" },
    }));
    let header =
        |typ: &str, kid: &KeyId| format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"{typ}"}}"#);
    match n % 12 {
        10 => sign_under(&key, &header("AT+JWT", key.kid()), &claims),
        11 => {
            let foreign = secret_key(9);
            sign_under(&foreign, &header("JWT", foreign.kid()), &claims)
        }
        _ => jwt::encode_payload(key.encoded_header(), claims.as_bytes(), |input| key.sign(input))
            .unwrap(),
    }
}

/// Verify, revoke, move either clock, change, end, withdraw and lose keys, lose the feed: whatever
/// happens, the cache changes no answer.
#[test]
fn the_cache_changes_no_answer() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut hits = 0;
    for _ in 0..90 {
        let mut world = World::new(&mut random);
        for _ in 0..400 {
            world.step(&mut random);
        }
        hits += world.hits;
    }
    assert!(hits > 6_000, "only {hits} of some 34,000 were answered by the cache");
}

fn is_cached(verifier: &Verifier, token: &str) -> bool {
    let inner = &verifier.0;
    inner.cache.find(token, 0, inner.clock.now()).is_some()
}

#[test]
fn a_token_enters_at_its_second_sight_and_only_if_it_passed() {
    let verifier = stateless().build().unwrap();
    let (good, late) = (good(), sign(&with(json!({ "exp": NOW - 60 }))));
    for (sight, cached) in [(1, false), (2, true), (3, true)] {
        assert!(verifier.verify_jwt(&good).is_ok());
        assert!(verifier.verify_jwt(&late).is_err());
        assert_eq!(is_cached(&verifier, &good), cached, "sight {sight}");
        assert!(!is_cached(&verifier, &late), "sight {sight}");
    }
    let off = stateless().verified_cache(0).build().unwrap();
    for _ in 0..3 {
        assert!(off.verify_jwt(&good).is_ok());
    }
    assert!(!is_cached(&off, &good));
}

/// A hit by the text of the token, not by its hash: the part that is not hashed counts too.
#[test]
fn a_hit_is_exact() {
    let verifier = stateless().build().unwrap();
    let good = good();
    for _ in 0..2 {
        assert!(verifier.verify_jwt(&good).is_ok());
    }
    assert!(is_cached(&verifier, &good));
    for at in 0..good.len() {
        let mut changed = good.clone();
        let other = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(!is_cached(&verifier, &changed) && verifier.verify_jwt(&changed).is_err(), "{at}");
    }
}

#[test]
fn a_session_keeps_a_few_and_a_sweep_lets_the_dead_go() {
    let clock = TestClock::new();
    let verifier = builder(&clock).stateless().build().unwrap();
    let tokens: Vec<_> = (0..40).map(|n| sign(&with(json!({ "jti": id_of(n) })))).collect();
    for token in tokens.iter().flat_map(|token| [token, token]) {
        assert!(verifier.verify_jwt(token).is_ok());
    }
    let kept = tokens.iter().filter(|token| is_cached(&verifier, token)).count();
    assert_eq!(kept, 4, "of one session");
    assert!(is_cached(&verifier, tokens.last().unwrap()), "the newest among them");
    let before = clock.now();
    clock.advance(Duration::from_secs(700));
    let _ = block_on(verifier.tick());
    clock.set_wall(before);
    assert!(!tokens.iter().any(|token| is_cached(&verifier, token)), "they were let go of");
}

/// However many tokens pass, and however long their scopes are when they are read, the cache takes
/// no more than it was given.
#[test]
fn the_memory_is_bounded() {
    const BYTES: usize = 1 << 20;
    let verifier = stateless().verified_cache(BYTES).build().unwrap();
    let scope = |n: u64| (0..n % 60).map(|i| format!("a:{i}:b")).collect::<Vec<_>>().join(" ");
    let counted = allocation_counter::measure(|| {
        for n in 0..4_000 {
            let id = SessionId::from_parts(Timestamp::from_unix_millis(n), [n as u8; 12]);
            let token = sign(&with(json!({ "sid": id, "sub": n.to_string(), "scope": scope(n) })));
            for _ in 0..2 {
                let who = verifier.verify_jwt(&token).unwrap();
                assert!(!who.allows(&("none", "of", "these")));
            }
        }
    });
    let taken = counted.bytes_current;
    assert!(taken > BYTES as i64 / 2, "{taken} bytes: hardly anything was kept");
    assert!(taken <= BYTES as i64, "{taken} bytes of {BYTES}");
}

/// Many threads, one token taken back: once that has returned, no thread is told yes.
#[test]
fn what_is_taken_back_is_refused_at_once_on_every_thread() {
    let clock = TestClock::new();
    let store = Arc::new(MemoryStore::new());
    let feed: Arc<dyn RevocationFeed> = Arc::<MemoryStore>::clone(&store);
    let verifier = builder(&clock).revocations(feed).build().unwrap();
    block_on(verifier.ready()).unwrap();
    for round in 0..50 {
        let token = sign(&with(json!({ "jti": id_of(round) })));
        for _ in 0..2 {
            assert!(verifier.verify_jwt(&token).is_ok());
        }
        let revoked = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        let before = revoked.load(Ordering::SeqCst);
                        match verifier.verify_jwt(&token) {
                            Ok(_) => assert!(!before, "it was taken back already"),
                            Err(error) => {
                                assert!(matches!(error, VerifyError::Revoked { .. }), "{error}");
                                break;
                            }
                        }
                    }
                });
            }
            let target = Target::Token(id_of(round));
            block_on(store.revoke(&target, clock.now())).unwrap();
            revoked.store(true, Ordering::SeqCst);
        });
    }
}

/// The instant at which a key ends counts as over, for what is remembered as for what is checked.
#[test]
fn inv_35_a_key_that_has_ended_ends_what_was_remembered_under_it() {
    let mut random = Random(1);
    let world = World::new(&mut random);
    let until = world.clock.now() + Duration::from_secs(20);
    world.set_keys(0b001, until);
    let token =
        jwt::encode_payload(secret_key(0).encoded_header(), with(json!({})).as_bytes(), |input| {
            secret_key(0).sign(input)
        })
        .unwrap();
    for verifier in [&world.with, &world.without] {
        world.clock.set_wall(until - Duration::from_millis(1));
        for _ in 0..3 {
            assert!(block_on(verifier.verify(token.as_str())).is_ok());
        }
        world.clock.set_wall(until);
        let error = block_on(verifier.verify(token.as_str())).unwrap_err();
        assert!(matches!(error, VerifyError::UnknownKey), "{error}");
    }
}
