//! Knows how to compare a store that is pruned with the memory store that never is, call by call.
//! Must not know what the right answer is.

use std::{collections::HashSet, fmt::Debug};

use super::{
    Suite, Violation,
    feed::walk,
    sample::{DAY, HOUR, MINUTE, SECOND, Sample, owners},
    violation::{Because, ensure, same},
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    store::{
        ApiKeyChange, ApiKeyRecord, ApiKeyStore, EndReason, MemoryStore, Reach, RevocationStore,
        RotateApiKeyOutcome, SessionRecord, SessionStore, Store, StoreError, Target,
    },
};

const TWIN: &str = "every answer is that of the memory store, and pruning changes none";
const STEPS: u32 = 60;

pub(super) async fn every_answer_is_that_of_a_store_never_pruned<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let reference = MemoryStore::new();
    let mut now = suite.base();
    for history in 0..suite.rounds() {
        let seed = suite.seed_of(history);
        // One clock for all histories: the prunes of one must not go back behind another.
        let mut sample = Sample::new(seed, now);
        let subjects = [sample.subject()?, sample.subject()?];
        let clients = [sample.client()?, sample.client()?];
        let (sessions, keys) = (Vec::new(), Vec::new());
        let latest = now;
        let mut pair = Pair {
            store,
            reference: &reference,
            sample,
            latest,
            subjects,
            clients,
            sessions,
            keys,
        };
        for _ in 0..STEPS {
            pair.step().await.map_err(|violation| violation.seeded(seed))?;
        }
        now = pair.latest;
    }
    same_feed(store, &reference, now).await
}

/// The feeds hold the same live records, in whatever order.
async fn same_feed<S: Store>(
    store: &S,
    reference: &MemoryStore,
    now: Timestamp,
) -> Result<(), Violation> {
    let got = walk(store, TWIN, None, 100).await?.0;
    let expected = walk(reference, TWIN, None, 100).await?.0;
    let named: HashSet<(&Target, Timestamp)> =
        got.iter().map(|record| (&record.target, record.not_before)).collect();
    for record in expected.iter().filter(|record| now < record.expires_at) {
        let found = named.contains(&(&record.target, record.not_before));
        ensure(TWIN, found, &format!("the feed has no {record:?}"))?;
    }
    let targets: HashSet<&Target> = expected.iter().map(|record| &record.target).collect();
    let only = got.iter().find(|record| !targets.contains(&record.target));
    same(TWIN, "a record that nothing wrote", &only, &None)
}

struct Pair<'a, S> {
    store: &'a S,
    reference: &'a MemoryStore,
    sample: Sample,
    /// The latest instant either store has heard of.
    latest: Timestamp,
    subjects: [Subject; 2],
    clients: [ClientId; 2],
    sessions: Vec<SessionRecord>,
    keys: Vec<ApiKeyRecord>,
}

/// Makes the same call on both stores, and compares the answers.
macro_rules! both {
    ($pair:ident.$method:ident($($argument:expr),*)) => {
        agree(
            stringify!($method),
            $pair.store.$method($($argument),*).await,
            $pair.reference.$method($($argument),*).await,
        )
    };
}

fn agree<T: PartialEq + Debug>(
    method: &str,
    got: Result<T, StoreError>,
    expected: Result<T, StoreError>,
) -> Result<T, Violation> {
    let got = got.because(TWIN)?;
    same(TWIN, method, &got, &expected.because(TWIN)?)?;
    Ok(got)
}

