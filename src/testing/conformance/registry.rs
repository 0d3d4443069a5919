//! Knows what a store promises of clients, consents and shared signing keys.
//! Must not know what they are for.

use std::sync::Arc;

use super::{
    Suite, Violation,
    feed::walk,
    sample::{MINUTE, SECOND, Sample},
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    id::ClientId,
    key::KeyTimes,
    store::{
        ClientRecord, ClientStore, ConsentOutcome, ConsentRecord, EndReason, EndedCounts,
        HashedSecret, Owner, ReplaceOutcome, RevocationFeed, ServerStore, SessionRecord,
        SigningKeyRecord, SigningKeySet, StoreError, Target,
    },
};

const CLIENT: &str = "client store: a change is guarded by its version, and leaves a record";
const LOSES: &str = "client store: a client that is disabled or removed loses what it holds";
const CONSENT: &str = "consent store: a narrower or withdrawn consent ends what the client holds";
const KEYS: &str = "replace_signing_keys: of many instances that replace at once, one does";

async fn heard<S: RevocationFeed>(
    store: &S,
    rule: &'static str,
    target: &Target,
) -> Result<usize, Violation> {
    let records = walk(store, rule, None, 50).await?.0;
    Ok(records.iter().filter(|record| record.target == *target).count())
}

impl Sample {
    fn registration(&mut self) -> Result<ClientRecord, Violation> {
        Ok(ClientRecord {
            id: self.client()?,
            version: 1,
            settings: r#"{"name":"\u00e9","redirect_uris":["https://a"]}"#.to_owned(),
            secrets: vec![
                HashedSecret { hash: self.random.bytes(), expires_at: None },
                HashedSecret { hash: self.random.bytes(), expires_at: Some(self.now + MINUTE) },
            ],
            disabled_at: None,
        })
    }
}

pub(super) async fn a_client_changes_by_version<S: ClientStore + RevocationFeed>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let mut client = sample.registration()?;
    let target = Target::Client(client.id.clone());
    let unknown = store.replace_client(&client, now).await.because(CLIENT)?;
    same(CLIENT, "unknown", &unknown, &ReplaceOutcome::Unknown)?;
    let given = ClientRecord { version: 7, ..client.clone() };
    ensure(CLIENT, store.insert_client(&given, now).await.because(CLIENT)?, "not new")?;
    let second = store.insert_client(&given, now).await.because(CLIENT)?;
    ensure(CLIENT, !second, "a known client is new")?;
    let found = store.find_client(&client.id).await.because(CLIENT)?;
    same(CLIENT, "row", &found, &Some(client.clone()))?;
    for version in 1..4 {
        client.settings = format!("{{\"n\":{version}}}");
        let replaced = store.replace_client(&client, now).await.because(CLIENT)?;
        same(CLIENT, "outcome", &replaced, &ReplaceOutcome::Replaced)?;
        let stale = ClientRecord { settings: "{}".to_owned(), ..client.clone() };
        let outcome = store.replace_client(&stale, now).await.because(CLIENT)?;
        client.version += 1;
        let conflict = ReplaceOutcome::Conflict { version: client.version };
        same(CLIENT, "a stale change", &outcome, &conflict)?;
        let found = store.find_client(&client.id).await.because(CLIENT)?;
        same(CLIENT, "row", &found, &Some(client.clone()))?;
    }
    ensure(CLIENT, heard(store, CLIENT, &target).await? >= 4, "a change left no record")?;
    let mut ids = vec![client.id.clone()];
    for _ in 0..5 {
        let client = sample.registration()?;
        store.insert_client(&client, now).await.because(CLIENT)?;
        ids.push(client.id);
    }
    ids.sort();
    let mut walked: Vec<ClientId> = Vec::new();
    for _ in 0..ids.len() {
        let page = store.list_clients(walked.last(), 2).await.because(CLIENT)?;
        ensure(CLIENT, page.len() <= 2, "a page is longer than its limit")?;
        walked.extend(page.into_iter().map(|client| client.id));
    }
    same(CLIENT, "by id, in pages", &walked, &ids)
}

