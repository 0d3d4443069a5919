//! Knows what a store promises of codes and of values that work once.
//! Must not know what a code opens a session for.

use std::sync::Arc;

use super::{
    Suite, Violation,
    feed::walk,
    sample::{DAY, HOUR, MINUTE, SECOND, Sample, owners},
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    clock::Timestamp,
    store::{
        CodeRecord, CodeRefusal, CodeStore, EndReason, InsertOutcome, Reach, RedeemOutcome,
        Redemption, ReplayStore, RevocationStore, ServerStore, SessionRecord, SessionStore,
        StoreError, StoreErrorKind, Target, decide_redemption,
    },
};

const CODE: &str =
    "redeem_code: the answer is that of `decide_redemption`, and the session with it";
const CODES: &str = "redeem_code: linearizable; of many calls one redeems, and the rest end it";
const TAKEN: &str =
    "redeem_code: a session whose id is taken is neither written over nor given out";
const PRUNE: &str = "prune_codes, prune_replays: at most `limit`, and only what can say no more";
const ONCE: &str = "consume_once: linearizable; of many callers one is first, until it expires";

impl Sample {
    fn code(&mut self) -> Result<CodeRecord, Violation> {
        Ok(CodeRecord {
            id: self.random.bytes(),
            redirect_uri: "https://app.example/cb?x=\u{e9}".to_owned(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            expires_at: self.now + MINUTE,
            session: self.session()?,
            extra: r#"{"nonce":"n"}"#.to_owned(),
            used: None,
        })
    }

    fn redemption(&mut self, code: &CodeRecord) -> Redemption {
        Redemption {
            id: code.id,
            client: code.session.client.clone(),
            redirect_uri: code.redirect_uri.clone(),
            challenge: code.challenge.clone(),
            attempt: self.attempt(),
        }
    }
}

/// Walks one code through each way it can be presented, and compares with `decide_redemption`.
pub(super) async fn a_code_opens_one_session<S: ServerStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    for story in 0..5 {
        let mut code = sample.code()?;
        let right = sample.redemption(&code);
        let other = Redemption { client: sample.client()?, ..sample.redemption(&code) };
        let wrong = Redemption { challenge: "wrong".to_owned(), ..sample.redemption(&code) };
        let again = sample.redemption(&code);
        let missing = store.redeem_code(&right, now).await.because(CODE)?;
        same(CODE, "no code", &missing, &RedeemOutcome::Refused(CodeRefusal::Unknown))?;
        ensure(CODE, store.insert_code(&code).await.because(CODE)?, "a new code is not new")?;
        ensure(CODE, !store.insert_code(&code).await.because(CODE)?, "a known code is new")?;
        let mut mark = None;
        let steps = match story {
            0 => vec![(&other, now), (&right, now), (&right, now + SECOND), (&again, now)],
            1 => vec![(&other, now), (&wrong, now), (&right, now)],
            2 => vec![(&right, now + MINUTE)],
            3 => vec![(&right, now + MINUTE - SECOND / 1000), (&wrong, now), (&again, now + HOUR)],
            _ => {
                let reached = owners(&code.session.subject, &code.session.client);
                for owner in reached {
                    let reason = EndReason::Administrative;
                    store.revoke_owner(&owner, Reach::Sessions, reason, now).await.because(CODE)?;
                }
                mark = Some(now);
                vec![(&right, now), (&right, now)]
            }
        };
        let (mut opened, mut ended) = (false, None);
        for (redemption, when) in steps {
            let expected = decide_redemption(Some(&code), redemption, mark, when);
            let outcome = store.redeem_code(redemption, when).await.because(CODE)?;
            same(CODE, "outcome", &outcome, &expected.outcome)?;
            code.used = expected.write.or(code.used);
            opened |= expected.opens;
            if expected.ends && ended.is_none() {
                ended = Some((when, EndReason::CodeReplayed));
            }
            let found = store.find_session(&code.session.id).await.because(CODE)?;
            let mut session = code.session.clone();
            session.state.ended = ended;
            same(CODE, "session", &found, &opened.then_some(session))?;
        }
        let records = walk(store, CODE, None, 50).await?.0;
        let target = Target::Session(code.session.id);
        let heard = records.iter().any(|record| record.target == target);
        same(CODE, "a record of its end", &heard, &ended.is_some())?;
    }
    Ok(())
}

/// The id of the session is somebody's already: nothing is opened, and nothing is given out.
pub(super) async fn a_taken_session_is_not_given_out<S: CodeStore + SessionStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let code = sample.code()?;
    let taken = SessionRecord { id: code.session.id, ..sample.session()? };
    let outcome = store.insert_session(&taken).await.because(TAKEN)?;
    same(TAKEN, "the session", &outcome, &InsertOutcome::Inserted)?;
    store.insert_code(&code).await.because(TAKEN)?;
    let redemption = sample.redemption(&code);
    for _ in 0..2 {
        // An engine may also fail: the code is then as it was, and no better.
        if let Ok(RedeemOutcome::Redeemed(_)) = store.redeem_code(&redemption, sample.now).await {
            return Err(Violation::new(TAKEN, "the code was redeemed"));
        }
    }
    let row = store.find_session(&taken.id).await.because(TAKEN)?;
    same(TAKEN, "row", &row, &Some(taken))
}

