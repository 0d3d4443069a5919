//! Knows the statements of clients and of consents.
//! Must not know what a client's settings mean.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{
    Inner, PostgresStore,
    error::Error,
    revocations::count,
    rows::{instant, millis},
    run::Repeatable,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, Subject},
    scope::Scope,
    store::{
        ClientRecord, ClientStore, ConsentOutcome, ConsentRecord, ConsentStore, EndedCounts,
        HashedSecret, Owner, ReplaceOutcome, RevocationRecord, StoreError, Target,
    },
};

/// The columns of a client's secrets.
fn secrets(client: &ClientRecord) -> (Vec<Vec<u8>>, Vec<Option<i64>>) {
    let hashes = client.secrets.iter().map(|secret| secret.hash.to_vec()).collect();
    (hashes, client.secrets.iter().map(|secret| secret.expires_at.map(millis)).collect())
}

fn client(row: &Row) -> Result<ClientRecord, Error> {
    let id: &str = row.try_get(0)?;
    let version: i64 = row.try_get(1)?;
    let hashes: Vec<&[u8]> = row.try_get(3)?;
    let expiries: Vec<Option<i64>> = row.try_get(4)?;
    if hashes.len() != expiries.len() {
        return Err(Error::row("secret_expires_at"));
    }
    let secret = |(hash, expires_at): (&[u8], Option<i64>)| -> Result<HashedSecret, Error> {
        Ok(HashedSecret {
            hash: hash.try_into().map_err(|_| Error::row("secret_hashes"))?,
            expires_at: expires_at.map(|at| instant("secret_expires_at", at)).transpose()?,
        })
    };
    let disabled_at: Option<i64> = row.try_get(5)?;
    Ok(ClientRecord {
        id: ClientId::parse(id).map_err(|error| Error::row_because("id", error))?,
        version: u64::try_from(version).map_err(|_| Error::row("version"))?,
        settings: row.try_get(2)?,
        secrets: hashes.into_iter().zip(expiries).map(secret).collect::<Result<_, _>>()?,
        disabled_at: disabled_at.map(|at| instant("disabled_at", at)).transpose()?,
    })
}

fn consent(row: &Row) -> Result<ConsentRecord, Error> {
    let (subject, client): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    Ok(ConsentRecord {
        subject: Subject::parse(subject).map_err(|error| Error::row_because("subject", error))?,
        client: ClientId::parse(client).map_err(|error| Error::row_because("client", error))?,
        scope: scope(row.try_get(2)?)?,
        given_at: instant("given_at", row.try_get(3)?)?,
    })
}

fn scope(text: &str) -> Result<Scope, Error> {
    super::rows::scope(text).map_err(|error| Error::row_because("scope", error))
}

/// The record of an owner whose access ended, from two columns that are empty where it did not.
fn ended(row: &Row, at: usize, owner: Owner) -> Result<Option<RevocationRecord>, Error> {
    let Some(not_before) = row.try_get::<_, Option<i64>>(at)? else { return Ok(None) };
    Ok(Some(RevocationRecord {
        target: Target::Owner(owner),
        not_before: instant("not_before", not_before)?,
        expires_at: instant("expires_at", row.try_get(at + 1)?)?,
    }))
}

fn counts(row: &Row) -> Result<EndedCounts, Error> {
    Ok(EndedCounts { sessions: count(row, 0)?, api_keys: count(row, 1)? })
}

impl Inner {
    /// Tells the sinks that a client has changed, if it has.
    fn client_changed(
        &self,
        id: &ClientId,
        now: Timestamp,
        until: Option<i64>,
    ) -> Result<(), Error> {
        if let Some(until) = until {
            let expires_at = instant("expires_at", until)?;
            let target = Target::Client(id.clone());
            self.publish(&[RevocationRecord { target, not_before: now, expires_at }]);
        }
        Ok(())
    }
}

