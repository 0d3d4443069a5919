//! Knows what a store promises of revoking tokens, signing keys and owners.
//! Must not know how long records live.

use super::{
    Suite, Violation,
    feed::walk,
    sample::{HOUR, SECOND, Sample, owners},
    sessions::{put, row},
    violation::{Because, ensure, same},
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    store::{
        ApiKeyRecord, EndReason, EndedCounts, InsertOutcome, Owner, Reach, RevocationFeed,
        RevocationStore, SessionRecord, Store, Target,
    },
};

const REVOKE: &str = "revoke: one record for a token or signing key; twice is no error";
const OWNER: &str = "revoke_owner: ends what the owner has, in one step, and nothing else";
const FAST: &str = "revoke_owner: `not_before` covers every birth that it ended";

pub(super) async fn a_record_is_written_for_a_token_or_key<S: RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for target in [Target::Token(sample.token_id()), Target::SigningKey(sample.key_id()?)] {
        for _ in 0..2 {
            store.revoke(&target, sample.now).await.because(REVOKE)?;
            let records = walk(store, REVOKE, None, 10).await?.0;
            let found = records.iter().any(|record| record.target == target);
            ensure(REVOKE, found, "the record is not in the feed")?;
        }
    }
    Ok(())
}

/// The sessions and keys of one subject at one client, one that idles and one that has expired.
struct Belongings {
    sessions: [SessionRecord; 3],
    keys: [ApiKeyRecord; 2],
}

impl Belongings {
    async fn put<S: Store>(
        sample: &mut Sample,
        store: &S,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Self, Violation> {
        let now = sample.now;
        let mut idle = sample.session_of(subject, client)?;
        idle.state.idle_expires_at = now;
        let live = [sample.session_of(subject, client)?, sample.session_of(subject, client)?];
        let [one, two] = live;
        let sessions = [one, two, idle];
        for session in &sessions {
            put(store, session).await?;
        }
        let mut expired = sample.api_key_of(subject, client)?;
        expired.expires_at = Some(now);
        let keys = [sample.api_key_of(subject, client)?, expired];
        for key in &keys {
            let outcome = store.insert_api_key(key).await.because(OWNER)?;
            same(OWNER, "a new key", &outcome, &InsertOutcome::Inserted)?;
        }
        Ok(Self { sessions, keys })
    }

    /// Whether the rows are ended at this instant, or as they were put.
    async fn are<S: Store>(
        &self,
        store: &S,
        sessions: Option<(Timestamp, EndReason)>,
        keys: Option<(Timestamp, EndReason)>,
    ) -> Result<(), Violation> {
        for session in &self.sessions {
            let ended = row(store, OWNER, session).await?.state.ended;
            same(OWNER, "end of a session", &ended, &sessions)?;
        }
        let [live, _] = &self.keys;
        let found = store.find_api_key(&live.id).await.because(OWNER)?;
        same(OWNER, "end of an API key", &found.and_then(|key| key.ended), &keys)
    }
}

pub(super) async fn an_owner_loses_what_it_has_and_no_more<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for reach in [Reach::Sessions, Reach::Everything] {
        for which in 0..3 {
            let (subject, client) = (sample.subject()?, sample.client()?);
            let (other, elsewhere) = (sample.subject()?, sample.client()?);
            let own = Belongings::put(&mut sample, store, &subject, &client).await?;
            let at_other = Belongings::put(&mut sample, store, &subject, &elsewhere).await?;
            let of_other = Belongings::put(&mut sample, store, &other, &client).await?;
            let Some(owner) = owners(&subject, &client).into_iter().nth(which) else { continue };
            let reaches = [true, which == 0, which == 1];
            let live = if which == 2 { 1 } else { 2 };
            let api_keys = if reach == Reach::Everything { live } else { 0 };
            let now = sample.now;
            let counts = EndedCounts { sessions: 2 * live, api_keys };
            revoke(store, &owner, reach, now, counts).await?;
            for (belongings, reached) in [own, at_other, of_other].iter().zip(reaches) {
                let ended = reached.then_some((now, EndReason::Administrative));
                let keys = ended.filter(|_| reach == Reach::Everything);
                belongings.are(store, ended, keys).await?;
            }
            // Again: nothing is live, and the first end stands.
            revoke(store, &owner, reach, now + SECOND, EndedCounts::default()).await?;
        }
    }
    Ok(())
}

async fn revoke<S: RevocationStore>(
    store: &S,
    owner: &Owner,
    reach: Reach,
    now: Timestamp,
    expected: EndedCounts,
) -> Result<(), Violation> {
    let reason = EndReason::Administrative;
    let counts = store.revoke_owner(owner, reach, reason, now).await.because(OWNER)?;
    same(OWNER, "counts", &counts, &expected)?;
    let mark = mark(store, OWNER, owner).await?;
    same(OWNER, "the record's not_before", &mark, &now)
}

/// The latest birth that the records of an owner kill.
async fn mark<S: RevocationFeed>(
    store: &S,
    rule: &'static str,
    owner: &Owner,
) -> Result<Timestamp, Violation> {
    let target = Target::Owner(owner.clone());
    let records = walk(store, rule, None, 100).await?.0;
    let marks = records.iter().filter(|record| record.target == target);
    let latest = marks.map(|record| record.not_before).max();
    latest.ok_or_else(|| Violation::new(rule, "the revocation left no record"))
}

pub(super) async fn a_fast_clock_saves_nothing<S: Store>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    for (reach, ahead) in [(Reach::Sessions, SECOND * 3), (Reach::Everything, HOUR)] {
        let (subject, client) = (sample.subject()?, sample.client()?);
        let mut session = sample.session_of(&subject, &client)?;
        session.id = sample.session_id(now + SECOND * 3);
        put(store, &session).await?;
        let mut key = sample.api_key_of(&subject, &client)?;
        key.id = sample.api_key_id(now + HOUR);
        store.insert_api_key(&key).await.because(FAST)?;
        let owner = Owner::Subject(subject);
        let reason = EndReason::Administrative;
        store.revoke_owner(&owner, reach, reason, now).await.because(FAST)?;
        let mark = mark(store, FAST, &owner).await?;
        same(FAST, "not_before", &mark, &(now + ahead))?;
        let mut next = sample.session_of(&session.subject, &client)?;
        next.id = sample.session_id(now + ahead);
        let outcome = store.insert_session(&next).await.because(FAST)?;
        let refused = InsertOutcome::BornRevoked { not_before: now + ahead };
        same(FAST, "a birth at the mark", &outcome, &refused)?;
    }
    Ok(())
}
