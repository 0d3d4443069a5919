//! Knows the consent rows of the SQLite store.
//! Must not know how consent is asked.

use async_trait::async_trait;
use rusqlite::{Row, params};

use super::{
    super::{
        StoreError,
        consent::{ConsentOutcome, ConsentRecord, ConsentStore},
        ended::EndReason,
        revocation::{EndedCounts, Owner, Reach},
    },
    SqliteStore,
    error::Error,
    feed::end_owner,
    row::{Columns, FORMAT, at},
    statement,
    step::Step,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
};

#[async_trait]
impl ConsentStore for SqliteStore {
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        before: Option<&Scope>,
        now: Timestamp,
    ) -> Result<ConsentOutcome, StoreError> {
        let (given, before) = (consent.clone(), before.cloned());
        self.write(move |step| {
            let known = find(step, &given.subject, &given.client)?;
            if known.map(|known| known.scope) != before {
                return Ok(ConsentOutcome::Conflict);
            }
            let (subject, client) = (given.subject.as_str(), given.client.as_str());
            let values = params![subject, client, FORMAT, given.scope.as_str(), at(given.given_at)];
            step.execute(statement::PUT_CONSENT, values)?;
            let ended = match &before {
                Some(before) if !given.scope.covers(before) => {
                    end_pair(step, &given.subject, &given.client, now)?
                }
                _ => EndedCounts::default(),
            };
            Ok(ConsentOutcome::Put(ended))
        })
        .await
    }

    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        let (subject, client) = (subject.clone(), client.clone());
        self.read(move |step| find(step, &subject, &client)).await
    }

    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let (subject, after) = (subject.clone(), after.cloned());
        self.read(move |step| {
            let after = after.as_ref().map_or("", ClientId::as_str);
            let page = params![subject.as_str(), after, limit];
            step.list(statement::LIST_CONSENTS, page, consent)
        })
        .await
    }

    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let (subject, client) = (subject.clone(), client.clone());
        self.write(move |step| {
            step.execute(statement::WITHDRAW_CONSENT, [subject.as_str(), client.as_str()])?;
            end_pair(step, &subject, &client, now)
        })
        .await
    }
}

fn end_pair(
    step: &Step<'_>,
    subject: &Subject,
    client: &ClientId,
    now: Timestamp,
) -> Result<EndedCounts, Error> {
    let owner = Owner::SubjectAtClient(subject.clone(), client.clone());
    end_owner(step, &owner, Reach::Everything, EndReason::ConsentWithdrawn, now)
}

fn find(
    step: &Step<'_>,
    subject: &Subject,
    client: &ClientId,
) -> Result<Option<ConsentRecord>, Error> {
    step.find(statement::FIND_CONSENT, [subject.as_str(), client.as_str()], consent)
}

fn consent(row: &Row<'_>) -> Result<ConsentRecord, Error> {
    let mut columns = Columns::of(row);
    let (subject, client) = (columns.parsed(str::parse)?, columns.parsed(str::parse)?);
    columns.format()?;
    let scope = columns.parsed(Scope::parse_canonical)?;
    Ok(ConsentRecord { subject, client, scope, given_at: columns.instant()? })
}