/// A live session and a live API key of a subject at a client.
async fn belongings<S: ServerStore>(
    sample: &mut Sample,
    store: &S,
    rule: &'static str,
    client: &ClientId,
) -> Result<SessionRecord, Violation> {
    let subject = sample.subject()?;
    let session = sample.session_of(&subject, client)?;
    store.insert_session(&session).await.because(rule)?;
    let key = sample.api_key_of(&subject, client)?;
    store.insert_api_key(&key).await.because(rule)?;
    Ok(session)
}

async fn end_of<S: ServerStore>(
    store: &S,
    rule: &'static str,
    session: &SessionRecord,
) -> Result<Option<EndReason>, Violation> {
    let found = store.find_session(&session.id).await.because(rule)?;
    let keys = store.list_api_keys(&session.subject, None, 9, session.id.born()).await;
    let ended = found.and_then(|row| row.state.ended).map(|(_, reason)| reason);
    // The session and the key have gone together, or neither has.
    same(rule, "keys left", &keys.because(rule)?.is_empty(), &ended.is_some())?;
    Ok(ended)
}

pub(super) async fn a_client_that_goes_loses_what_it_holds<S: ServerStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    for removed in [false, true] {
        let client = sample.registration()?;
        store.insert_client(&client, now).await.because(LOSES)?;
        let own = belongings(&mut sample, store, LOSES, &client.id).await?;
        let other = sample.client()?;
        let foreign = belongings(&mut sample, store, LOSES, &other).await?;
        let consent = ConsentRecord {
            subject: own.subject.clone(),
            client: client.id.clone(),
            scope: own.scope.clone(),
            given_at: now,
        };
        store.put_consent(&consent, None, now).await.because(LOSES)?;
        if removed {
            let counts = store.remove_client(&client.id, now).await.because(LOSES)?;
            let both = EndedCounts { sessions: 1, api_keys: 1 };
            same(LOSES, "what ended", &counts, &Some(both))?;
            let again = store.remove_client(&client.id, now).await.because(LOSES)?;
            same(LOSES, "removed again", &again, &None)?;
            let found = store.find_client(&client.id).await.because(LOSES)?;
            same(LOSES, "row", &found, &None)?;
            let left = store.find_consent(&own.subject, &client.id).await.because(LOSES)?;
            same(LOSES, "its consent", &left, &None)?;
        } else {
            let disabled = ClientRecord { disabled_at: Some(now), ..client.clone() };
            let outcome = store.replace_client(&disabled, now).await.because(LOSES)?;
            same(LOSES, "outcome", &outcome, &ReplaceOutcome::Replaced)?;
        }
        let ended = end_of(store, LOSES, &own).await?;
        same(LOSES, "its session", &ended, &Some(EndReason::ClientRevoked))?;
        same(LOSES, "another's", &end_of(store, LOSES, &foreign).await?, &None)?;
        let target = Target::Owner(Owner::Client(client.id.clone()));
        ensure(LOSES, heard(store, LOSES, &target).await? >= 1, "no record")?;
        let target = Target::Client(client.id.clone());
        ensure(LOSES, heard(store, LOSES, &target).await? >= 2, "no record of the client")?;
    }
    Ok(())
}

