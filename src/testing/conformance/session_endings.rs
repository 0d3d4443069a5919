//! Knows what a store promises of the end of a session: once, for good, and seen in the feed.
//! Must not know calls that race.

use super::{
    Suite, Violation,
    feed::walk,
    sample::{MINUTE, SECOND},
    sessions::{put, row},
    violation::{Because, ensure, same},
};
use crate::store::{
    EndReason, InsertOutcome, Owner, Reach, Refusal, RevocationStore, RotateOutcome, SessionStore,
    Target,
};

const END: &str = "end_session: ends one session, says whether it was live, and writes its record";
const AGAIN: &str = "an ended session stays ended, with the reason and instant of its end";
const REUSE: &str = "rotate_session: a reuse ends the session and writes its record in one step";

pub(super) async fn an_end_is_one_session_and_one_record<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    let session = sample.session_of(&subject, &client)?;
    let sibling = sample.session_of(&subject, &client)?;
    let mut idle = sample.session_of(&subject, &client)?;
    idle.state.idle_expires_at = now;
    let unknown = sample.session()?;
    for known in [&session, &sibling, &idle] {
        put(store, known).await?;
    }
    // A session that idles is not live, but its end must stand if the clock is set back.
    for (id, live) in [(&session, true), (&idle, false), (&unknown, false)] {
        let was_live = store.end_session(&id.id, EndReason::SignedOut, now).await.because(END)?;
        same(END, "was it live", &was_live, &live)?;
    }
    for ended in [&session, &idle] {
        let state = row(store, END, ended).await?.state;
        same(END, "ended", &state.ended, &Some((now, EndReason::SignedOut)))?;
    }
    same(END, "the sibling", &row(store, END, &sibling).await?, &sibling)?;
    let records = walk(store, END, None, 10).await?.0;
    for ended in [&session, &idle] {
        let target = Target::Session(ended.id);
        ensure(END, records.iter().any(|record| record.target == target), "no record")?;
    }
    let target = Target::Session(sibling.id);
    ensure(END, records.iter().all(|record| record.target != target), "the sibling has one")
}

pub(super) async fn ended_never_revives<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let session = sample.session()?;
    put(store, &session).await?;
    let first = sample.rotation(&session, 0);
    store.rotate_session(&first, now).await.because(AGAIN)?;
    store.end_session(&session.id, EndReason::SignedOut, now).await.because(AGAIN)?;
    let ended = row(store, AGAIN, &session).await?;
    same(AGAIN, "ended", &ended.state.ended, &Some((now, EndReason::SignedOut)))?;

    for later in [now - MINUTE, now, now + SECOND, now + MINUTE] {
        for presented in [0, 1] {
            let rotation = sample.rotation(&session, presented);
            let outcome = store.rotate_session(&rotation, later).await.because(AGAIN)?;
            let refused = RotateOutcome::Refused(Refusal::Ended(EndReason::SignedOut));
            same(AGAIN, "a refresh", &outcome, &refused)?;
        }
        let resent = store.rotate_session(&first, later).await.because(AGAIN)?;
        let granted = matches!(resent, RotateOutcome::Granted { .. });
        ensure(AGAIN, !granted, "a resent attempt was granted")?;
        let live = store.end_session(&session.id, EndReason::OverCap, later).await;
        same(AGAIN, "ended again: was it live", &live.because(AGAIN)?, &false)?;
        let outcome = store.insert_session(&session).await.because(AGAIN)?;
        same(AGAIN, "remembered again", &outcome, &InsertOutcome::Conflict)?;
        store.confirm_session(&session.id, 1, later).await.because(AGAIN)?;
    }
    let owner = Owner::Subject(session.subject.clone());
    let reason = EndReason::SubjectRevoked;
    let counts = store.revoke_owner(&owner, Reach::Everything, reason, now + SECOND).await;
    same(AGAIN, "ended by the owner", &counts.because(AGAIN)?.sessions, &0)?;
    same(AGAIN, "row", &row(store, AGAIN, &session).await?, &ended)
}

pub(super) async fn a_reuse_ends_the_session_at_once<S: SessionStore + RevocationStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let (subject, client, now) = (sample.subject()?, sample.client()?, sample.now);
    let session = sample.session_of(&subject, &client)?;
    let sibling = sample.session_of(&subject, &client)?;
    put(store, &session).await?;
    put(store, &sibling).await?;
    for generation in 0..2 {
        let rotation = sample.rotation(&session, generation);
        let when = now + MINUTE * generation;
        store.rotate_session(&rotation, when).await.because(REUSE)?;
    }
    let theft = sample.rotation(&session, 0);
    let when = now + MINUTE;
    let outcome = store.rotate_session(&theft, when).await.because(REUSE)?;
    match outcome {
        RotateOutcome::Reused(reuse) => {
            same(REUSE, "session", &reuse.session, &session.id)?;
            same(REUSE, "distance", &reuse.distance, &2)?;
        }
        other => return Err(Violation::new(REUSE, format!("the grandparent got {other:?}"))),
    }
    let ended = row(store, REUSE, &session).await?.state.ended;
    same(REUSE, "ended", &ended, &Some((when, EndReason::Reused)))?;
    let records = walk(store, REUSE, None, 10).await?.0;
    let target = Target::Session(session.id);
    ensure(REUSE, records.iter().any(|record| record.target == target), "no record")?;
    same(REUSE, "the sibling", &row(store, REUSE, &sibling).await?, &sibling)
}
