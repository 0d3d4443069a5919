//! Knows that an API key's row decides, and that the cache never outlives a change.
//! Must not know how keys are made by an authority.

use std::{sync::Arc, time::Duration};

use super::support::*;
use crate::{
    Timestamp,
    id::{Audience, ClientId, Subject},
    scope::Scope,
    secret::MasterSecret,
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, CarriedClaims, EndReason, MemoryStore, Owner,
        Reach, RevocationStore,
    },
    token::{Issuer, OpaqueKind, Prefixes, opaque::OpaqueParts, sealing::SealingKeys},
    verifier::{RevokedBy, TokenKind, Verifier, VerifyError},
};

struct Setup {
    clock: Arc<TestClock>,
    store: Arc<MemoryStore>,
    verifier: Verifier,
    record: ApiKeyRecord,
    text: String,
}

fn setup() -> Setup {
    let clock = TestClock::new();
    let store = Arc::new(MemoryStore::new());
    let secret = Arc::new(MasterSecret::from_bytes([7; 32]));
    let verifier = builder(&clock)
        .api_keys(Arc::<MemoryStore>::clone(&store), Arc::clone(&secret))
        .revocations(Arc::<MemoryStore>::clone(&store))
        .build()
        .unwrap();
    let born = Timestamp::from_unix_seconds(NOW);
    let expires_at = Some(born + Duration::from_secs(86_400));
    let parts = OpaqueParts::generate(OpaqueKind::ApiKey, born, expires_at).unwrap();
    let sealing = SealingKeys::derive(&secret, &Issuer::parse(ISSUER).unwrap()).unwrap();
    let key_id = sealing.current().unwrap();
    let text = parts.seal(&sealing, key_id, &Prefixes::default()).unwrap().to_string();
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
    block_on(store.insert_api_key(&record)).unwrap();
    Setup { clock, store, verifier, record, text }
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
