//! Knows the signing keys of the SQLite store.
//! Must not know a private key: it is sealed.

use async_trait::async_trait;
use rusqlite::{Row, params};

use super::{
    super::{
        StoreError,
        revocation::Target,
        signing_key::{SigningKeyRecord, SigningKeySet, SigningKeyStore},
    },
    SqliteStore,
    error::Error,
    feed::append,
    row::{Columns, FORMAT, at},
    statement,
    step::Step,
};
use crate::{clock::Timestamp, id::KeyId, key::KeyTimes};

#[async_trait]
impl SigningKeyStore for SqliteStore {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        // Two statements that must see one state: where the writer is.
        self.write(|step| {
            let keys = step.list(statement::LOAD_SIGNING_KEYS, [], key)?;
            Ok(SigningKeySet { version: version(step)?, keys })
        })
        .await
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (set, withdrawn) = (set.clone(), withdrawn.to_vec());
        self.write(move |step| {
            if version(step)? != set.version {
                return Ok(false);
            }
            let next = i64::try_from(set.version.saturating_add(1)).unwrap_or(i64::MAX);
            step.execute(statement::RAISE_SIGNING_KEYS_VERSION, [next])?;
            step.execute(statement::CLEAR_SIGNING_KEYS, [])?;
            for (key, position) in set.keys.iter().zip(1_i64..) {
                insert(step, key, position)?;
            }
            for kid in &withdrawn {
                append(step, Target::SigningKey(kid.clone()), now, now)?;
            }
            Ok(true)
        })
        .await
    }
}

fn version(step: &Step<'_>) -> Result<u64, Error> {
    let read = |row: &Row<'_>| Columns::of(row).number();
    Ok(step.find(statement::SIGNING_KEYS_VERSION, [], read)?.unwrap_or(0))
}

fn insert(step: &Step<'_>, key: &SigningKeyRecord, position: i64) -> Result<(), Error> {
    let values = params![
        position,
        FORMAT,
        key.kid.as_str(),
        key.public_jwk,
        key.sealed_private,
        at(key.times.published_at),
        key.times.active_at.map(at),
        key.times.retire_at.map(at),
        key.times.gone_at.map(at),
    ];
    step.execute(statement::INSERT_SIGNING_KEY, values)?;
    Ok(())
}

fn key(row: &Row<'_>) -> Result<SigningKeyRecord, Error> {
    let mut columns = Columns::of(row);
    columns.format()?;
    Ok(SigningKeyRecord {
        kid: columns.parsed(str::parse)?,
        public_jwk: columns.text()?.to_owned(),
        sealed_private: columns.blob()?,
        times: KeyTimes {
            published_at: columns.instant()?,
            active_at: columns.maybe_instant()?,
            retire_at: columns.maybe_instant()?,
            gone_at: columns.maybe_instant()?,
        },
    })
}
