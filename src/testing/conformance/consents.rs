//! Knows what a store promises of a consent that several requests change at once.
//! Must not know what a consent is for.

use std::sync::Arc;

use super::{
    Suite, Violation,
    sample::{SECOND, Sample},
    violation::{Because, ensure, same},
    workers::Job,
};
use crate::{
    scope::Scope,
    store::{ConsentOutcome, ConsentRecord, EndedCounts, ServerStore, StoreError},
};

const READ: &str = "put_consent: it replaces the consent that the caller has read, and no other";
const BACK: &str = "put_consent: what was withdrawn is not brought back by who read it before";

impl Sample {
    fn consent(&mut self, text: &str) -> Result<ConsentRecord, Violation> {
        Ok(ConsentRecord {
            subject: self.subject()?,
            client: self.client()?,
            scope: self.scope(text)?,
            given_at: self.now,
        })
    }
}

pub(super) async fn one_replaces_what_was_read<S: ServerStore>(
    suite: &Suite,
    store: &S,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    let now = sample.now;
    let first = sample.consent("invoice:7:read")?;
    let wide = ConsentRecord { scope: sample.scope("invoice:*:read page")?, ..first.clone() };
    let put = ConsentOutcome::Put(EndedCounts::default());
    let other = sample.scope("page")?;
    // Who brings what, having read what, and what becomes of it.
    let steps: [(&ConsentRecord, Option<&Scope>, ConsentOutcome, &ConsentRecord); 6] = [
        (&first, None, put, &first),
        (&wide, None, ConsentOutcome::Conflict, &first),
        (&wide, Some(&other), ConsentOutcome::Conflict, &first),
        (&wide, Some(&first.scope), put, &wide),
        (&first, Some(&first.scope), ConsentOutcome::Conflict, &wide),
        (&wide, Some(&wide.scope), put, &wide),
    ];
    for (number, (consent, before, outcome, there)) in steps.into_iter().enumerate() {
        let step = format!("step {number}");
        let got = store.put_consent(consent, before, now).await.because(READ)?;
        same(READ, &step, &got, &outcome)?;
        let found = store.find_consent(&first.subject, &first.client).await.because(READ)?;
        same(READ, &step, &found.as_ref(), &Some(there))?;
    }
    store.withdraw_consent(&first.subject, &first.client, now).await.because(READ)?;
    let late = store.put_consent(&first, Some(&wide.scope), now + SECOND).await.because(READ)?;
    same(READ, "after it was withdrawn", &late, &ConsentOutcome::Conflict)?;
    let left = store.list_consents(&first.subject, None, 5).await.because(READ)?;
    ensure(READ, left.is_empty(), "a withdrawn consent is there again")
}

/// Everybody has read the same consent and adds to it, but for one, who takes it back.
pub(super) async fn a_withdrawal_stays<S: ServerStore>(
    suite: &Suite,
    store: &Arc<S>,
) -> Result<(), Violation> {
    let mut sample = suite.sample();
    for _ in 0..suite.races() {
        let now = sample.now;
        let first = sample.consent("invoice:7:read")?;
        store.put_consent(&first, None, now).await.because(BACK)?;
        let mut jobs: Vec<Job<Result<bool, StoreError>>> = Vec::new();
        let contenders = suite.contending().min(20);
        for number in 0..contenders {
            let (store, before) = (Arc::clone(store), first.clone());
            let text = format!("invoice:7:read page:{number}:read");
            let wide = ConsentRecord { scope: sample.scope(&text)?, ..first.clone() };
            jobs.push(Box::pin(async move {
                let (scope, subject, client) = (&before.scope, &before.subject, &before.client);
                if number * 2 == contenders {
                    store.withdraw_consent(subject, client, now).await?;
                    return Ok(false);
                }
                let outcome = store.put_consent(&wide, Some(scope), now).await?;
                Ok(outcome != ConsentOutcome::Conflict)
            }));
        }
        let mut written = 0;
        for did in suite.workers_ref().race(BACK, jobs).await? {
            written += u32::from(did.because(BACK)?);
        }
        ensure(BACK, written <= 1, "two have replaced the same consent")?;
        let found = store.find_consent(&first.subject, &first.client).await.because(BACK)?;
        same(BACK, "what is left", &found, &None)?;
    }
    Ok(())
}
