//! Knows the client rows of the SQLite store.
//! Must not know what a client's settings mean.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        StoreError,
        client::{ClientRecord, ClientStore, HashedSecret, ReplaceOutcome},
        ended::EndReason,
        revocation::{EndedCounts, Owner, Reach, Target},
    },
    SqliteStore,
    error::Error,
    feed::{append, end_owner},
    row::{Columns, FORMAT, at, json},
    statement::{self, Sql},
    step::Step,
};
use crate::{clock::Timestamp, id::ClientId};

/// A hashed secret as it lies in its column.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[async_trait]
impl ClientStore for SqliteStore {
    async fn insert_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let client = ClientRecord { version: 1, ..client.clone() };
        self.write(move |step| {
            let inserted = put(step, statement::INSERT_CLIENT, &client)?;
            if inserted {
                append(step, Target::Client(client.id.clone()), now, now)?;
            }
            Ok(inserted)
        })
        .await
    }

    async fn find_client(&self, id: &ClientId) -> Result<Option<ClientRecord>, StoreError> {
        let id = id.clone();
        self.read(move |step| find(step, &id)).await
    }

    async fn list_clients(
        &self,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ClientRecord>, StoreError> {
        let after = after.cloned();
        self.read(move |step| {
            let after = after.as_ref().map_or("", ClientId::as_str);
            step.list(statement::LIST_CLIENTS, params![after, limit], client)
        })
        .await
    }

    async fn replace_client(
        &self,
        client: &ClientRecord,
        now: Timestamp,
    ) -> Result<ReplaceOutcome, StoreError> {
        let client = client.clone();
        self.write(move |step| replace(step, &client, now)).await
    }

    async fn remove_client(
        &self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<EndedCounts>, StoreError> {
        let id = id.clone();
        self.write(move |step| {
            if step.execute(statement::REMOVE_CLIENT, [id.as_str()])? == 0 {
                return Ok(None);
            }
            step.execute(statement::WITHDRAW_CONSENTS_OF_CLIENT, [id.as_str()])?;
            let ended = end_all(step, &id, now)?;
            append(step, Target::Client(id.clone()), now, now)?;
            Ok(Some(ended))
        })
        .await
    }
}

fn replace(
    step: &Step<'_>,
    client: &ClientRecord,
    now: Timestamp,
) -> Result<ReplaceOutcome, Error> {
    let Some(known) = find(step, &client.id)? else {
        return Ok(ReplaceOutcome::Unknown);
    };
    if known.version != client.version {
        return Ok(ReplaceOutcome::Conflict { version: known.version });
    }
    let next = ClientRecord { version: client.version.saturating_add(1), ..client.clone() };
    put(step, statement::REPLACE_CLIENT, &next)?;
    append(step, Target::Client(client.id.clone()), now, now)?;
    if client.disabled_at.is_some() {
        end_all(step, &client.id, now)?;
    }
    Ok(ReplaceOutcome::Replaced)
}

fn end_all(step: &Step<'_>, id: &ClientId, now: Timestamp) -> Result<EndedCounts, Error> {
    let owner = Owner::Client(id.clone());
    end_owner(step, &owner, Reach::Everything, EndReason::ClientRevoked, now)
}

fn find(step: &Step<'_>, id: &ClientId) -> Result<Option<ClientRecord>, Error> {
    step.find(statement::FIND_CLIENT, [id.as_str()], client)
}

/// Writes a client; says whether a row was written.
fn put(step: &Step<'_>, sql: Sql, client: &ClientRecord) -> Result<bool, Error> {
    let secrets = client.secrets.iter().map(|secret| Secret {
        hash: URL_SAFE_NO_PAD.encode(secret.hash),
        expires_at: secret.expires_at,
    });
    let values = params![
        client.id.as_str(),
        FORMAT,
        i64::try_from(client.version).unwrap_or(i64::MAX),
        client.settings,
        json(&secrets.collect::<Vec<_>>())?,
        client.disabled_at.map(at),
    ];
    Ok(step.execute(sql, values)? == 1)
}

fn client(row: &Row<'_>) -> Result<ClientRecord, Error> {
    let mut columns = Columns::of(row);
    let id = columns.parsed(str::parse)?;
    columns.format()?;
    let (version, settings) = (columns.number()?, columns.text()?.to_owned());
    let secrets: Vec<Secret> = columns.json()?;
    let secrets = secrets.iter().map(|secret| {
        let mut hash = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(&secret.hash, &mut hash) {
            Ok(32) => Ok(HashedSecret { hash, expires_at: secret.expires_at }),
            _ => Err(columns.wrong("a hash has 32 bytes")),
        }
    });
    let secrets = secrets.collect::<Result<_, _>>()?;
    Ok(ClientRecord { id, version, settings, secrets, disabled_at: columns.maybe_instant()? })
}
