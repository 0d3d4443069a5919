//! Knows how revocations are written.
//! Must not know how they are read.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    PostgresStore,
    error::Error,
    rows::{instant, millis},
    run::Repeatable,
};
use crate::{
    clock::Timestamp,
    store::{
        EndReason, EndedCounts, Owner, Reach, RevocationRecord, RevocationStore, StoreError, Target,
    },
};

/// What an owner is called in a row: kind, subject, client; empty where it names none.
pub(super) fn owner_columns(owner: &Owner) -> (&'static str, &str, &str) {
    match owner {
        Owner::Subject(subject) => ("subject", subject.as_str(), ""),
        Owner::Client(client) => ("client", "", client.as_str()),
        Owner::SubjectAtClient(subject, client) => {
            ("subject_at_client", subject.as_str(), client.as_str())
        }
    }
}

pub(super) fn count(row: &tokio_postgres::Row, at: usize) -> Result<u64, Error> {
    let count: i64 = row.try_get(at)?;
    u64::try_from(count).map_err(|_| Error::Answer("a negative count"))
}

#[async_trait]
impl RevocationStore for PostgresStore {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        // Rounded up: a record is never kept for less than was asked.
        let asked = retention.as_nanos().div_ceil(1_000_000);
        let asked = i64::try_from(asked).unwrap_or(i64::MAX).min(millis(Timestamp::MAX));
        let sql = &self.inner.statements.raise_retention;
        let rows = self.inner.query(sql, &[&asked], Repeatable::Yes).await?;
        let row = rows.first().ok_or(Error::Answer("no retention"))?;
        let value: i64 = row.try_get(0).map_err(Error::Driver)?;
        let value = u64::try_from(value).map_err(|_| Error::row("value"))?;
        Ok(Duration::from_millis(value))
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        let (kind, id, name): (_, Option<&[u8]>, Option<&str>) = match target {
            Target::Owner(owner) => {
                self.revoke_owner(owner, Reach::Sessions, EndReason::Administrative, now).await?;
                return Ok(());
            }
            Target::Token(id) => ("token", Some(id.as_bytes()), None),
            Target::Session(id) => ("session", Some(id.as_bytes()), None),
            Target::ApiKey(id) => ("api_key", Some(id.as_bytes()), None),
            Target::Client(client) => ("client_changed", None, Some(client.as_str())),
            Target::SigningKey(key) => ("signing_key", None, Some(key.as_str())),
        };
        self.inner.may_write()?;
        let at = millis(now);
        let sql = &self.inner.statements.revoke;
        let rows = self.inner.query(sql, &[&kind, &id, &name, &at], Repeatable::Yes).await?;
        let row = rows.first().ok_or(Error::Answer("no row for a revocation"))?;
        let until = row.try_get(0).map_err(Error::Driver)?;
        let expires_at = instant("expires_at", until)?;
        let record = RevocationRecord { target: target.clone(), not_before: now, expires_at };
        self.inner.publish(&[record]);
        Ok(())
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        self.inner.may_write()?;
        let (kind, subject, client) = owner_columns(owner);
        let everything = reach == Reach::Everything;
        let (reason, at) = (reason.as_str(), millis(now));
        let sql = &self.inner.statements.revoke_owner;
        let rows = self
            .inner
            .query(
                sql,
                &[&kind, &subject, &client, &everything, &reason, &at],
                // A second sending would find nothing to count.
                Repeatable::No,
            )
            .await?;
        let row = rows.first().ok_or(Error::Answer("no row for a revocation"))?;
        let instants = || -> Result<_, Error> {
            Ok((instant("not_before", row.try_get(2)?)?, instant("expires_at", row.try_get(3)?)?))
        };
        let (not_before, expires_at) = instants()?;
        let target = Target::Owner(owner.clone());
        self.inner.publish(&[RevocationRecord { target, not_before, expires_at }]);
        Ok(EndedCounts { sessions: count(row, 0)?, api_keys: count(row, 1)? })
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let gone = self.inner.prune(&self.inner.statements.prune_revocations, now, limit).await?;
        let (due, limit) = (millis(now), i64::from(limit));
        let sql = &self.inner.statements.prune_marks;
        self.inner.query(sql, &[&due, &limit], Repeatable::Yes).await?;
        Ok(gone)
    }
}
