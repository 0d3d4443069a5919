//! Knows that an API key's row decides, and that the cache never outlives a change.
//! Must not know how keys are made by an authority.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::support::*;
use crate::{
    Timestamp,
    clock::Clock,
    id::{ApiKeyId, Audience, ClientId, Subject},
    scope::Scope,
    secret::MasterSecret,
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, CarriedClaims, EndReason, MemoryStore, Owner,
        Reach, RevocationStore,
    },
    token::{Issuer, OpaqueKind, Prefixes, opaque::OpaqueParts, sealing::SealingKeys},
    verifier::{
        PermissionError, PermissionSource, RevokedBy, TokenKind, Undecided, Verifier,
        VerifierBuilder, VerifyError,
    },
};

const SECRET: [u8; 32] = [7; 32];

struct Setup {
    clock: Arc<TestClock>,
    store: Arc<MemoryStore>,
    verifier: Verifier,
    record: ApiKeyRecord,
    text: String,
}

fn setup() -> Setup {
    setup_with(|builder| builder, |_| {})
}

/// The same with other options, and another row than the key's text says.
fn setup_with(
    options: impl FnOnce(VerifierBuilder<Undecided>) -> VerifierBuilder<Undecided>,
    change: impl FnOnce(&mut ApiKeyRecord),
) -> Setup {
    let clock = TestClock::new();
    let store = Arc::new(MemoryStore::new());
    let secret = Arc::new(MasterSecret::from_bytes(SECRET));
    let verifier = options(builder(&clock))
        .api_keys(Arc::<MemoryStore>::clone(&store), secret)
        .revocations(Arc::<MemoryStore>::clone(&store))
        .build()
        .unwrap();
    let (mut record, text) = key_of(Timestamp::from_unix_seconds(NOW), &sealing());
    change(&mut record);
    block_on(store.insert_api_key(&record)).unwrap();
    Setup { clock, store, verifier, record, text }
}

fn sealing() -> SealingKeys {
    let secret = MasterSecret::from_bytes(SECRET);
    SealingKeys::derive(&secret, &Issuer::parse(ISSUER).unwrap()).unwrap()
}

/// A key that lives for a day, and what is remembered of it.
fn key_of(born: Timestamp, sealing: &SealingKeys) -> (ApiKeyRecord, String) {
    let expires_at = Some(born + Duration::from_secs(86_400));
    let parts = OpaqueParts::generate(OpaqueKind::ApiKey, born, expires_at).unwrap();
    let key_id = sealing.current().unwrap();
    let text = parts.seal(sealing, key_id, &Prefixes::default()).unwrap().to_string();
    let record = ApiKeyRecord {
        id: parts.api_key_id(),
        subject: Subject::parse("ada").unwrap(),
        client: ClientId::parse("web").unwrap(),
        name: "build".into(),
        scope: Scope::parse("invoice:read").unwrap(),
        audience: vec![Audience::parse(AUDIENCE).unwrap()],
        claims: CarriedClaims { roles: vec!["ops".into()], ..CarriedClaims::default() },
        expires_at,
        last_used_at: None,
        replaced_by: None,
        ended: None,
    };
    (record, text)
}

#[test]
fn a_key_reads_like_a_token() {
    let setup = setup();
    let who = block_on(setup.verifier.verify(&setup.text)).unwrap();
    assert_eq!(who.kind(), TokenKind::ApiKey);
    assert_eq!((who.subject(), who.client_id(), who.issuer()), ("ada", Some("web"), ISSUER));
    assert_eq!(who.scope().as_str(), "invoice:*:read");
    assert_eq!(who.roles().collect::<Vec<_>>(), ["ops"]);
    assert_eq!((who.token_id(), who.session_id()), (None, None));
    assert_eq!(who.expires_at(), setup.record.expires_at);
    assert_eq!(who.born(), setup.record.id.born());
    let sync = setup.verifier.verify_jwt(&setup.text).unwrap_err();
    assert!(matches!(sync, VerifyError::WrongKind), "it takes the store");
}