impl<S: Store> Pair<'_, S> {
    async fn step(&mut self) -> Result<(), Violation> {
        match self.sample.random.below(20) {
            0 | 1 => self.insert_session().await,
            2..7 => self.rotate_session().await,
            7 => self.end_or_confirm().await,
            8 => self.revoke_owner().await,
            9 => self.insert_api_key().await,
            10 => self.change_api_key().await,
            11 => self.rotate_api_key().await,
            12 => self.end_api_key().await,
            13 | 14 => self.lists().await,
            15 => self.prune().await,
            16 => {
                let target = Target::Token(self.sample.token_id());
                both!(self.revoke(&target, self.sample.now))
            }
            _ => {
                self.clock();
                Ok(())
            }
        }
    }

    fn clock(&mut self) {
        let random = &mut self.sample.random;
        if random.one_in(5) {
            // Within the skew; further back, a pruned row might be asked for.
            self.sample.now = self.latest - random.time_below(SECOND * 5);
        } else {
            let steps = [SECOND, MINUTE, HOUR, DAY];
            let by = random.pick(&steps).copied().unwrap_or(SECOND);
            self.sample.now = self.sample.now + random.time_below(by);
        }
        self.latest = self.latest.max(self.sample.now);
    }

    fn someone(&mut self) -> (Subject, ClientId) {
        let [one, other] = &self.subjects;
        let [here, there] = &self.clients;
        let random = &mut self.sample.random;
        let subject = if random.one_in(2) { one } else { other };
        let client = if random.one_in(2) { here } else { there };
        (subject.clone(), client.clone())
    }

    /// A session whose token would not be refused before any store is asked.
    fn some_session(&mut self) -> Option<SessionRecord> {
        let session = self.sample.random.pick(&self.sessions)?.clone();
        (self.sample.now < session.absolute_expires_at).then_some(session)
    }

    async fn insert_session(&mut self) -> Result<(), Violation> {
        let (subject, client) = self.someone();
        let mut session = self.sample.session_of(&subject, &client)?;
        session.policy.strict = self.sample.random.one_in(5);
        session.policy.rotation = !self.sample.random.one_in(5);
        session.absolute_expires_at =
            self.sample.now + if self.sample.random.one_in(2) { HOUR } else { DAY * 3 };
        session.state.idle_expires_at =
            self.sample.now + self.sample.random.time_below(HOUR) + MINUTE;
        if session.state.idle_expires_at > session.absolute_expires_at {
            session.state.idle_expires_at = session.absolute_expires_at;
        }
        both!(self.insert_session(&session))?;
        // Sent again: known, or refused as before.
        both!(self.insert_session(&session))?;
        self.sessions.push(session);
        Ok(())
    }

    async fn rotate_session(&mut self) -> Result<(), Violation> {
        let Some(session) = self.some_session() else { return Ok(()) };
        let row = self.reference.find_session(&session.id).await.because(TWIN)?;
        let generation = row.map_or(0, |row| row.state.generation);
        let back = [0, 0, 0, 0, 1, 1, 1, 2];
        let behind = self.sample.random.pick(&back).copied().unwrap_or(0);
        let rotation = self.sample.rotation(&session, generation.saturating_sub(behind));
        for _ in 0..=self.sample.random.below(2) {
            both!(self.rotate_session(&rotation, self.sample.now))?;
        }
        both!(self.find_session(&session.id)).map(drop)
    }

    async fn end_or_confirm(&mut self) -> Result<(), Violation> {
        let Some(session) = self.some_session() else { return Ok(()) };
        if self.sample.random.one_in(3) {
            both!(self.end_session(&session.id, EndReason::OverCap, self.sample.now))?;
        } else {
            let generation = u32::try_from(self.sample.random.below(3)).unwrap_or(0);
            both!(self.confirm_session(&session.id, generation, self.sample.now))?;
        }
        both!(self.find_session(&session.id)).map(drop)
    }

    async fn revoke_owner(&mut self) -> Result<(), Violation> {
        let (subject, client) = self.someone();
        let owners = owners(&subject, &client);
        let Some(owner) = self.sample.random.pick(&owners).cloned() else { return Ok(()) };
        let everything = self.sample.random.one_in(2);
        let reach = if everything { Reach::Everything } else { Reach::Sessions };
        both!(self.revoke_owner(&owner, reach, EndReason::Administrative, self.sample.now))
            .map(drop)
    }

    async fn insert_api_key(&mut self) -> Result<(), Violation> {
        let (subject, client) = self.someone();
        let mut key = self.sample.api_key_of(&subject, &client)?;
        let lives = [None, Some(self.sample.now + HOUR), Some(self.sample.now + DAY)];
        key.expires_at = self.sample.random.pick(&lives).copied().flatten();
        both!(self.insert_api_key(&key))?;
        self.keys.push(key);
        Ok(())
    }

    async fn change_api_key(&mut self) -> Result<(), Violation> {
        let Some(key) = self.sample.random.pick(&self.keys).cloned() else { return Ok(()) };
        let change = ApiKeyChange {
            name: self.sample.random.one_in(2).then(|| "renamed".to_owned()),
            scope: None,
            expires_at: self.sample.random.one_in(2).then_some(Some(self.sample.now + HOUR)),
        };
        both!(self.update_api_key(&key.id, &change, self.sample.now))?;
        self.look_at(&key).await
    }

    async fn rotate_api_key(&mut self) -> Result<(), Violation> {
        let Some(key) = self.sample.random.pick(&self.keys).cloned() else { return Ok(()) };
        let (now, until) = (self.sample.now, self.sample.now + MINUTE);
        let successor = self.sample.api_key_of(&key.subject, &key.client)?;
        let row = self.reference.find_api_key(&key.id).await.because(TWIN)?;
        let live = row.is_some_and(|row| row.is_live(now));
        let got = self.store.rotate_api_key(&key.id, &successor, until, now).await.because(TWIN)?;
        let expected = self.reference.rotate_api_key(&key.id, &successor, until, now).await;
        let expected = expected.because(TWIN)?;
        if live {
            same(TWIN, "rotate_api_key", &got, &expected)?;
        } else {
            // Replaced and gone, or gone: a pruned row cannot say which.
            let refused = got != RotateApiKeyOutcome::Rotated;
            ensure(TWIN, refused, "a key that is not live was rotated")?;
        }
        if expected == RotateApiKeyOutcome::Rotated {
            self.keys.push(successor);
        }
        self.look_at(&key).await
    }

    async fn end_api_key(&mut self) -> Result<(), Violation> {
        let Some(key) = self.sample.random.pick(&self.keys).cloned() else { return Ok(()) };
        // A key that stopped may be pruned; ending it is no news to either store.
        let row = self.reference.find_api_key(&key.id).await.because(TWIN)?;
        if row.is_some_and(|row| row.is_live(self.sample.now)) {
            both!(self.end_api_key(&key.id, EndReason::Administrative, self.sample.now))?;
        }
        self.look_at(&key).await
    }

    /// A live key is the same in both stores, but for the note of its last use.
    async fn look_at(&self, key: &ApiKeyRecord) -> Result<(), Violation> {
        let now = self.sample.now;
        let live = |found: Result<Option<ApiKeyRecord>, StoreError>| {
            let found = found.because(TWIN)?.filter(|row| row.is_live(now));
            Ok(found.map(|row| ApiKeyRecord { last_used_at: None, ..row }))
        };
        let got = live(self.store.find_api_key(&key.id).await)?;
        same(TWIN, "find_api_key", &got, &live(self.reference.find_api_key(&key.id).await)?)
    }

    async fn lists(&mut self) -> Result<(), Violation> {
        let (subject, client) = self.someone();
        let owner = self.sample.random.pick(&owners(&subject, &client)).cloned();
        let Some(owner) = owner else { return Ok(()) };
        let now = self.sample.now;
        let limit = u32::try_from(self.sample.random.below(4)).unwrap_or(0) + 1;
        let after = self.sample.random.pick(&self.sessions).map(|session| session.id);
        let after = after.filter(|_| self.sample.random.one_in(2));
        both!(self.list_sessions(&owner, after.as_ref(), limit, now))?;
        let after = self.sample.random.pick(&self.keys).map(|key| key.id);
        both!(self.list_api_keys(&subject, after.as_ref(), limit, now)).map(drop)
    }

    /// Only the store under test forgets.
    async fn prune(&mut self) -> Result<(), Violation> {
        let (now, limit) = (self.sample.now, 50);
        self.store.prune_sessions(now, limit).await.because(TWIN)?;
        self.store.prune_revocations(now, limit).await.because(TWIN)?;
        self.store.prune_api_keys(now - HOUR, limit).await.map(drop).because(TWIN)
    }
}
