//! Knows how an API key's record is written as a hash and read back.
//! Must not know the key itself.

use serde::{Deserialize, Serialize};

use super::{error::Error, field, reply::Reply};
use crate::{
    id::{ApiKeyId, Audience, ClientId, Subject},
    scope::Scope,
    store::{ApiKeyChange, ApiKeyRecord, CarriedClaims},
};

/// The version of the row that this code reads and writes.
const VERSION: &str = "1";

/// What no script looks into and no call changes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    audience: Vec<Audience>,
    claims: CarriedClaims,
}

/// The fields and their values.
pub(super) fn fields(key: &ApiKeyRecord) -> Result<Vec<Vec<u8>>, Error> {
    let fixed = Fixed { audience: key.audience.clone(), claims: key.claims.clone() };
    let fixed = serde_json::to_string(&fixed).map_err(|_| Error::Field("fixed"))?;
    let (ended, reason) = match key.ended {
        Some((at, reason)) => (field::time(at).to_string(), reason.as_str()),
        None => (String::new(), ""),
    };
    let replaced = key.replaced_by.map(|id| field::hex(id.as_bytes())).unwrap_or_default();
    let row: [(&str, &str); 11] = [
        ("v", VERSION),
        ("subject", key.subject.as_str()),
        ("client", key.client.as_str()),
        ("name", &key.name),
        ("scope", key.scope.as_str()),
        ("fixed", &fixed),
        ("expires", &field::optional_time(key.expires_at)),
        ("used", &field::optional_time(key.last_used_at)),
        ("replaced", &replaced),
        ("ended", &ended),
        ("reason", reason),
    ];
    Ok(row.iter().flat_map(|(name, value)| [name, value].map(|t| t.as_bytes().to_vec())).collect())
}

/// The fields that a change writes, and their values.
pub(super) fn changed_fields(change: &ApiKeyChange) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if let Some(name) = &change.name {
        fields.push(("name", name.clone()));
    }
    if let Some(scope) = &change.scope {
        fields.push(("scope", scope.as_str().to_owned()));
    }
    if let Some(expires_at) = change.expires_at {
        fields.push(("expires", field::optional_time(expires_at)));
    }
    fields
}

/// The record of a row, as the scripts' `read_api_key` orders its fields.
pub(super) fn read(id: ApiKeyId, mut row: Reply) -> Result<ApiKeyRecord, Error> {
    if row.text()? != VERSION {
        return Err(Error::Row);
    }
    let subject = Subject::parse(&row.text()?).map_err(|_| Error::Field("subject"))?;
    let client = ClientId::parse(&row.text()?).map_err(|_| Error::Field("client"))?;
    let name = row.text()?;
    let scope = Scope::parse_canonical(&row.text()?).map_err(|_| Error::Field("scope"))?;
    let Fixed { audience, claims } =
        serde_json::from_slice(&row.bytes()?).map_err(|_| Error::Field("fixed"))?;
    let expires_at = field::parse_optional_time(&row.text()?, "expires")?;
    let last_used_at = field::parse_optional_time(&row.text()?, "used")?;
    let replaced = row.text()?;
    let replaced_by = if replaced.is_empty() { None } else { Some(read_id(&replaced)?) };
    let ended = field::parse_end(&row.text()?, &row.text()?)?;
    Ok(ApiKeyRecord {
        id,
        subject,
        client,
        name,
        scope,
        audience,
        claims,
        expires_at,
        last_used_at,
        replaced_by,
        ended,
    })
}

pub(super) fn read_id(text: &str) -> Result<ApiKeyId, Error> {
    field::unhex(text, "id").map(ApiKeyId::from_bytes)
}