#[test]
fn changes_are_seen_at_once() {
    let setup = setup();
    let scope = || {
        let who = block_on(setup.verifier.verify(&setup.text))?;
        Ok::<_, VerifyError>(who.scope().as_str().to_owned())
    };
    assert_eq!(scope().unwrap(), "invoice:*:read");
    let now = Timestamp::from_unix_seconds(NOW);
    let change =
        ApiKeyChange { scope: Some(Scope::parse("a:1:read").unwrap()), ..Default::default() };
    block_on(setup.store.update_api_key(&setup.record.id, &change, now)).unwrap();
    assert_eq!(scope().unwrap(), "a:1:read");
    block_on(setup.store.end_api_key(&setup.record.id, EndReason::Administrative, now)).unwrap();
    assert!(matches!(scope(), Err(VerifyError::Revoked { by: RevokedBy::Token })));
}

#[test]
fn the_end_of_an_owner_reaches_cached_keys() {
    let setup = setup();
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok());
    let owner = Owner::Subject(setup.record.subject.clone());
    let now = Timestamp::from_unix_seconds(NOW + 1);
    let end = |reach| {
        block_on(setup.store.revoke_owner(&owner, reach, EndReason::Administrative, now)).unwrap()
    };
    end(Reach::Sessions);
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok(), "only sessions ended");
    end(Reach::Everything);
    let error = block_on(setup.verifier.verify(&setup.text)).unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { .. }), "{error}");
}

#[test]
fn expiry_is_judged_on_every_hit() {
    let setup = setup();
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok());
    setup.clock.set_wall(setup.record.expires_at.unwrap());
    assert!(matches!(block_on(setup.verifier.verify(&setup.text)), Err(VerifyError::Opaque(_))));
}

#[test]
fn junk_never_reaches_the_store() {
    let setup = setup();
    let mut changed = setup.text.clone();
    changed.replace_range(20..21, if changed.get(20..21) == Some("A") { "B" } else { "A" });
    for junk in [&changed, "hp_ak_", setup.text.get(..70).unwrap(), &format!("{}x", setup.text)] {
        let error = block_on(setup.verifier.verify(junk)).unwrap_err();
        assert!(matches!(error, VerifyError::Opaque(_)), "{error:?}");
    }
    let refresh = setup.text.replacen("hp_ak_", "hp_rt_", 1);
    assert!(matches!(block_on(setup.verifier.verify(&refresh)), Err(VerifyError::WrongKind)));
}

#[test]
fn a_key_that_has_ended_says_why() {
    for (reason, expected) in [
        (EndReason::SubjectRevoked, RevokedBy::Subject),
        (EndReason::ClientRevoked, RevokedBy::Client),
        (EndReason::ConsentWithdrawn, RevokedBy::SubjectAtClient),
        (EndReason::Administrative, RevokedBy::Token),
    ] {
        let setup = setup();
        let now = Timestamp::from_unix_seconds(NOW);
        block_on(setup.store.end_api_key(&setup.record.id, reason, now)).unwrap();
        match block_on(setup.verifier.verify(&setup.text)) {
            Err(VerifyError::Revoked { by }) => assert_eq!(by, expected),
            other => panic!("{other:?}"),
        }
    }
}

/// The row may say less than the key's own text; then the cache must not say more than the row.
#[test]
fn an_expiry_of_the_row_is_judged_on_every_hit() {
    let end = Timestamp::from_unix_seconds(NOW + 30);
    let setup = setup_with(|builder| builder, |record| record.expires_at = Some(end));
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok(), "now it is cached");
    setup.clock.set_wall(Timestamp::from_unix_millis(end.as_unix_millis() - 1));
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok());
    for late in [Duration::ZERO, Duration::from_secs(1)] {
        setup.clock.set_wall(end + late);
        assert!(matches!(block_on(setup.verifier.verify(&setup.text)), Err(VerifyError::Expired)));
    }
}