pub(super) async fn redemption_is_linearizable<S: CodeStore + SessionStore + RevocationStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let code = sample.code()?;
    store.insert_code(&code).await.because(CODES)?;
    let mut jobs: Vec<Job<Result<RedeemOutcome, StoreError>>> = Vec::new();
    for _ in 0..suite.contending() {
        let (store, now) = (Arc::clone(store), sample.now);
        let redemption = sample.redemption(&code);
        jobs.push(Box::pin(async move {
            for _ in 0..20 {
                match store.redeem_code(&redemption, now).await {
                    Err(error) if error.kind() == StoreErrorKind::Busy => {}
                    answer => return answer,
                }
            }
            store.redeem_code(&redemption, now).await
        }));
    }
    let mut redeemed = 0;
    for answer in suite.workers_ref().race(CODES, jobs).await? {
        match answer.because(CODES)? {
            RedeemOutcome::Redeemed(_) => redeemed += 1,
            RedeemOutcome::Replayed { session } if session == code.session.id => {}
            other => return Err(Violation::new(CODES, format!("a call got {other:?}"))),
        }
    }
    same(CODES, "redemptions", &redeemed, &1)?;
    let session = store.find_session(&code.session.id).await.because(CODES)?;
    let ended = session.and_then(|session| session.state.ended);
    same(CODES, "ended", &ended, &Some((sample.now, EndReason::CodeReplayed)))
}

async fn use_up<S: ReplayStore>(
    sample: &mut Sample,
    store: &S,
    key: &[u8; 32],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Violation> {
    store.consume_once(key, sample.attempt(), expires_at, now).await.because(ONCE)
}

pub(super) async fn a_value_works_once<S: ReplayStore + 'static>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let key: [u8; 32] = sample.random.bytes();
    let attempt = sample.attempt();
    for _ in 0..2 {
        let first = store.consume_once(&key, attempt, now + MINUTE, now).await.because(ONCE)?;
        ensure(ONCE, first, "the first use, or the same attempt again, is not the first")?;
    }
    for later in [now - SECOND, now, now + MINUTE - SECOND / 1000] {
        let first = use_up(&mut sample, &**store, &key, later + DAY, later).await?;
        ensure(ONCE, !first, "a second use is the first")?;
    }
    let other = sample.random.bytes();
    let first = use_up(&mut sample, &**store, &other, now + MINUTE, now).await?;
    ensure(ONCE, first, "one value uses up another")?;

    let contended: [u8; 32] = sample.random.bytes();
    let mut jobs: Vec<Job<Result<bool, StoreError>>> = Vec::new();
    for _ in 0..suite.contending() {
        let (store, attempt) = (Arc::clone(store), sample.attempt());
        jobs.push(Box::pin(async move {
            store.consume_once(&contended, attempt, now + MINUTE, now).await
        }));
    }
    let mut firsts = 0;
    for first in suite.workers_ref().race(ONCE, jobs).await? {
        firsts += u32::from(first.because(ONCE)?);
    }
    same(ONCE, "first uses", &firsts, &1)
}

pub(super) async fn prune_waits_and_is_bounded<S: CodeStore + ReplayStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let redeemed = sample.code()?;
    store.insert_code(&redeemed).await.because(PRUNE)?;
    let redemption = sample.redemption(&redeemed);
    store.redeem_code(&redemption, now).await.because(PRUNE)?;
    for _ in 0..5 {
        store.insert_code(&sample.code()?).await.because(PRUNE)?;
        let key = sample.random.bytes();
        use_up(&mut sample, store, &key, now + MINUTE, now).await?;
    }
    let early = now + MINUTE - SECOND / 1000;
    same(PRUNE, "codes, early", &store.prune_codes(early, 9).await.because(PRUNE)?, &0)?;
    same(PRUNE, "values, early", &store.prune_replays(early, 9).await.because(PRUNE)?, &0)?;
    let (mut codes, mut values) = (0, 0);
    for _ in 0..8 {
        let step = store.prune_codes(now + MINUTE, 2).await.because(PRUNE)?;
        codes += step;
        let other = store.prune_replays(now + MINUTE, 2).await.because(PRUNE)?;
        values += other;
        ensure(PRUNE, step <= 2 && other <= 2, "more than `limit` went")?;
    }
    same(PRUNE, "codes and values", &(codes, values), &(5, 5))?;
    // A code that was redeemed can still say that it comes again.
    let replay = sample.redemption(&redeemed);
    let outcome = store.redeem_code(&replay, now + HOUR).await.because(PRUNE)?;
    let session = redeemed.session.id;
    same(PRUNE, "a redeemed code", &outcome, &RedeemOutcome::Replayed { session })?;
    let gone = redeemed.session.prune_after();
    same(PRUNE, "when its session goes", &store.prune_codes(gone, 9).await.because(PRUNE)?, &1)
}