#[async_trait]
impl ClientStore for PostgresStore {
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.may_write()?;
        let (hashes, expiries) = secrets(client);
        let (id, disabled, at) = (client.id.as_str(), client.disabled_at.map(millis), millis(now));
        let sql = &self.inner.server.insert_client;
        let params: super::run::Params<'_> =
            &[&id, &client.settings, &hashes, &expiries, &disabled, &at];
        let rows = self.inner.query(sql, params, Repeatable::No).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        self.inner.client_changed(&client.id, now, row.try_get(0).map_err(Error::Driver)?)?;
        Ok(true)
    }

    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError> {
        let sql = &self.inner.server.find_client;
        let rows = self.inner.query(sql, &[&id.as_str()], Repeatable::Yes).await?;
        Ok(rows.first().map(client).transpose()?)
    }

    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError> {
        let (after, limit) = (after.map_or("", ClientId::as_str), i64::from(limit));
        let sql = &self.inner.server.list_clients;
        let rows = self.inner.query(sql, &[&after, &limit], Repeatable::Yes).await?;
        Ok(rows.iter().map(client).collect::<Result<_, _>>()?)
    }

    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError> {
        self.inner.may_write()?;
        let (hashes, expiries) = secrets(client);
        let (id, disabled, at) = (client.id.as_str(), client.disabled_at.map(millis), millis(now));
        // A version beyond what a row can hold is none that it has.
        let version = i64::try_from(client.version).unwrap_or(-1);
        let sql = &self.inner.server.replace_client;
        let params: super::run::Params<'_> =
            &[&id, &client.settings, &hashes, &expiries, &disabled, &version, &at];
        let rows = self.inner.query(sql, params, Repeatable::No).await?;
        let Some(row) = rows.first() else { return Ok(ReplaceOutcome::Unknown) };
        let read = || -> Result<_, Error> {
            let owner = Owner::Client(client.id.clone());
            let known: i64 = row.try_get(0)?;
            Ok((known, row.try_get::<_, Option<i64>>(1)?, ended(row, 2, owner)?))
        };
        let (known, changed, record) = read()?;
        if changed.is_none() {
            let version = u64::try_from(known).map_err(|_| Error::row("version"))?;
            return Ok(ReplaceOutcome::Conflict { version });
        }
        self.inner.client_changed(&client.id, now, changed)?;
        self.inner.publish(record.as_slice());
        Ok(ReplaceOutcome::Replaced)
    }

    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError> {
        self.inner.may_write()?;
        let sql = &self.inner.server.remove_client;
        let rows = self.inner.query(sql, &[&id.as_str(), &millis(now)], Repeatable::No).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        self.inner.client_changed(id, now, row.try_get(4).map_err(Error::Driver)?)?;
        self.inner.publish(ended(row, 2, Owner::Client(id.clone()))?.as_slice());
        Ok(Some(counts(row)?))
    }
}

#[async_trait]
impl ConsentStore for PostgresStore {
    async fn put_consent(
        &self,
        consent: &ConsentRecord,
        before: Option<&Scope>,
        now: Timestamp,
    ) -> Result<ConsentOutcome, StoreError> {
        self.inner.may_write()?;
        let (subject, client) = (consent.subject.as_str(), consent.client.as_str());
        let (text, given_at, at) = (consent.scope.as_str(), millis(consent.given_at), millis(now));
        // Whether a scope covers another is not for SQL to say.
        let narrowed = before.is_some_and(|before| !consent.scope.covers(before));
        let before = before.map(Scope::as_str);
        let sql = &self.inner.server.put_consent;
        let params: super::run::Params<'_> =
            &[&subject, &client, &text, &given_at, &before, &narrowed, &at];
        let rows = self.inner.query(sql, params, Repeatable::No).await?;
        let row = rows.first().ok_or(Error::Answer("no row for a consent"))?;
        if !row.try_get::<_, bool>(4).map_err(Error::Driver)? {
            return Ok(ConsentOutcome::Conflict);
        }
        let owner = Owner::SubjectAtClient(consent.subject.clone(), consent.client.clone());
        let Some(record) = ended(row, 2, owner)? else {
            return Ok(ConsentOutcome::Put(EndedCounts::default()));
        };
        self.inner.publish(&[record]);
        Ok(ConsentOutcome::Put(counts(row)?))
    }

    async fn find_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
    ) -> Result<Option<ConsentRecord>, StoreError> {
        let sql = &self.inner.server.find_consent;
        let params: super::run::Params<'_> = &[&subject.as_str(), &client.as_str()];
        let rows = self.inner.query(sql, params, Repeatable::Yes).await?;
        Ok(rows.first().map(consent).transpose()?)
    }

    async fn list_consents(
        &self,
        subject: &Subject,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let (after, limit) = (after.map_or("", ClientId::as_str), i64::from(limit));
        let sql = &self.inner.server.list_consents;
        let params: super::run::Params<'_> = &[&subject.as_str(), &after, &limit];
        let rows = self.inner.query(sql, params, Repeatable::Yes).await?;
        Ok(rows.iter().map(consent).collect::<Result<_, _>>()?)
    }

    async fn withdraw_consent(
        &self,
        subject: &Subject,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        self.inner.may_write()?;
        let sql = &self.inner.server.withdraw_consent;
        let params: super::run::Params<'_> = &[&subject.as_str(), &client.as_str(), &millis(now)];
        let rows = self.inner.query(sql, params, Repeatable::No).await?;
        let row = rows.first().ok_or(Error::Answer("no row for a revocation"))?;
        let owner = Owner::SubjectAtClient(subject.clone(), client.clone());
        self.inner.publish(ended(row, 2, owner)?.as_slice());
        Ok(counts(row)?)
    }
}