#[test]
fn a_key_longer_than_any_token_may_be_is_refused_unread() {
    let length = setup().text.len();
    let exact = setup_with(|builder| builder.max_length(length), |_| {});
    assert!(block_on(exact.verifier.verify(&exact.text)).is_ok());
    let longer = format!("{}AAAA", exact.text);
    assert!(matches!(block_on(exact.verifier.verify(&longer)), Err(VerifyError::TooLong)));
}

/// What a row says is written as claims and read again: nothing may be lost on the way, however
/// long it is and whatever has to be escaped.
#[test]
fn what_a_row_says_is_read_whole() {
    for length in (0..1200).step_by(7) {
        let roles = vec!["\"ops\"\n".repeat(4), "r".repeat(length), "a\\b".into()];
        let setup = setup_with(
            |builder| builder.max_length(16 * 1024),
            |record| record.claims.roles.clone_from(&roles),
        );
        let who = block_on(setup.verifier.verify(&setup.text)).unwrap();
        assert_eq!(who.roles().collect::<Vec<_>>(), roles, "{length}");
        assert_eq!((who.subject(), who.client_id()), ("ada", Some("web")));
    }
}

/// Says what it is asked, and may end the key while it is asked: after its row was read.
#[derive(Debug, Default)]
struct Asked {
    calls: AtomicUsize,
    ends: Mutex<Option<(Arc<MemoryStore>, ApiKeyId)>>,
}

#[async_trait]
impl PermissionSource for Asked {
    async fn permissions(
        &self,
        _: &Subject,
        _: Option<&ClientId>,
    ) -> Result<Scope, PermissionError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let ends = self.ends.lock().unwrap().take();
        if let Some((store, id)) = ends {
            let now = Timestamp::from_unix_seconds(NOW);
            store.end_api_key(&id, EndReason::Administrative, now).await.unwrap();
        }
        Ok(Scope::parse("invoice:*").unwrap())
    }
}

/// INVARIANTS 61: an answer that was on its way when the key ended is not kept.
#[test]
fn what_ends_during_the_look_up_is_not_cached() {
    let asked = Arc::new(Asked::default());
    let setup = setup_with(|builder| builder.permissions(Arc::<Asked>::clone(&asked)), |_| {});
    *asked.ends.lock().unwrap() = Some((Arc::clone(&setup.store), setup.record.id));
    assert!(block_on(setup.verifier.verify(&setup.text)).is_ok(), "it was live when it was read");
    let error = block_on(setup.verifier.verify(&setup.text)).unwrap_err();
    assert!(matches!(error, VerifyError::Revoked { by: RevokedBy::Token }), "{error}");
}

/// Neither the cache nor the notes of last use grow beyond their bounds, and both make room for
/// new keys when what they hold is old.
#[test]
fn what_is_remembered_of_keys_is_bounded() {
    const BOUND: u64 = 16_384;
    let asked = Arc::new(Asked::default());
    let setup = setup_with(|builder| builder.permissions(Arc::<Asked>::clone(&asked)), |_| {});
    let Setup { clock, store, verifier, .. } = &setup;
    let sealing = sealing();
    for n in 0..BOUND {
        let (record, text) = key_of(Timestamp::from_unix_millis(NOW * 1000 - n), &sealing);
        block_on(store.insert_api_key(&record)).unwrap();
        assert!(block_on(verifier.verify(&text)).is_ok());
    }
    let look_ups = || {
        let before = asked.calls.load(Ordering::SeqCst);
        for _ in 0..2 {
            assert!(block_on(verifier.verify(&setup.text)).is_ok());
        }
        asked.calls.load(Ordering::SeqCst) - before
    };
    let last_used = || {
        let _ = block_on(verifier.tick());
        block_on(store.find_api_key(&setup.record.id)).unwrap().unwrap().last_used_at
    };
    assert_eq!((look_ups(), last_used()), (2, None), "there is no room");
    assert_eq!((look_ups(), last_used()), (2, None), "nor when the notes are written");
    clock.advance(Duration::from_secs(60));
    assert_eq!((look_ups(), last_used()), (1, None), "the cache is old, the notes are not");
    clock.advance(Duration::from_secs(240));
    assert_eq!((look_ups(), last_used()), (1, Some(clock.now())));
}