pub(super) async fn a_narrower_consent_ends_what_was_given<S: ServerStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let client = sample.client()?;
    let wide = sample.scope("invoice:*:read invoice:7:write")?;
    let narrow = sample.scope("invoice:7:read")?;
    let (none, both) = (EndedCounts::default(), EndedCounts { sessions: 1, api_keys: 1 });
    for withdrawn in [false, true] {
        let session = belongings(&mut sample, store, CONSENT, &client).await?;
        let subject = session.subject.clone();
        let consent = |scope: &crate::scope::Scope| ConsentRecord {
            subject: subject.clone(),
            client: client.clone(),
            scope: scope.clone(),
            given_at: now,
        };
        // First, wider and the same again end nothing.
        for (before, scope) in [(None, &narrow), (Some(&narrow), &wide), (Some(&wide), &wide)] {
            let put = store.put_consent(&consent(scope), before, now).await.because(CONSENT)?;
            same(CONSENT, "what ended", &put, &ConsentOutcome::Put(none))?;
            let found = store.find_consent(&subject, &client).await.because(CONSENT)?;
            same(CONSENT, "row", &found, &Some(consent(scope)))?;
        }
        let listed = store.list_consents(&subject, None, 5).await.because(CONSENT)?;
        same(CONSENT, "list", &listed, &vec![consent(&wide)])?;
        let listed = store.list_consents(&subject, Some(&client), 5).await.because(CONSENT)?;
        same(CONSENT, "list after it", &listed, &Vec::new())?;
        let counts = if withdrawn {
            ConsentOutcome::Put(
                store.withdraw_consent(&subject, &client, now).await.because(CONSENT)?,
            )
        } else {
            store.put_consent(&consent(&narrow), Some(&wide), now).await.because(CONSENT)?
        };
        same(CONSENT, "what ended", &counts, &ConsentOutcome::Put(both))?;
        let ended = end_of(store, CONSENT, &session).await?;
        same(CONSENT, "the session", &ended, &Some(EndReason::ConsentWithdrawn))?;
        let target = Target::Owner(Owner::SubjectAtClient(subject.clone(), client.clone()));
        ensure(CONSENT, heard(store, CONSENT, &target).await? >= 1, "no record")?;
        let left = store.find_consent(&subject, &client).await.because(CONSENT)?;
        same(CONSENT, "the consent stays", &left.is_some(), &!withdrawn)?;
        let again = store.withdraw_consent(&subject, &client, now + SECOND).await;
        same(CONSENT, "withdrawn again", &again.because(CONSENT)?, &none)?;
    }
    Ok(())
}

pub(super) async fn one_instance_replaces_the_signing_keys<S: ServerStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let empty = store.load_signing_keys().await.because(KEYS)?;
    same(KEYS, "before the first", &empty, &SigningKeySet::default())?;
    for version in 0..3 {
        let key = SigningKeyRecord {
            kid: sample.key_id()?,
            public_jwk: r#"{"kty":"OKP"}"#.to_owned(),
            sealed_private: vec![0, 255, 10],
            times: KeyTimes { retire_at: Some(sample.now), ..KeyTimes::published(sample.now) },
        };
        let set = SigningKeySet { version, keys: vec![key] };
        let mut jobs: Vec<Job<Result<bool, StoreError>>> = Vec::new();
        let mut withdrawn = Vec::new();
        for _ in 0..suite.contending().min(20) {
            let kid = sample.key_id()?;
            withdrawn.push(kid.clone());
            let (store, set, now) = (Arc::clone(store), set.clone(), sample.now);
            jobs.push(Box::pin(async move { store.replace_signing_keys(&set, &[kid], now).await }));
        }
        let mut replaced = 0;
        for (kid, did) in withdrawn.iter().zip(suite.workers_ref().race(KEYS, jobs).await?) {
            let did = did.because(KEYS)?;
            replaced += u32::from(did);
            let records = heard(&**store, KEYS, &Target::SigningKey(kid.clone())).await?;
            same(KEYS, "has a record", &(records > 0), &did)?;
        }
        same(KEYS, "replacements", &replaced, &1)?;
        let loaded = store.load_signing_keys().await.because(KEYS)?;
        let expected = SigningKeySet { version: version + 1, ..set };
        same(KEYS, "what is loaded", &loaded, &expected)?;
    }
    Ok(())
}
